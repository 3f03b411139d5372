/** Writes answers: status, headers, compression, back-pressure. */
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { promisify } from 'node:util';
import { constants, createGzip, gzip as gzipCallback, type ZlibOptions } from 'node:zlib';
import type { StatusError } from '../../base/errors.ts';
import type { HttpRequest, HttpResponse } from '../request.ts';

const gzip: (bytes: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(gzipCallback);
/** Below this compressing costs more time than it saves. */
const gzipBytesMin = 128 * 1024;
const gzipOptions = { level: constants.Z_BEST_SPEED };

export type Headers = Record<string, string | string[]>;

/** One request's two ends. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly warnings: string[];
}

export function sendJson(exchange: Exchange, code: number, value: unknown): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  return sendBytes(exchange, code, { bytes, type: 'application/json' });
}

export interface Content {
  readonly bytes: Buffer;
  readonly type: string;
  readonly headers?: Headers;
}

export async function sendBytes(
  exchange: Exchange,
  code: number,
  { bytes, type, headers }: Content,
): Promise<void> {
  const { request, response } = exchange;
  const packed = bytes.length >= gzipBytesMin && takesGzip(request);
  const body = packed ? await gzip(bytes, gzipOptions) : bytes;
  if (isAnswered(response)) return;
  const all = {
    ...headersOf(exchange, type),
    ...headers,
    'content-length': String(body.length),
    ...(packed && { 'content-encoding': 'gzip' }),
  };
  const content = request.method === 'HEAD' ? undefined : body;
  if ('stream' in response) return answerStream(response, code, { headers: all, content });
  writeHead(response, code, all);
  response.end(content);
}

/** As `response` does it, but the last frame of the body ends the stream: a TLS record less. */
function answerStream(
  response: Http2ServerResponse,
  code: number,
  { headers, content }: { readonly headers: Headers; readonly content: Buffer | undefined },
): void {
  const { stream } = response;
  if (stream.destroyed) return;
  response.statusCode = code;
  stream.respond({ ...headers, ':status': code }, { endStream: content === undefined });
  if (content) stream.end(content);
}

/** Each part is a list of pieces. Sends one after the other, never faster than the client reads. */
export async function sendParts(
  exchange: Exchange,
  type: string,
  parts: Iterable<readonly Buffer[]>,
): Promise<void> {
  const { request, response } = exchange;
  if (isAnswered(response)) return;
  const packed = takesGzip(request);
  writeHead(response, 200, {
    ...headersOf(exchange, type),
    ...(packed && { 'content-encoding': 'gzip' }),
  });
  if (request.method === 'HEAD') return void response.end();
  const sink = packed ? createGzip(gzipOptions) : response;
  if (packed) (sink as NodeJS.ReadWriteStream).pipe(response as NodeJS.WritableStream);
  const packer = new Packer();
  for (const part of parts) {
    if (response.destroyed) return;
    const { bytes, done } = packer.pack(part);
    const isRoom = (sink as NodeJS.WritableStream).write(bytes, done);
    if (!isRoom) await drained(sink as NodeJS.WritableStream, response);
    else await new Promise(setImmediate); // Others get their turn.
  }
  sink.end();
}

const packedBytesMax = 192 * 1024;
const buffersMax = 4;

/** Writes pieces into one buffer and the next into another; a new one for each would be a garbage
 * of many megabytes a list, and collecting it stops everybody. */
class Packer {
  readonly #free: Buffer[] = [];
  #count = 0;

  /** `done` gives the buffer back, once what is in it was sent. */
  pack(pieces: readonly Buffer[]): { readonly bytes: Buffer; readonly done: () => void } {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const buffer = length <= packedBytesMax ? this.#take() : undefined;
    if (!buffer) return { bytes: Buffer.concat(pieces, length), done: () => {} };
    let end = 0;
    for (const piece of pieces) end += piece.copy(buffer, end);
    return { bytes: buffer.subarray(0, end), done: () => this.#free.push(buffer) };
  }

  #take(): Buffer | undefined {
    const free = this.#free.pop();
    if (free || this.#count >= buffersMax) return free;
    this.#count += 1;
    return Buffer.allocUnsafeSlow(packedBytesMax);
  }
}

function drained(sink: NodeJS.WritableStream, response: HttpResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      sink.off('drain', done);
      response.off('close', done);
      resolve();
    };
    sink.on('drain', done);
    response.on('close', done);
  });
}

/** Also when the time was up before the answer was there. */
const isAnswered = (response: HttpResponse) => response.destroyed || response.headersSent;

export function sendError(exchange: Exchange, error: StatusError): Promise<void> {
  const body = { ...error.toJSON(), metadata: errorMetadata.get(error) ?? {} };
  const seconds = error.details?.retryAfterSeconds;
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  const headers: Headers = {
    ...(seconds !== undefined && { 'retry-after': String(seconds) }),
    ...(isHalf(exchange.request, error) && { connection: 'close' }),
  };
  return sendBytes(exchange, error.code, { bytes, type: 'application/json', headers });
}

/**
 * Of who sends a body slowly no more is waited for. Who sends too much may go on, unheard, until
 * it has read the answer: to hang up at once would take the answer back.
 */
const isHalf = (request: HttpRequest, { code }: StatusError) =>
  request.httpVersionMajor === 1 && !request.complete && code !== 413;

/** The list metadata that some errors carry: a continue token to go on with. */
const errorMetadata = new WeakMap<StatusError, object>();

export function withMetadata(error: StatusError, metadata: object): StatusError {
  errorMetadata.set(error, metadata);
  return error;
}

/** The two kinds of response write heads alike; only their overloads differ. */
export function writeHead(response: HttpResponse, code: number, headers: Headers): void {
  (response as ServerResponse).writeHead(code, headers);
}

export const headersOf = ({ warnings }: Exchange, type: string): Headers => ({
  'content-type': type,
  'cache-control': 'no-cache, private',
  ...(warnings.length > 0 && { warning: warnings.map(warningHeader) }),
});

/** RFC 7234 5.5: code, agent, quoted text. Control characters would end the header. */
const warningHeader = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  `299 - "${text.replace(/[\u0000-\u001f\u007f-\uffff]/g, ' ').replace(/["\\]/g, '\\$&')}"`;

const takesGzip = ({ headers }: HttpRequest) =>
  /(?:^|[,\s])gzip(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(String(headers['accept-encoding'] ?? ''));
