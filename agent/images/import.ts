/** Takes an image into the store: verified, unpacked, and visible only when it is whole. */
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasCode, messageOf, wrapError } from '../../base/errors.ts';
import { type Archive, openArchive } from './archive.ts';
import { decompress } from './decompress.ts';
import { unpackLayer } from './layer.ts';
import { type FoundImage, findImages } from './manifest.ts';
import { formatReference, parseReference } from './reference.ts';
import {
  type ImageConfig,
  type ImageRecord,
  makeTemp,
  prepareStore,
  type StorePaths,
  writeBlob,
  writeTag,
} from './store.ts';

export interface ImportOptions {
  readonly root: string; // The data directory: `<root>/images` is the store.
  readonly path: string; // An OCI layout (directory or tar) or a docker archive.
  /** Names for an image that carries none, or instead of the one it carries. */
  readonly name?: string;
  readonly now: () => number;
}

export interface Imported {
  readonly images: readonly ImageRecord[];
  readonly warnings: readonly string[];
}

/** Rejects with a sentence when the archive is broken or unsafe; the store is then as before. */
export async function importImage({ root, path, name, now }: ImportOptions): Promise<Imported> {
  const paths = await prepareStore(root);
  const temp = await makeTemp(paths);
  try {
    const archive = await openArchive(path, temp);
    const images: ImageRecord[] = [];
    const warnings: string[] = [];
    for (const found of await findImages(archive)) {
      const names = name === undefined ? found.names : [name];
      if (names.length === 0) throw new Error('the image has no name: give one');
      const taken = await takeImage({ archive, paths, temp, now }, found);
      warnings.push(...taken.warnings);
      for (const each of names) images.push(await tagAs(paths, each, taken.record));
    }
    return { images, warnings };
  } catch (error) {
    throw wrapError(`Could not import ${path}`, error);
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

interface Work {
  readonly archive: Archive;
  readonly paths: StorePaths;
  readonly temp: string;
  readonly now: () => number;
}

async function takeImage(work: Work, found: FoundImage) {
  const bytes = await work.archive.read(found.configFile);
  const id = await writeBlob(work.paths, bytes);
  if (found.configDigest && found.configDigest !== id) {
    throw new Error(`the config's digest is ${id}, not ${found.configDigest}`);
  }
  const config = JSON.parse(bytes.toString()) as OciConfig;
  const diffIds = config.rootfs?.diff_ids ?? [];
  if (diffIds.length !== found.layers.length) {
    throw new Error(`the config names ${diffIds.length} layers, not ${found.layers.length}`);
  }
  const layers: string[] = [];
  const warnings: string[] = [];
  let sizeBytes = 0;
  for (const [index, layer] of found.layers.entries()) {
    const taken = await takeLayer(work, { ...layer, diffId: diffIds[index]!, below: layers });
    layers.push(taken.chainId);
    warnings.push(...taken.warnings);
    sizeBytes += taken.sizeBytes;
  }
  const importedAt = new Date(work.now()).toISOString();
  const record = { id, layers, sizeBytes, importedAt, config: config.config ?? {} };
  return { record, warnings };
}

interface LayerSource {
  readonly file: string;
  readonly digest?: string; // Of the file as it is, where the manifest names one.
  readonly diffId: string; // Of the tar inside.
  readonly below: readonly string[];
}

async function takeLayer(work: Work, { file, digest, diffId, below }: LayerSource) {
  const { paths, temp, archive } = work;
  const chainId = chainIdOf(below, diffId);
  const target = join(paths.layers, chainId);
  if (existsSync(target)) return { chainId, warnings: [], sizeBytes: 0 };
  const dir = join(temp, `layer-${below.length}`);
  await mkdir(dir, { mode: 0o755 });
  const outer = createHash('sha256');
  const inner = createHash('sha256');
  const raw = tee(await archive.stream(file), outer);
  const tar = tee(await decompress(raw), inner);
  const lowerDirs = below.map((layer) => join(paths.layers, layer)).reverse();
  const unpacked = await unpackLayer(tar, { dir, lowerDirs }).catch((error: unknown) => {
    throw new Error(`layer ${file}: ${messageOf(error)}`, { cause: error });
  });
  check(diffId, `sha256:${inner.digest('hex')}`, file);
  if (digest) check(digest, `sha256:${outer.digest('hex')}`, file);
  await rename(dir, target).catch((error: unknown) => {
    // Another import of the same layer was faster; the content is the same by its digest.
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
  });
  return { chainId, ...unpacked };
}

/** OCI image specification, "Layer ChainID": the layer together with all that lies below it. */
function chainIdOf(below: readonly string[], diffId: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(diffId)) throw new Error('a diff id is no sha256 digest');
  const parent = below.at(-1);
  if (parent === undefined) return diffId.slice('sha256:'.length);
  return createHash('sha256').update(`sha256:${parent} ${diffId}`).digest('hex');
}

async function tagAs(
  paths: StorePaths,
  name: string,
  image: Omit<ImageRecord, 'name'>,
): Promise<ImageRecord> {
  const reference = parseReference(name);
  if (!reference) throw new Error(`${JSON.stringify(name.slice(0, 200))} is no image name`);
  const record = { name: formatReference(reference), ...image };
  await writeTag(paths, record);
  return record;
}

/** Hashes what passes. The rest is read even when the tar ended early: a digest is of all bytes. */
function tee(source: Readable, hash: Hash): Readable {
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  pipeline(source, through).catch(() => {}); // It destroys `through`, whose reader sees the error.
  return through;
}

function check(wanted: string, is: string, file: string): void {
  if (wanted !== is) throw new Error(`layer ${file} has the digest ${is}, not ${wanted}`);
}

interface OciConfig {
  readonly config?: ImageConfig;
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
}
