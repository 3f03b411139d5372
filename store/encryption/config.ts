/**
 * The file of `--encryption-provider-config`: which resources are encrypted at rest, and how.
 *
 * apiserver.config.k8s.io/v1 EncryptionConfiguration, as upstream has it; KMS is refused.
 */
import { UsageError } from '../../base/errors.ts';

export interface NamedKey {
  readonly name: string;
  readonly secret: Buffer;
}

export type Provider =
  | { readonly kind: 'aescbc' | 'aesgcm' | 'secretbox'; readonly keys: readonly NamedKey[] }
  | { readonly kind: 'identity' };

/** The first provider (its first key) writes; all of them read. */
export interface EncryptionRule {
  readonly resources: readonly string[]; // `secrets`, `deployments.apps`, `*.apps`, `*.`, `*.*`.
  readonly providers: readonly Provider[];
}

const apiVersion = 'apiserver.config.k8s.io/v1';
const keyLengths = { aescbc: [16, 24, 32], aesgcm: [16, 24, 32], secretbox: [32] } as const;

type Plain = Readonly<Record<string, unknown>>;
type Report = (where: string, problem: string) => void;

/** `value`: the parsed file. @throws UsageError that tells all that is wrong in it */
export function parseEncryptionConfig(value: unknown): EncryptionRule[] {
  const problems: string[] = [];
  const report: Report = (where, problem) => problems.push(`${where}: ${problem}`);
  const config = isPlain(value) ? value : {};
  if (config.kind !== 'EncryptionConfiguration') {
    report('kind', 'must be EncryptionConfiguration');
  }
  if (config.apiVersion !== apiVersion) report('apiVersion', `must be ${apiVersion}`);
  const rules = listOf(config, 'resources', report).map((rule, index) =>
    parseRule(rule, `resources[${index}]`, report),
  );
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return rules;
}

function parseRule(rule: Plain, where: string, report: Report): EncryptionRule {
  const resources = Array.isArray(rule.resources) ? rule.resources.map(String) : [];
  if (resources.length === 0) report(`${where}.resources`, 'names no resource');
  for (const [index, resource] of resources.entries()) {
    if (/^(\*\.(\*|[a-z0-9.-]*)|[a-z]+(\.[a-z0-9.-]+)?)$/.test(resource)) continue;
    report(`${where}.resources[${index}]`, `${resource} is no resource, as in deployments.apps`);
  }
  const providers = listOf(rule, 'providers', report, where).flatMap((provider, index) =>
    parseProvider(provider, `${where}.providers[${index}]`, report),
  );
  return { resources, providers };
}

function parseProvider(provider: Plain, where: string, report: Report): Provider[] {
  const [kind = '', ...others] = Object.keys(provider);
  if (kind === '' || others.length > 0) {
    report(where, 'must have exactly one of aescbc, aesgcm, secretbox, identity');
    return [];
  }
  if (kind === 'identity') return [{ kind }];
  if (kind === 'kms') report(where, 'KMS plugins are not supported');
  else if (!isCipher(kind)) report(where, `unknown provider ${kind}`);
  if (!isCipher(kind)) return [];
  const body = provider[kind];
  const keys = listOf(isPlain(body) ? body : {}, 'keys', report, `${where}.${kind}`).flatMap(
    (key, index) => parseKey(kind, key, { where: `${where}.${kind}.keys[${index}]`, report }),
  );
  const names = keys.map(({ name }) => name);
  if (new Set(names).size < names.length) report(`${where}.${kind}.keys`, 'a name comes twice');
  return [{ kind, keys }];
}

function parseKey(
  kind: keyof typeof keyLengths,
  { name, secret }: Plain,
  { where, report }: { readonly where: string; readonly report: Report },
): NamedKey[] {
  // The name stands before the value, and ends at the next colon.
  if (typeof name !== 'string' || !/^[^:]+$/.test(name)) {
    report(`${where}.name`, 'must be a text without a colon');
    return [];
  }
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'base64') : Buffer.alloc(0);
  const lengths: readonly number[] = keyLengths[kind];
  if (!lengths.includes(bytes.length)) {
    report(`${where}.secret`, `must be ${lengths.join(' or ')} bytes in base64`);
    return [];
  }
  return [{ name, secret: bytes }];
}

function listOf(parent: Plain, field: string, report: Report, where = ''): Plain[] {
  const path = where ? `${where}.${field}` : field;
  const value = parent[field];
  if (!Array.isArray(value) || value.length === 0) {
    report(path, 'must be a list with something in it');
    return [];
  }
  return value.map((item: unknown) => (isPlain(item) ? item : {}));
}

const isCipher = (kind: string): kind is keyof typeof keyLengths => Object.hasOwn(keyLengths, kind);

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
