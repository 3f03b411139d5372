/** Which certificates an instance needs, and which of those it has must be made anew. Pure. */

export interface Subject {
  readonly commonName: string; // The user's name, for a client.
  readonly organizations: readonly string[]; // The user's groups.
}

export interface CertificateSpec {
  /** The files are NAME.crt and NAME.key. */
  readonly name: string;
  readonly subject: Subject;
  readonly usage: 'ca' | 'server' | 'client';
  /** Subject alternative names: DNS names and addresses. */
  readonly names: readonly string[];
  readonly days: number;
}

export interface PkiSettings {
  readonly nodeName: string;
  readonly nodeAddresses: readonly string[];
  /** The address of the Service default/kubernetes. */
  readonly serviceCidrFirstAddress: string;
  readonly domain: string;
}

/** What is known of a certificate on disk. */
export interface ExistingCertificate {
  readonly subject: Subject;
  readonly usage: CertificateSpec['usage'];
  readonly names: readonly string[];
  readonly notAfter: number; // Milliseconds.
  /** Its key lies beside it and belongs to it, and the CA on disk signed it. */
  readonly isSound: boolean;
}

export const authority: CertificateSpec = {
  name: 'ca',
  subject: { commonName: 'kubernetes', organizations: [] },
  usage: 'ca',
  names: [],
  days: 3650,
};

/** Everything but the CA, with the names that the CLI's flags and kubeconfigs use. */
export function planCertificates(settings: PkiSettings): CertificateSpec[] {
  const { nodeName, nodeAddresses } = settings;
  return [
    server('apiserver', 'kube-apiserver', apiServerNames(settings)),
    client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', 'system:masters'),
    client('admin', 'kubernetes-admin', 'system:masters'),
    client('controller-manager', 'system:kube-controller-manager'),
    client('scheduler', 'system:kube-scheduler'),
    client('network-policy', 'system:network-policy'),
    client('proxy', 'system:kube-proxy'),
    client('dns', 'system:coredns'),
    client('agent', `system:node:${nodeName}`, 'system:nodes'),
    server('kubelet', `system:node:${nodeName}`, [nodeName, ...nodeAddresses], 'system:nodes'),
  ];
}

function apiServerNames({ nodeName, nodeAddresses, ...rest }: PkiSettings): string[] {
  return [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${rest.domain}`,
    nodeName,
    '127.0.0.1',
    ...nodeAddresses,
    rest.serviceCidrFirstAddress,
  ];
}

export function client(name: string, user: string, ...groups: string[]): CertificateSpec {
  const subject = { commonName: user, organizations: groups };
  return { name, subject, usage: 'client', names: [], days: 365 };
}

function server(
  name: string,
  user: string,
  names: readonly string[],
  ...groups: string[]
): CertificateSpec {
  const subject = { commonName: user, organizations: groups };
  return { name, subject, usage: 'server', names: [...new Set(names)], days: 365 };
}

/** Why a certificate must be issued; undefined when what is there will do. */
export function reasonToIssue(
  spec: CertificateSpec,
  existing: ExistingCertificate | undefined,
  now: number,
): string | undefined {
  if (!existing) return 'there is none';
  if (!existing.isSound) return 'its key or its issuer is another';
  if (existing.notAfter - now < renewBeforeMs) return 'it ends in less than 30 days';
  if (existing.usage !== spec.usage) return 'it is for another use';
  if (!sameSubject(existing.subject, spec.subject)) return 'it names another subject';
  if (!sameMembers(existing.names, spec.names)) return 'its alternative names have changed';
  return undefined;
}

const renewBeforeMs = 30 * 86_400_000;

const sameSubject = (a: Subject, b: Subject) =>
  a.commonName === b.commonName && sameMembers(a.organizations, b.organizations);

const sameMembers = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((each) => b.includes(each));
