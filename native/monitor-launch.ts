/** Starting the monitor's process: its spec goes in by one pipe, "ready" or an error comes by one. */
import { closeSync, openSync, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Kernel } from './kernel.ts';
import type { SandboxSpec } from './monitor.ts';
import { makeError } from './monitor-connection.ts';
import { encodeFields, sandboxFields } from './monitor-wire.ts';

export interface MonitorDeps {
  readonly kernel: Kernel;
  /** The executables, as `paths` of index.ts names them. */
  readonly monitorPath: string;
  readonly pausePath: string;
}

const readAsync = promisify(read);

/** What the spec's pipe takes without a reader. */
const specBytesMax = 60_000;

/** In the child: the monitor's own executable and pause's, when they are passed as descriptors. */
const monitorFd = 3;
const pauseFd = 4;

/**
 * Sealed copies in memory, by executable: the first monitor makes its own, the later ones share
 * them, and so cost neither the copying nor the memory. They live as long as the kernel's face.
 */
const sealedCopies = new WeakMap<Kernel, Map<string, SealedCopies>>();

interface SealedCopies {
  readonly monitor: number;
  readonly pause: number;
}

/** Resolves to pause's pid once the monitor serves its socket. */
export async function launchMonitor(spec: SandboxSpec, deps: MonitorDeps): Promise<number> {
  const sealed = sealedCopies.get(deps.kernel)?.get(deps.monitorPath);
  const pause = sealed ? { fd: pauseFd } : { path: deps.pausePath };
  const fields = encodeFields(sandboxFields(spec, pause));
  if (fields.length > specBytesMax) throw makeError(7, 'spec'); // E2BIG
  const line = await talk(deps, sealed, fields);
  const [word, number, step = '', ...detail] = line.trimEnd().split(' ');
  if (word === 'error') throw makeError(Number(number), step, detail.join(' '));
  if (word !== 'ready') throw makeError(10, 'monitor'); // ECHILD: it ended without a word.
  return Number(number);
}

/** After a first start: its processes run from sealed copies, which /proc gives us a hold of. */
export function keepSealedCopies(
  { kernel, monitorPath }: MonitorDeps,
  { monitorPid, pausePid }: { monitorPid: number; pausePid: number },
): void {
  const copies = sealedCopies.get(kernel) ?? new Map<string, SealedCopies>();
  if (copies.has(monitorPath)) return;
  copies.set(monitorPath, {
    monitor: openSync(`/proc/${monitorPid}/exe`, 'r'),
    pause: openSync(`/proc/${pausePid}/exe`, 'r'),
  });
  sealedCopies.set(kernel, copies);
}

async function talk(
  { kernel, monitorPath }: MonitorDeps,
  sealed: SealedCopies | undefined,
  spec: Uint8Array,
): Promise<string> {
  const [input, output] = [kernel.pipe(), kernel.pipe()];
  const nothing = openSync('/dev/null', 'r+');
  const ends = [input.readFd, output.writeFd];
  try {
    writeSync(input.writeFd, spec);
    const child = kernel.spawn({
      file: sealed ? `/proc/self/fd/${monitorFd}` : monitorPath,
      args: [],
      env: [],
      fds: [...ends, nothing, ...(sealed ? [sealed.monitor, sealed.pause] : [])],
    });
    closeSync(input.writeFd);
    for (const fd of ends.splice(0)) closeSync(fd);
    // The child that is waited for leaves its work to one of its own, which is init's.
    const [line] = await Promise.all([readLine(output.readFd), kernel.waitPidfd(child.pidfd)]);
    kernel.close(child.pidfd);
    return line;
  } finally {
    for (const fd of [nothing, output.readFd, ...ends]) closeSync(fd);
    if (ends.length > 0) closeSync(input.writeFd);
  }
}

/** On a thread of libuv's, for the millisecond that it takes. */
async function readLine(fd: number): Promise<string> {
  const buffer = Buffer.alloc(4096);
  let length = 0;
  for (;;) {
    const { bytesRead } = await readAsync(fd, buffer, length, buffer.length - length, null);
    length += bytesRead;
    const isWhole = bytesRead === 0 || buffer[length - 1] === 0x0a || length === buffer.length;
    if (isWhole) return buffer.toString('utf8', 0, length);
  }
}
