/**
 * What a layer deletes of those below it, in overlayfs' form: a character device 0/0 for a name.
 * An opaque directory is written out as one whiteout for each name below it, which needs no
 * extended attributes and so works in every file system and user namespace.
 */
import { execFile } from 'node:child_process';
import { link, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '../../base/errors.ts';

/** Hides `path` of the lower layers; a file that this layer brings itself stays. */
export async function makeWhiteout(dir: string, path: string): Promise<void> {
  const target = join(dir, path);
  if (await kindOf(target)) return;
  const template = `${dir}.whiteout`; // Beside the layer, removed with its temporary directory.
  try {
    if (!(await kindOf(template))) await mknod(template);
    await link(template, target);
  } catch (error) {
    if (!hasCode(error, 'EMLINK')) throw error;
    await mknod(target); // The template has as many links as the file system allows.
  }
}

/** Hides all of `dir` that lies in lower layers, and keeps what this layer has there. */
export async function hideLower(
  layer: { readonly dir: string; readonly lowerDirs: readonly string[] },
  dir: string,
): Promise<void> {
  for (const [name, below] of await listLower(layer.lowerDirs, dir)) {
    const path = join(dir, name);
    const own = await kindOf(join(layer.dir, path));
    if (!own) await makeWhiteout(layer.dir, path);
    else if (own === 'directory' && below === 'directory') await hideLower(layer, path);
  }
}

type Kind = 'directory' | 'whiteout' | 'other';

/** Names in `dir` as the lower layers (top first) show them together. */
async function listLower(lowerDirs: readonly string[], dir: string): Promise<Map<string, Kind>> {
  const names = new Map<string, Kind>();
  for (const lower of lowerDirs) {
    const kind = await kindBelow(lower, dir);
    if (kind === 'other' || kind === 'whiteout') break; // Hides all that is further down.
    if (kind !== 'directory') continue;
    for (const name of await readdir(join(lower, dir))) {
      if (!names.has(name)) names.set(name, (await kindOf(join(lower, dir, name))) ?? 'other');
    }
  }
  return new Map([...names].filter(([, kind]) => kind !== 'whiteout'));
}

/** Of `path` in a layer, without going through a link: a link or file on the way is `other`. */
async function kindBelow(layer: string, path: string): Promise<Kind | undefined> {
  let kind: Kind | undefined = 'directory';
  let at = layer;
  for (const part of path.split('/').filter((each) => each !== '')) {
    at = join(at, part);
    kind = await kindOf(at);
    if (kind !== 'directory') return kind;
  }
  return kind;
}

async function kindOf(path: string): Promise<Kind | undefined> {
  try {
    const stat = await lstat(path);
    if (stat.isDirectory()) return 'directory';
    return stat.isCharacterDevice() && stat.rdev === 0 ? 'whiteout' : 'other';
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

// Node has no mknod. Once a layer, and never while a pod waits for it.
const mknod = (path: string) => promisify(execFile)('mknod', ['--', path, 'c', '0', '0']);
