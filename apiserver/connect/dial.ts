/**
 * HTTPS to a node's agent: with our client certificate, to the address that the Node names, and
 * only if the agent proves to be that node. A Node that claims another's address gets nothing.
 */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { checkServerIdentity } from 'node:tls';
import { messageOf, type Status, StatusError } from '../../base/errors.ts';
import { readPem } from '../authentication/pem.ts';
import type { AgentAddress } from './target.ts';

/** PEM text, or the files that hold it. Without all three no node can be reached. */
export interface KubeletClient {
  readonly cert: string | Buffer | undefined;
  readonly key: string | Buffer | undefined;
  readonly ca: string | Buffer | undefined;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** The client asks for an answer whoever gives it: the node's certificate is not looked at. */
  readonly takesAnyone?: boolean;
}

/** Starts a request; it must still be ended. */
export type Dial = (to: AgentAddress, call: Call) => ClientRequest;

const answerMsMax = 30_000;

export function createDial(client: KubeletClient): Dial {
  const { cert, key, ca } = client;
  if (cert === undefined || key === undefined || ca === undefined) return dialNobody;
  const identity = { cert: readPem(cert), key: readPem(key), ca: readPem(ca) };
  // No session is reused: Node checks the name of a peer only in a full handshake.
  const agent = new Agent({ keepAlive: false, maxCachedSessions: 0 });
  return ({ nodeName, host, port }, { method, path, headers = {}, takesAnyone }) => {
    const sent = request({
      ...identity,
      agent,
      host,
      port,
      method,
      path,
      headers,
      rejectUnauthorized: !takesAnyone,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(nodeName, certificate),
    });
    // Until it answers; a stream may then be silent for as long as it likes.
    sent.setTimeout(answerMsMax, () => sent.destroy(new Error('the node does not answer')));
    sent.on('response', () => sent.setTimeout(0));
    sent.on('upgrade', () => sent.setTimeout(0));
    return sent;
  };
}

const dialNobody: Dial = () => {
  const message = 'this server has no kubelet client certificate, so it cannot reach nodes';
  throw new StatusError('ServiceUnavailable', message);
};

/** Why a node could not be asked. */
export const dialError = (cause: unknown): StatusError =>
  new StatusError('InternalError', `error dialing backend: ${messageOf(cause)}`, { cause });

const refusalBytesMax = 64 * 1024;

/** What the agent answered instead of what was asked for: its Status, or its words. */
export async function refusalOf(answer: IncomingMessage): Promise<StatusError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > refusalBytesMax) break;
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  const code = answer.statusCode ?? 0;
  // A redirect would send our certificate wherever the node likes, so it counts as a fault.
  if (code < 400) {
    return new StatusError('InternalError', `the node answered ${code} to the request`);
  }
  return StatusError.fromStatus(parseStatus(text) ?? { ...(text && { message: text }) }, code);
}

function parseStatus(text: string): Partial<Status> | undefined {
  try {
    const value = JSON.parse(text) as Partial<Status> | null;
    return value?.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}
