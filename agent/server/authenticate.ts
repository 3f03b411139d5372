/** Who may ask the agent: the API server's own identity and cluster administrators, nobody else. */
import type { TLSSocket } from 'node:tls';
import { StatusError } from '../../base/errors.ts';

const allowedUser = 'kube-apiserver-kubelet-client';
const allowedGroup = 'system:masters';

/**
 * The certificate has been checked against the client CA by TLS; here it is only read.
 * @throws StatusError Unauthorized without one, Forbidden with another's
 */
export function requireApiServer(socket: TLSSocket): void {
  if (!socket.authorized) throw new StatusError('Unauthorized', 'Unauthorized');
  const { subject } = socket.getPeerCertificate();
  const groups = [subject?.O ?? []].flat();
  if (subject?.CN === allowedUser || groups.includes(allowedGroup)) return;
  throw new StatusError('Forbidden', `user "${subject?.CN}" may not use the node's API`);
}
