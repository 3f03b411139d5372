/** A client of exec or attach over SPDY/3.1: each stream says in a header which one it is. */
import type { Readable } from 'node:stream';
import { SpdyConnection } from '../../base/spdy/connection.ts';
import type { SpdyStream } from '../../base/spdy/stream.ts';
import { parseResize } from './channels.ts';
import { outcomeText } from './outcome.ts';
import type { Remote, StreamOptions } from './remote.ts';
import type { AcceptedSpdy } from './spdy-handshake.ts';

/** The best first; a client that names none speaks the oldest. */
export const remoteCommandProtocols: readonly string[] = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

const patienceMs = 30_000;
const sizeBytesMax = 4096;

/** Resolves once the client has opened all its streams. Rejects when it does not, or goes. */
export async function openSpdyRemote(
  { socket, protocol }: AcceptedSpdy,
  wanted: StreamOptions,
): Promise<Remote> {
  const tellsStatus = protocol === 'v4.channel.k8s.io';
  const resizes = wanted.tty && (tellsStatus || protocol === 'v3.channel.k8s.io');
  const names = ['error', ...namesOf(wanted), ...(resizes ? ['resize'] : [])];
  const streams = new Map<string, SpdyStream>();
  const isComplete = Promise.withResolvers<void>();
  const connection = new SpdyConnection(socket, {
    role: 'server',
    onStream: (stream) => {
      const name = stream.headers.get('streamtype') ?? '';
      if (!names.includes(name) || streams.has(name)) return void stream.destroy();
      streams.set(name, stream);
      if (streams.size === names.length) isComplete.resolve();
    },
  });
  void connection.closed.then(() => isComplete.reject(new Error('the client has gone')));
  const timer = setTimeout(() => connection.destroy(), patienceMs);
  await isComplete.promise.finally(() => clearTimeout(timer));
  const error = streams.get('error')!;
  for (const name of ['error', 'stdout', 'stderr']) streams.get(name)?.resume(); // Ours to write.
  return {
    stdin: streams.get('stdin'),
    stdout: streams.get('stdout'),
    stderr: streams.get('stderr'),
    onResize: (listener) => readSizes(streams.get('resize'), listener),
    finish(outcome) {
      error.end(outcomeText(outcome, tellsStatus), () => connection.end());
    },
    gone: connection.closed,
  };
}

const namesOf = ({ stdin, stdout, stderr }: StreamOptions): string[] =>
  Object.entries({ stdin, stdout, stderr }).flatMap(([name, isWanted]) => (isWanted ? name : []));

/** One JSON object after the other, each on a line. */
function readSizes(
  stream: Readable | undefined,
  listener: (columns: number, rows: number) => void,
): void {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop()!.slice(0, sizeBytesMax);
    for (const line of lines) {
      const size = parseResize(Buffer.from(line));
      if (size.type === 'resize') listener(size.columns, size.rows);
    }
  });
}
