/** `pods/log`: what the node's agent reads from the log, as fast as the client takes it. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { ConnectRequest, HttpResponse, ObjectReader } from '../request.ts';
import { type Dial, dialError, refusalOf } from './dial.ts';
import { agentOf, agentPath, badRequest, containerOf, isTrue, logQuery } from './target.ts';

export interface LogDeps {
  readonly reader: ObjectReader;
  readonly dial: Dial;
  readonly mayReach: (address: string) => boolean;
}

/**
 * Resolves when the log has ended or the client has gone.
 * @throws StatusError before anything is written
 */
export async function streamLog(
  { info, object, response }: ConnectRequest,
  { reader, dial, mayReach }: LogDeps,
): Promise<void> {
  if (!response) throw badRequest('a log is read, not upgraded');
  const pod = object as Pod;
  const query = logQuery(info);
  const container = containerOf(pod, info.query);
  const agent = agentOf(pod, reader, mayReach);
  if (!agent) {
    // As upstream: no node, no log yet.
    startAnswer(response).end();
    return;
  }
  const path = `${agentPath('containerLogs', info.namespace, info.name, container)}?${query}`;
  const takesAnyone = isTrue(info.query, 'insecureSkipTLSVerifyBackend');
  const request = dial(agent, { method: 'GET', path, takesAnyone });
  const onGone = () => request.destroy();
  response.once('close', onGone);
  try {
    request.end();
    const answer = await answerTo(request);
    if (answer.statusCode !== 200) throw await refusalOf(answer);
    // Either end that breaks takes the other with it; nobody is left to be told.
    await pipeline(answer, startAnswer(response)).catch(() => {});
  } catch (error) {
    if (!isGone(response)) throw error;
  } finally {
    response.off('close', onGone);
    request.destroy();
  }
}

async function answerTo(request: ReturnType<Dial>): Promise<IncomingMessage> {
  try {
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return answer;
  } catch (error) {
    throw dialError(error);
  }
}

/** Sends the head at once: who follows a silent log must know that it is being followed. */
function startAnswer(response: HttpResponse): Writable {
  const headers = { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' };
  if ('stream' in response) {
    // The face of an HTTP/2 response is no stream that a pipeline could end or break.
    response.writeHead(200, headers);
    return response.stream;
  }
  response.writeHead(200, headers).flushHeaders();
  return response;
}

export const isGone = (response: HttpResponse) =>
  'stream' in response ? response.stream.destroyed : response.destroyed;
