/**
 * The image store on disk, under `<root>/images`:
 *
 *   blobs/sha256/<hex>   image configs, named after their digest
 *   layers/<hex>         unpacked layers, named after their chain id (a layer's whiteouts depend
 *                        on what lies below it, so the same diff on another base is another layer)
 *   tags/<name>.json     one small file a name: no lock is needed between two imports
 *   tmp/                 work in progress; only a rename makes it visible
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.ts';
import { formatReference, parseReference } from './reference.ts';

/** What of an OCI image config matters to run it. */
export interface ImageConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  readonly Volumes?: Readonly<Record<string, unknown>> | null;
}

export interface ImageRecord {
  readonly name: string; // docker.io/library/busybox:latest
  readonly id: string; // sha256:… of the config.
  readonly layers: readonly string[]; // Chain ids without `sha256:`, lowest first.
  readonly sizeBytes: number; // Of the unpacked layers.
  readonly importedAt: string;
  readonly config: ImageConfig;
}

export interface StorePaths {
  readonly blobs: string;
  readonly layers: string;
  readonly tags: string;
  readonly tmp: string;
}

export function storePathsOf(root: string): StorePaths {
  const at = (name: string) => join(root, 'images', name);
  return { blobs: at('blobs/sha256'), layers: at('layers'), tags: at('tags'), tmp: at('tmp') };
}

export async function prepareStore(root: string): Promise<StorePaths> {
  const paths = storePathsOf(root);
  for (const path of Object.values(paths)) await mkdir(path, { recursive: true, mode: 0o700 });
  return paths;
}

/** A fresh directory for work in progress; leftovers of a crash older than a day are removed. */
export async function makeTemp({ tmp }: StorePaths): Promise<string> {
  for (const name of await readdir(tmp)) {
    const { mtimeMs } = await stat(join(tmp, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > staleMs) await rm(join(tmp, name), { recursive: true, force: true });
  }
  const path = join(tmp, randomBytes(8).toString('hex'));
  await mkdir(path, { mode: 0o700 });
  return path;
}

/** Undefined when the store has no such image. */
export async function findImage(root: string, image: string): Promise<ImageRecord | undefined> {
  const reference = parseReference(image);
  if (!reference) return undefined;
  if (reference.digest) {
    // Nothing is pulled yet, so a digest can only be the config's, as `image list` shows it.
    return (await listImages(root)).find(({ id }) => id === reference.digest);
  }
  return readTag(join(storePathsOf(root).tags, tagFileOf(formatReference(reference))));
}

export async function listImages(root: string): Promise<ImageRecord[]> {
  const { tags } = storePathsOf(root);
  const names = await readdir(tags).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  const records = await Promise.all(files.map((name) => readTag(join(tags, name))));
  return records.filter((record) => record !== undefined);
}

/** Directories for overlayfs, top layer first. */
export function lowerDirsOf(root: string, { layers }: ImageRecord): string[] {
  const paths = storePathsOf(root);
  return layers.map((layer) => join(paths.layers, layer)).reverse();
}

/** Makes an image visible under its name, as the last act of an import. */
export async function writeTag(paths: StorePaths, record: ImageRecord): Promise<void> {
  const missing = record.layers.find((layer) => !existsSync(join(paths.layers, layer)));
  if (missing) throw new Error(`layer ${missing} of ${record.name} was removed during the import`);
  await writeWhole(join(paths.tags, tagFileOf(record.name)), JSON.stringify(record), paths);
}

export async function writeBlob(paths: StorePaths, bytes: Uint8Array): Promise<string> {
  const digest = createHash('sha256').update(bytes).digest('hex');
  await writeWhole(join(paths.blobs, digest), bytes, paths);
  return `sha256:${digest}`;
}

/** @returns false when there was no such name. */
export async function removeTag(root: string, image: string): Promise<boolean> {
  const record = await findImage(root, image);
  if (!record) return false;
  await rm(join(storePathsOf(root).tags, tagFileOf(record.name)), { force: true });
  return true;
}

async function readTag(path: string): Promise<ImageRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ImageRecord;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeWhole(path: string, content: string | Uint8Array, paths: StorePaths) {
  const draft = join(paths.tmp, randomBytes(8).toString('hex'));
  await writeFile(draft, content, { mode: 0o600, flush: true });
  await rename(draft, path);
}

const tagFileOf = (name: string) => `${encodeURIComponent(name)}.json`;
const staleMs = 86_400_000;
