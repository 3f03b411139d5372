/** ConfigMaps and Secrets. */
import type { StatusCause } from '../../base/errors.ts';
import { isConfigKey } from '../names.ts';
import type { ConfigMap, Secret } from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue, problemsOf, requiredValue, tooLongValue } from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { decodeText } from './pem.ts';
import { isSame } from './same.ts';

const bytesMax = 1024 * 1024;

export function validateConfigMap(map: ConfigMap, old: ConfigMap | undefined): StatusCause[] {
  const { data = {}, binaryData = {} } = map;
  const causes = [
    ...validateMetadata(map, old, namespacedSubdomain),
    ...Object.keys(data).flatMap((key) => keyProblems('data', key)),
    ...Object.keys(binaryData).flatMap((key) => keyProblems('binaryData', key)),
  ];
  for (const key of Object.keys(data)) {
    if (!Object.hasOwn(binaryData, key)) continue;
    causes.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  const bytes = sizeOf(data, byteLength) + sizeOf(binaryData, decodedLength);
  // Upstream reports this without a field.
  if (bytes > bytesMax) causes.push(tooLongValue('', bytesMax));
  if (old?.immutable) causes.push(...frozen(map, old, ['immutable', 'data', 'binaryData']));
  return causes;
}

export function validateSecret(secret: Secret, old: Secret | undefined): StatusCause[] {
  const { data = {}, type = '' } = secret;
  const causes = [
    ...validateMetadata(secret, old, namespacedSubdomain),
    ...Object.keys(data).flatMap((key) => keyProblems('data', key)),
    ...(requiredKeys.get(type) ?? [])
      .filter((key) => !Object.hasOwn(data, key))
      .map((key) => requiredValue(`data[${key}]`)),
  ];
  if (sizeOf(data, decodedLength) > bytesMax) causes.push(tooLongValue('data', bytesMax));
  causes.push(...checkDockerConfig(data, type), ...checkBasicAuth(data, type));
  const account = secret.metadata?.annotations?.['kubernetes.io/service-account.name'];
  if (type === 'kubernetes.io/service-account-token' && !account) {
    causes.push(requiredValue('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  if (old && old.type !== type) {
    causes.push(invalidValue('type', type, 'field is immutable'));
  }
  if (old?.immutable) causes.push(...frozen(secret, old, ['immutable', 'data']));
  return causes;
}

/** Upstream never shows what is in a Secret. */
const redacted = '<secret contents redacted>';

function checkDockerConfig(data: Readonly<Record<string, string>>, type: string): StatusCause[] {
  const key = dockerKeys.get(type);
  if (!key || !Object.hasOwn(data, key)) return [];
  try {
    JSON.parse(decodeText(data[key] ?? ''));
    return [];
  } catch {
    return [invalidValue(`data[${key}]`, redacted, 'invalid character in JSON text')];
  }
}

const dockerKeys = new Map([
  ['kubernetes.io/dockercfg', '.dockercfg'],
  ['kubernetes.io/dockerconfigjson', '.dockerconfigjson'],
]);

function checkBasicAuth(data: Readonly<Record<string, string>>, type: string): StatusCause[] {
  const keys = ['username', 'password'];
  if (type !== 'kubernetes.io/basic-auth' || keys.some((key) => Object.hasOwn(data, key)))
    return [];
  return keys.map((key) => requiredValue(`data[${key}]`));
}

const requiredKeys = new Map([
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
]);

function frozen<T extends object>(object: T, old: T, keys: (keyof T & string)[]): StatusCause[] {
  const changed = keys.filter((key) => !isSame(object[key], old[key]));
  return changed.map((key) => forbiddenValue(key, 'field is immutable when `immutable` is set'));
}

const keyProblems = (field: string, key: string) =>
  problemsOf(`${field}[${key}]`, key, isConfigKey(key));

const sizeOf = (data: Readonly<Record<string, string>>, measure: (text: string) => number) =>
  Object.values(data).reduce((sum, text) => sum + measure(text), 0);

const byteLength = (text: string) => new TextEncoder().encode(text).length;

/** Of base64 text, the bytes it stands for. */
const decodedLength = (text: string) => Math.floor((text.replace(/[=\r\n]/g, '').length * 3) / 4);
