/** Kubeconfig files: how a client finds the API server and what it shows it. */
import { readFile } from 'node:fs/promises';
import { issuerOf, type PkiPaths } from './apply.ts';
import { writeFiles } from './files.ts';
import { client } from './plan.ts';

export interface KubeconfigOptions {
  readonly path: string;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly user: string;
  readonly cluster: string;
  readonly namespace?: string;
}

/** Everything embedded, readable by the owner alone, replaced as a whole. */
export async function writeKubeconfig(options: KubeconfigOptions): Promise<void> {
  const [ca, cert, key] = await Promise.all(
    [options.caFile, options.certFile, options.keyFile].map((path) => readFile(path, 'utf8')),
  );
  const text = renderKubeconfig({ ...options, ca: ca ?? '', cert: cert ?? '', key: key ?? '' });
  await writeFiles([{ path: options.path, text, mode: 0o600 }]);
}

export interface IssueKubeconfigOptions {
  readonly pki: Pick<PkiPaths, 'ca'>;
  readonly server: string;
  readonly cluster: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly namespace?: string;
  readonly now: () => number;
  readonly days?: number;
}

/** A kubeconfig with a new client certificate for `user`, as text; nothing is stored. */
export async function issueKubeconfig(options: IssueKubeconfigOptions): Promise<string> {
  const { pki, user, groups, now, days = 365 } = options;
  const [ca, caKey, x509] = await Promise.all([
    readFile(pki.ca.cert, 'utf8'),
    readFile(pki.ca.key, 'utf8'),
    import('./certificate.ts'),
  ]);
  const key = x509.generateKey();
  const spec = { ...client('user', user, ...groups), days };
  const cert = x509.issueCertificate(spec, { key, issuer: issuerOf(caKey), now: now() });
  return renderKubeconfig({ ...options, ca, cert, key: x509.privateKeyPem(key.privateKey) });
}

interface Contents extends Pick<KubeconfigOptions, 'server' | 'cluster' | 'user' | 'namespace'> {
  readonly ca: string; // PEM, as are the next two.
  readonly cert: string;
  readonly key: string;
}

/** v1 Config as YAML. Strings are quoted as JSON, which YAML reads alike. */
export function renderKubeconfig(contents: Contents): string {
  const { cluster, user, namespace } = contents;
  const base64 = (pem: string) => Buffer.from(pem, 'utf8').toString('base64');
  const context = `${user}@${cluster}`;
  const quote = JSON.stringify;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${quote(cluster)}
  cluster:
    server: ${quote(contents.server)}
    certificate-authority-data: ${base64(contents.ca)}
users:
- name: ${quote(user)}
  user:
    client-certificate-data: ${base64(contents.cert)}
    client-key-data: ${base64(contents.key)}
contexts:
- name: ${quote(context)}
  context:
    cluster: ${quote(cluster)}
    user: ${quote(user)}
${namespace === undefined ? '' : `    namespace: ${quote(namespace)}\n`}current-context: ${quote(context)}
`;
}
