/** The end of a container's log, for its termination message. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { hasCode } from '../base/errors.ts';
import { parseCriLine } from './logs/cri-line.ts';

const blockBytes = 65_536;

/** The end of the log as plain text, for a termination message. Empty when there is no log. */
export function readLogTail(path: string, max: { bytesMax: number; linesMax: number }): string {
  const fd = openLog(path);
  if (fd === undefined) return '';
  try {
    const start = findTail(fd, max.linesMax);
    const { size } = fstatSync(fd);
    // Every line carries about 40 bytes of its own: enough is read to fill the message.
    const from = Math.max(start, size - max.bytesMax - 64 * max.linesMax);
    const buffer = Buffer.alloc(size - from);
    readSync(fd, buffer, 0, buffer.length, from);
    const text = buffer
      .toString('latin1')
      .split('\n')
      .map((line) => parseCriLine(Buffer.from(line, 'latin1')))
      .map((entry) => (entry ? `${entry.text}${entry.isPartial ? '' : '\n'}` : ''))
      .join('');
    return Buffer.from(text).subarray(-max.bytesMax).toString();
  } finally {
    closeSync(fd);
  }
}

/**
 * A log is a file that we made; a pod with a hostPath could put a link in its place, and so read
 * the node's files through `kubectl logs`: nothing but a regular file is opened.
 */
function openLog(path: string): number | undefined {
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const fd = openSync(path, flags);
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP')) return undefined;
    throw error;
  }
}

/** Where the last `lines` lines begin. A trailing part without newline counts as a line. */
function findTail(fd: number, lines: number): number {
  const { size } = fstatSync(fd);
  if (lines <= 0) return size;
  let found = 0;
  const block = Buffer.alloc(blockBytes);
  for (let end = size; end > 0; end -= blockBytes) {
    const start = Math.max(0, end - blockBytes);
    const read = readSync(fd, block, 0, end - start, start);
    for (let at = read - 1; at >= 0; at--) {
      if (block[at] !== newline || start + at === size - 1) continue;
      if (++found === lines) return start + at + 1;
    }
  }
  return 0;
}

const newline = 0x0a;
