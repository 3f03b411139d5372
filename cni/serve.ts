/**
 * Answers the executables: `wherry-cni` passes what a runtime asked of it to this socket, so that
 * no Node has to start for it.
 *
 * The wire, both ways: `u32 length (of what follows, little endian) · payload`. A request's payload
 * is NUL-terminated strings, plugin, pid, network and mount namespace of the caller (as /proc names
 * them), then CNI_* variables as `K=V`, then an empty one; what follows is its stdin. An answer's
 * payload is one byte of exit status and what to print; 255 says `do it yourself`.
 */
import { chmodSync, mkdirSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import { createHost, type Host } from './plugin.ts';
import { type Answer, answerCall, type Call } from './protocol.ts';

export interface ServeDeps {
  readonly log: Logger;
}

const lengthMax = 4 << 20;
const alone = 255;

/** The socket's directory is made when it is missing; a socket that a crash left is replaced. */
export async function serveCni(socketPath: string, { log }: ServeDeps): Promise<Running> {
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
  rmSync(socketPath, { force: true });
  const host = createHost();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // The caller was killed; 'close' follows.
    readFrame(socket, (payload) => {
      answerFrame(payload, host)
        .then((answer) => socket.end(answer))
        .catch((error) => {
          log.error('Could not answer a CNI call', error);
          socket.destroy();
        });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  chmodSync(socketPath, 0o600);
  log.info('Served CNI plugins', { socket: socketPath });
  let stopping: Promise<void> | undefined;
  return {
    stop: () => {
      stopping ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }).then(() => host.close());
      return stopping;
    },
  };
}

/** Calls back once, with the first whole frame. */
function readFrame(socket: Socket, onFrame: (payload: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const length = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
    if (length > lengthMax) socket.destroy();
    if (bytes.length < 4 || bytes.length < 4 + length) return;
    socket.off('data', onData);
    onFrame(bytes.subarray(4, 4 + length));
  };
  socket.on('data', onData);
}

async function answerFrame(payload: Buffer, own: Host): Promise<Buffer> {
  const caller = parseCall(payload);
  if (!caller || !isReachable(caller)) return encode({ status: alone, stdout: '' });
  const isHere = readLink('/proc/self/ns/net') === caller.netns;
  const host = isHere ? own : createHost(`/proc/${caller.pid}/ns/net`);
  try {
    return encode(await answerCall(caller.call, host));
  } finally {
    if (!isHere) host.close();
  }
}

interface Caller {
  readonly call: Call;
  readonly pid: number;
  readonly netns: string; // net:[4026531840]
  readonly mountns: string;
}

/** Exported for its test. Undefined for bytes that are no call. */
export function parseCall(payload: Buffer): Caller | undefined {
  const words: string[] = [];
  let offset = 0;
  for (;;) {
    const end = payload.indexOf(0, offset);
    if (end < 0) return undefined;
    const word = payload.toString('utf8', offset, end);
    offset = end + 1;
    if (word === '' && words.length >= 4) break;
    words.push(word);
  }
  const [plugin = '', pid = '', netns = '', mountns = '', ...pairs] = words;
  if (!/^[1-9]\d{0,9}$/.test(pid)) return undefined;
  const env = Object.fromEntries(pairs.map((pair) => splitAt(pair, pair.indexOf('='))));
  const netnsRealPath = realPath(env.CNI_NETNS ?? '', pid);
  const stdin = payload.toString('utf8', offset);
  const call = { plugin, env, stdin, ...(netnsRealPath && { netnsRealPath }) };
  return { call, pid: Number(pid), netns, mountns };
}

/** The caller's `self` is not ours. */
function realPath(path: string, pid: string): string | undefined {
  const inProc = /^\/proc\/(self|thread-self)\/(.*)$/s.exec(path);
  return inProc ? `/proc/${pid}/${inProc[2]}` : undefined;
}

/** Paths mean the same to both, and the pid is one that we can see: else it must work alone. */
function isReachable({ pid, netns, mountns }: Caller): boolean {
  return (
    readLink(`/proc/${pid}/ns/net`) === netns &&
    readLink(`/proc/${pid}/ns/mnt`) === mountns &&
    readLink('/proc/self/ns/mnt') === mountns
  );
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

const splitAt = (text: string, at: number): [string, string] =>
  at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];

function encode({ status, stdout }: Omit<Answer, 'status'> & { status: number }): Buffer {
  const body = Buffer.from(stdout);
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32LE(1 + body.length, 0);
  frame.writeUInt8(status, 4);
  frame.set(body, 5);
  return frame;
}
