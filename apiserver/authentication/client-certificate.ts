/**
 * Users by their TLS client certificate (checklist row A94).
 *
 * The server asks for certificates and lets every one in, so all checking is done here, against
 * the client CA alone: what Node trusts by itself (the world's public CAs) counts for nothing.
 * Node does not tell a server which intermediates a client sent, so those belong into the bundle.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { HttpRequest, User } from '../request.ts';
import { connectionOf } from './credentials.ts';

/** `invalid`: one was shown, and nobody is known by it. Undefined: none was shown. */
export type CertificateResult = User | 'invalid' | undefined;

export function createCertificateAuthenticator(
  authorities: readonly X509Certificate[],
  now: () => number,
): (request: HttpRequest) => CertificateResult {
  const known = new WeakMap<object, Identity | 'invalid' | 'none'>();
  return (request) => {
    const { key, socket } = connectionOf(request);
    let identity = known.get(key);
    if (identity === undefined) {
      identity = identify(socket, authorities);
      known.set(key, identity);
    }
    if (identity === 'none') return undefined;
    if (identity === 'invalid') return 'invalid';
    // Connections live long: the end of the certificate is looked at on every request.
    return now() >= identity.notBefore && now() <= identity.notAfter ? identity.user : 'invalid';
  };
}

interface Identity {
  readonly user: User;
  readonly notBefore: number; // Of the whole chain, in milliseconds.
  readonly notAfter: number;
}

function identify(
  socket: TLSSocket,
  authorities: readonly X509Certificate[],
): Identity | 'invalid' | 'none' {
  const certificate = socket.getPeerX509Certificate?.();
  if (!certificate) return 'none';
  const authority = authorities.find((each) => each.ca && isIssuedBy(certificate, each));
  const user = userOf(certificate);
  if (!authority || !user || !mayBeClient(certificate)) return 'invalid';
  const chain = [certificate, authority];
  return {
    user,
    notBefore: Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime())),
    notAfter: Math.min(...chain.map(({ validToDate }) => validToDate.getTime())),
  };
}

const isIssuedBy = (child: X509Certificate, issuer: X509Certificate) =>
  child.checkIssued(issuer) && child.verify(issuer.publicKey);

/** Serving certificates of the same CA name nodes too; only those for clients make a user. */
function mayBeClient({ ca, keyUsage }: X509Certificate): boolean {
  if (ca) return false;
  return !keyUsage || keyUsage.includes(clientAuth) || keyUsage.includes(anyUsage);
}

const clientAuth = '1.3.6.1.5.5.7.3.2';
const anyUsage = '2.5.29.37.0';

/** Kubernetes' own attribute of a subject, for which nobody has a short name. */
const uidAttribute = '1.3.6.1.4.1.57683.2';

function userOf(certificate: X509Certificate): User | undefined {
  const { subject } = certificate.toLegacyObject();
  const name = textsOf(subject.CN).at(-1); // As upstream: of several names the last.
  const uids = textsOf((subject as Record<string, string | string[]>)[uidAttribute]);
  if (!name || uids.length > 1 || uids[0] === '') return undefined;
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    name,
    ...(uids[0] && { uid: uids[0] }),
    groups: [...textsOf(subject.O), 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  };
}

const textsOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : [value].flat();
