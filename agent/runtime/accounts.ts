/** Reads /etc/passwd and /etc/group of an image. The image is hostile: no links, bounded size. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.ts';
import { StartError } from '../start-error.ts';
import type { Accounts } from './plan-container.ts';

const bytesMax = 1_048_576;

/** @param lowerDirs The image's layers, top first. */
export function readAccounts(lowerDirs: readonly string[]): Accounts {
  return { passwd: readTop(lowerDirs, 'passwd'), group: readTop(lowerDirs, 'group') };
}

/** The file as the merged layers show it; empty when there is none. */
function readTop(lowerDirs: readonly string[], name: string): string {
  for (const dir of lowerDirs) {
    const etc = statOf(join(dir, 'etc'));
    if (etc && !etc.isDirectory()) return ''; // A whiteout, or a link: hides what is below.
    const path = join(dir, 'etc', name);
    const stat = etc && statOf(path);
    if (!stat) continue;
    return stat.isFile() ? readBounded(path) : '';
  }
  return '';
}

function readBounded(path: string): string {
  // O_NONBLOCK: even were it exchanged for a FIFO, opening would not wait.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const fd = openSync(path, flags);
  try {
    const { size } = fstatSync(fd);
    if (size > bytesMax) {
      throw new StartError(
        'CreateContainerError',
        `the image's ${path.split('/').at(-1)} is too large`,
      );
    }
    const buffer = Buffer.alloc(size);
    return buffer.subarray(0, readSync(fd, buffer, 0, size, 0)).toString();
  } finally {
    closeSync(fd);
  }
}

function statOf(path: string) {
  try {
    return lstatSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
