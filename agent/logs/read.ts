/**
 * Reads a container's log file for `kubectl logs`: the last lines, from a moment on, following.
 *
 * The file is in a directory that only we write, but a privileged pod may have put a link there:
 * it is opened without following one, and only a regular file is read (security checklist R15).
 */
import { constants, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StatusError } from '../../base/errors.ts';
import { type CriLine, LineSplitter, parseCriLine } from './cri-line.ts';
import type { LogOptions } from './options.ts';

export interface Following {
  /** The reader has gone. */
  readonly signal: AbortSignal;
  /** The container has ended: what is in the file then is all there will be. */
  readonly ended: Promise<void>;
}

const chunkBytes = 64 * 1024;

/** Resolves once the file is open, to pieces of output that are ready to be sent. */
export async function openLog(
  path: string,
  options: LogOptions,
  following: Following,
): Promise<AsyncGenerator<Buffer>> {
  return readPieces(await openRegular(path), options, { path, ...following });
}

async function* readPieces(
  file: FileHandle,
  options: LogOptions,
  following: Following & { readonly path: string },
): AsyncGenerator<Buffer> {
  try {
    const start = options.tailLines === undefined ? 0 : await findTail(file, options.tailLines);
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    let isStart = true; // Of a line as the container wrote it, which may be in several parts.
    for await (const line of readLines(file, start, options.follow ? following : undefined)) {
      if (following.signal.aborted || left <= 0) return;
      const timestamps = options.timestamps && isStart;
      isStart = !line.isPartial;
      if (!isWanted(line, options)) continue;
      const piece = format(line, timestamps).subarray(0, left);
      left -= piece.length;
      yield piece;
    }
  } finally {
    await file.close();
  }
}

async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new StatusError('InternalError', 'the log is no regular file');
}

async function* readLines(
  file: FileHandle,
  start: number,
  following: (Following & { readonly path: string }) | undefined,
): AsyncGenerator<CriLine> {
  const splitter = new LineSplitter();
  const buffer = Buffer.alloc(chunkBytes);
  const wake = following && watchFile(following);
  try {
    let position = start;
    for (;;) {
      // Asked before reading: what was written until then will be seen.
      const isLast = !wake || wake.hasEnded();
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
      position += bytesRead;
      for (const line of splitter.push(buffer.subarray(0, bytesRead))) {
        const parsed = parseCriLine(Buffer.from(line));
        if (parsed) yield parsed;
      }
      if (bytesRead > 0) continue;
      if (isLast) return;
      await wake.changed();
    }
  } finally {
    wake?.close();
  }
}

/** inotify: nothing is polled. */
function watchFile({ path, signal, ended }: Following & { readonly path: string }) {
  let isEnded = false;
  let isDirty = false;
  let notify = () => {};
  const touch = () => {
    isDirty = true;
    notify();
  };
  const watcher = watch(path, touch);
  const finish = () => {
    isEnded = true;
    touch();
  };
  void ended.then(finish);
  signal.addEventListener('abort', finish, { once: true });
  return {
    hasEnded: () => isEnded,
    changed: () =>
      new Promise<void>((resolve) => {
        notify = () => {
          isDirty = false;
          notify = () => {};
          resolve();
        };
        if (isDirty) notify();
      }),
    close: () => watcher.close(),
  };
}

/** The offset of the last `count` whole lines, read backwards in blocks. */
async function findTail(file: FileHandle, count: number): Promise<number> {
  let { size: end } = await file.stat();
  if (count === 0) return end;
  const buffer = Buffer.alloc(chunkBytes);
  let left = count + 1; // The newline before the first wanted line is the one that counts.
  while (end > 0) {
    const begin = Math.max(0, end - chunkBytes);
    const { bytesRead } = await file.read(buffer, 0, end - begin, begin);
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (buffer[at] === 0x0a && --left === 0) return begin + at + 1;
    }
    end = begin;
  }
  return 0;
}

function isWanted(line: CriLine, { sinceMs, stream }: LogOptions): boolean {
  if (stream && line.stream !== stream) return false;
  return sinceMs === undefined || Date.parse(line.timestamp) >= sinceMs;
}

function format({ timestamp, text, isPartial }: CriLine, timestamps: boolean): Buffer {
  const parts = [
    ...(timestamps ? [Buffer.from(`${timestamp} `)] : []),
    text,
    ...(isPartial ? [] : [newline]),
  ];
  return parts.length === 1 ? text : Buffer.concat(parts);
}

const newline = Buffer.from('\n');
