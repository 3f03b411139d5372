/** Requests and streams over a Session: JSON out, text in, failures as StatusErrors. */
import * as http2 from 'node:http2';
import { hasCode, messageOf, type Status, StatusError } from '../base/errors.ts';
import { Session, type SessionOptions } from './session.ts';

const requestMsMax = 30_000; // Without a byte from the server.

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface TransportOptions extends SessionOptions {
  /** Asked for each request: service account tokens are renewed while we run. */
  readonly token: () => string | undefined;
  readonly userAgent: string;
}

export class Transport {
  readonly #session: Session;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#session = new Session(options);
  }

  /** The parsed body of a 2xx answer. */
  async request<T>(request: Request): Promise<T> {
    const { status, body } = await this.#exchange(request);
    if (status >= 200 && status < 300) return parseBody<T>(body);
    throw statusErrorOf(status, body);
  }

  /** The lines of an endless answer. Ends quietly when the server or the signal ends it. */
  async *lines(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
    if (signal?.aborted) return;
    const { stream, pieces } = await this.#openStream({ method: 'GET', path });
    const cancel = () => stream.close(http2.constants.NGHTTP2_CANCEL);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const status = await this.#statusOf(stream);
      if (status !== 200) throw statusErrorOf(status, await readAll(stream, pieces));
      stream.setTimeout(0);
      yield* splitLines(pieces);
    } catch (error) {
      if (signal?.aborted) return;
      throw error instanceof StatusError ? error : this.#session.unreachable(error);
    } finally {
      signal?.removeEventListener('abort', cancel);
      cancel();
    }
  }

  close(): void {
    this.#session.close();
  }

  async #exchange(request: Request): Promise<{ status: number; body: string }> {
    for (let attempt = 0; ; attempt++) {
      const { stream, pieces } = await this.#openStream(request);
      try {
        const status = await this.#statusOf(stream);
        return { status, body: await readAll(stream, pieces) };
      } catch (error) {
        if (error instanceof StatusError) throw error;
        if (attempt > 0 || !mayRepeat(request, stream, error)) {
          throw this.#session.unreachable(error);
        }
      }
    }
  }

  async #openStream(request: Request): Promise<Opened> {
    const session = await this.#session.open();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const token = this.#options.token();
    const headers: http2.OutgoingHttpHeaders = {
      ':method': request.method,
      ':path': request.path,
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
    };
    try {
      const stream = session.request(headers, { endStream: body === undefined });
      // One that stays: an error after the last reader has gone must not end the process.
      stream.on('error', () => {});
      stream.setTimeout(requestMsMax, () => {
        const message = `no answer to ${request.method} ${request.path} in ${requestMsMax} ms`;
        stream.destroy(new StatusError('Timeout', message));
      });
      if (body !== undefined) stream.end(body);
      return { stream, pieces: readAhead(stream) };
    } catch (error) {
      throw this.#session.unreachable(error);
    }
  }

  #statusOf(stream: http2.ClientHttp2Stream): Promise<number> {
    return new Promise((resolve, reject) => {
      stream.once('response', (headers) => resolve(headers[':status'] ?? 0));
      stream.once('error', reject);
      stream.once('close', () => reject(new Error('connection closed before the answer')));
    });
  }
}

/** Safe where nothing was done: the server refused the stream, or it was only a read. */
function mayRepeat(request: Request, stream: http2.ClientHttp2Stream, error: unknown): boolean {
  if (request.method === 'GET') return true;
  if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) return true;
  return hasCode(error, 'ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION');
}

interface Opened {
  readonly stream: http2.ClientHttp2Stream;
  /** Its content, to be read once. */
  readonly pieces: AsyncIterable<Buffer>;
}

/**
 * Begins to read with the request: of an answer that came whole, and its stream ended, before
 * anybody read it, Node would say that it was cut short.
 */
function readAhead(stream: http2.ClientHttp2Stream): AsyncIterable<Buffer> {
  const pieces: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  const first = pieces.next();
  first.catch(() => {}); // Whoever reads on is told.
  return continueWith(first, pieces);
}

async function* continueWith(
  first: Promise<IteratorResult<Buffer>>,
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  for (let piece = await first; !piece.done; piece = await rest.next()) yield piece.value;
}

async function readAll(
  stream: http2.ClientHttp2Stream,
  pieces: AsyncIterable<Buffer>,
): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const piece of pieces) chunks.push(piece);
  if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) throw new Error('answer cut short');
  return Buffer.concat(chunks).toString('utf8');
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) if (piece !== '') yield piece;
  }
}

/** A body that is not JSON comes from something that is not the API: a proxy, a broken stream. */
export function parseBody<T>(body: string): T {
  try {
    return JSON.parse(body) as T;
  } catch (error) {
    throw new StatusError('ServiceUnavailable', `answer is not JSON: ${messageOf(error)}`);
  }
}

function statusErrorOf(code: number, body: string): StatusError {
  let status: Partial<Status> = {};
  try {
    status = JSON.parse(body) as Partial<Status>;
  } catch {
    status = { message: body.slice(0, 200) || `the server answered ${code}` };
  }
  return StatusError.fromStatus(status ?? {}, code);
}
