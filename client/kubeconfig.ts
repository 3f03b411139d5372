/** Reads a kubeconfig document: which server, and who we are there. Opens no files. */
import { UsageError } from '../base/errors.ts';

/** Given inline, or in a file that the caller has to read (relative to the kubeconfig's folder). */
export type Material = { readonly text: string } | { readonly file: string };

export interface KubeconfigTarget {
  readonly server: string;
  readonly namespace?: string;
  readonly ca?: Material;
  readonly cert?: Material;
  readonly key?: Material;
  readonly token?: Material;
  readonly serverName?: string;
  readonly insecure: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param document the parsed YAML or JSON of the file
 * @param contextName instead of the document's current-context
 * @throws UsageError that names what is missing
 */
export function parseKubeconfig(document: unknown, contextName?: string): KubeconfigTarget {
  const root = fieldsOf(document);
  const wanted = contextName ?? textOf(root['current-context']);
  if (!wanted) throw new UsageError('kubeconfig: current-context is not set');
  const context = named(root.contexts, wanted, 'context');
  const cluster = named(root.clusters, textOf(context.cluster), 'cluster');
  const user = context.user ? named(root.users, textOf(context.user), 'user') : {};
  refuseUnsupported(user);
  const server = textOf(cluster.server);
  if (!server) throw new UsageError(`kubeconfig: cluster ${context.cluster} has no server`);
  return omitUndefined({
    server,
    insecure: cluster['insecure-skip-tls-verify'] === true,
    namespace: textOf(context.namespace),
    serverName: textOf(cluster['tls-server-name']),
    ca: materialOf(cluster, 'certificate-authority'),
    cert: materialOf(user, 'client-certificate'),
    key: materialOf(user, 'client-key'),
    token: tokenOf(user),
  });
}

/** The list holds `{ name, context: {…} }`; returns what is inside. */
function named(list: unknown, name: string | undefined, what: string): Fields {
  const entries = Array.isArray(list) ? list.map(fieldsOf) : [];
  const found = entries.find((entry) => entry.name === name);
  if (!found) throw new UsageError(`kubeconfig: no ${what} named ${name}`);
  return fieldsOf(found[what]);
}

function refuseUnsupported(user: Fields): void {
  for (const kind of ['exec', 'auth-provider', 'username']) {
    if (user[kind])
      throw new UsageError(`kubeconfig: user credentials by ${kind} are not supported`);
  }
}

/** Inline data is base64 and goes before the file, as kubectl has it. */
function materialOf(from: Fields, name: string): Material | undefined {
  const data = textOf(from[`${name}-data`]);
  if (data) return { text: Buffer.from(data, 'base64').toString('utf8') };
  const file = textOf(from[name]);
  return file ? { file } : undefined;
}

function tokenOf(user: Fields): Material | undefined {
  const file = textOf(user.tokenFile);
  if (file) return { file };
  const token = textOf(user.token);
  return token ? { text: token } : undefined;
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function omitUndefined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
