/**
 * The files of an image on its way in: an OCI layout as a directory or a tar, or the tar that
 * `docker save` writes. Names in a tar never reach the file system: each file is kept under a
 * number of ours and looked up by name.
 */
import { createReadStream } from 'node:fs';
import { lstat, readFile, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { hasCode } from '../../base/errors.ts';
import { decompress } from './decompress.ts';

export interface Archive {
  has(name: string): Promise<boolean>;
  /** A document: index, manifest, config. At most 4 MiB. */
  read(name: string): Promise<Buffer>;
  stream(name: string): Promise<Readable>;
}

/** @param temp A private directory for the files of a tar. */
export async function openArchive(path: string, temp: string): Promise<Archive> {
  const stat = await lstat(path);
  if (stat.isDirectory()) return archiveOf((name) => fileBelow(path, name));
  const files = await spread(path, temp);
  return archiveOf(async (name) => files.get(name));
}

function archiveOf(locate: (name: string) => Promise<string | undefined>): Archive {
  const find = async (name: string) => {
    const path = await locate(posix.normalize(name));
    if (!path) throw new Error(`the archive has no file ${JSON.stringify(name.slice(0, 200))}`);
    return path;
  };
  return {
    has: async (name) => (await locate(posix.normalize(name))) !== undefined,
    read: async (name) => {
      const path = await find(name);
      const { size } = await lstat(path);
      if (size > documentBytesMax) throw new Error(`${name} has over ${documentBytesMax} bytes`);
      return readFile(path);
    },
    stream: async (name) => createReadStream(await find(name)),
  };
}

/** A regular file below `root`, reached through real directories only. */
async function fileBelow(root: string, name: string): Promise<string | undefined> {
  const parts = name.split('/').filter((part) => part !== '');
  if (parts.includes('..')) return undefined;
  let path = root;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    const stat = await lstat(path).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    });
    const isLast = index === parts.length - 1;
    if (!stat || !(isLast ? stat.isFile() : stat.isDirectory())) return undefined;
  }
  return path;
}

async function spread(path: string, temp: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const links = new Map<string, string>(); // Older docker save repeats a layer by a link.
  const extract = tar.extract();
  const done = pipeline(await decompress(createReadStream(path)), extract);
  done.catch(() => {}); // Awaited below.
  for await (const entry of extract) {
    const { name, type, linkname } = entry.header;
    const clean = posix.normalize(name);
    if (files.size > filesMax) throw new Error(`the archive has over ${filesMax} files`);
    if (type === 'file' || type === 'contiguous-file') {
      const target = join(temp, `file-${files.size}`);
      const content = entry as AsyncIterable<Uint8Array>;
      await writeFile(target, content, { flag: 'wx', mode: 0o600 });
      files.set(clean, target);
    } else if (type === 'symlink') links.set(clean, posix.join(posix.dirname(clean), linkname!));
    else if (type === 'link') links.set(clean, posix.normalize(linkname!));
    entry.resume();
  }
  await done;
  for (const [name, target] of links) {
    const file = files.get(target);
    if (file) files.set(name, file);
  }
  return files;
}

const documentBytesMax = 4 * 2 ** 20;
const filesMax = 10_000;
