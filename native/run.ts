/** Runs a program to its end: no child_process, Node is not forked, nothing blocks. */
import { accessSync, constants } from 'node:fs';
import { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { kernel } from './addon.ts';

export interface RunOptions {
  /** For its standard input; absent: empty. */
  readonly input?: string | Uint8Array;
  /** Its whole environment; PATH is added where it is missing. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The program is killed then, and the promise rejects with ETIMEDOUT. Absent: a minute. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** 128 + signal when a signal ended the program, as shells say it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `run` as an argument: tests put another network namespace before it. */
export type Run = (
  file: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<RunResult>;

interface Child {
  readonly pidfd: number;
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const sigkill = 9;

/**
 * `file` without a slash is looked up in `env.PATH`. A program that ends with a failure is a
 * result; rejects where it cannot be started or does not end in time.
 */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { timeoutMs = 60_000 } = options;
  const child = start(file, args, options);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kernel.pidfdSendSignal(child.pidfd, sigkill);
    // Children of its own may still hold the pipes.
    child.stdout.destroy();
    child.stderr.destroy();
  }, timeoutMs);
  try {
    child.stdin.on('error', () => {}); // EPIPE: it ended without reading everything.
    child.stdin.end(options.input ?? '');
    const [status, stdout, stderr] = await Promise.all([
      kernel.waitPidfd(child.pidfd),
      collect(child.stdout),
      collect(child.stderr),
    ]);
    if (isLate) throw timeoutError(file, timeoutMs);
    return { code: status.code ?? 128 + (status.signal ?? 0), stdout, stderr };
  } finally {
    clearTimeout(timer);
    child.stdin.destroy();
    kernel.close(child.pidfd);
  }
}

function start(file: string, args: readonly string[], options: RunOptions): Child {
  const env: Record<string, string> = { PATH: systemPath, ...options.env };
  const [stdin, stdout, stderr] = [kernel.pipe(), kernel.pipe(), kernel.pipe()];
  const ours = [stdin.writeFd, stdout.readFd, stderr.readFd];
  const theirs = [stdin.readFd, stdout.writeFd, stderr.writeFd];
  try {
    const { pidfd } = kernel.spawn({
      file: findProgram(file, env.PATH ?? systemPath),
      args,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      fds: theirs,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    return {
      pidfd,
      stdin: new Socket({ fd: stdin.writeFd, readable: false, writable: true }),
      stdout: new Socket({ fd: stdout.readFd, readable: true, writable: false }),
      stderr: new Socket({ fd: stderr.readFd, readable: true, writable: false }),
    };
  } catch (error) {
    for (const fd of ours) kernel.close(fd);
    throw error;
  } finally {
    for (const fd of theirs) kernel.close(fd);
  }
}

function findProgram(file: string, path: string): string {
  if (file.includes('/')) return file;
  const candidates = path.split(delimiter).map((dir) => join(dir, file));
  return candidates.find(isExecutable) ?? file;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function collect(stream: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', () => {}); // 'close' follows, with what there was until then.
    stream.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

function timeoutError(file: string, timeoutMs: number): Error {
  const error = new Error(`${file} did not end within ${timeoutMs} ms and was killed`);
  return Object.assign(error, { code: 'ETIMEDOUT', syscall: 'waitid', errno: -110 });
}
