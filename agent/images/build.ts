/** Makes an image from files: for the demo and the cluster's own system image. No registry. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tar from 'tar-stream';
import { type Imported, importImage } from './import.ts';
import { type ImageConfig, makeTemp, prepareStore } from './store.ts';

/** One entry of the image; directories on the way are made as needed. */
export interface ImageFile {
  readonly path: string; // Relative to the image's root.
  readonly mode?: number; // 0o644, or 0o755 for a directory.
  readonly content?: Uint8Array | string;
  readonly symlinkTo?: string;
  readonly hardlinkTo?: string; // The path of an earlier file: busybox' applets.
  readonly isDirectory?: boolean;
}

export interface BuildOptions {
  readonly root: string;
  readonly name: string;
  /** Taken whole (owner root), below what `files` add. */
  readonly rootDir?: string;
  readonly files?: readonly ImageFile[];
  readonly config: ImageConfig;
  readonly now: () => number;
}

/** The same input gives the same digests. */
export async function buildImage(options: BuildOptions): Promise<Imported> {
  const paths = await prepareStore(options.root);
  const temp = await makeTemp(paths);
  try {
    const read = options.rootDir ? await readTree(options.rootDir, '') : [];
    const layer = await packFiles([...read, ...(options.files ?? [])]);
    await writeLayout(join(temp, 'layout'), layer, options);
    return await importImage({ ...options, path: join(temp, 'layout') });
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

async function writeLayout(dir: string, layer: Buffer, { name, config }: BuildOptions) {
  const blobs = join(dir, 'blobs/sha256');
  await mkdir(blobs, { recursive: true, mode: 0o700 });
  const put = async (bytes: Buffer | string) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(blobs, digest), bytes);
    return { digest: `sha256:${digest}`, size: Buffer.byteLength(bytes) };
  };
  const tarball = await put(layer);
  const image = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [tarball.digest] },
  };
  const manifest = {
    schemaVersion: 2,
    config: { mediaType: `${vendor}.config.v1+json`, ...(await put(JSON.stringify(image))) },
    layers: [{ mediaType: `${vendor}.layer.v1.tar`, ...tarball }],
  };
  const entry = {
    mediaType: `${vendor}.manifest.v1+json`,
    ...(await put(JSON.stringify(manifest))),
    annotations: { 'io.containerd.image.name': name },
  };
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(dir, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
  );
}

async function readTree(root: string, dir: string): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  for (const name of (await readdir(join(root, dir))).sort()) {
    const path = join(dir, name);
    const stat = await lstat(join(root, path));
    const mode = stat.mode & 0o7777;
    if (stat.isDirectory()) {
      files.push({ path, mode, isDirectory: true }, ...(await readTree(root, path)));
    } else if (stat.isSymbolicLink()) {
      files.push({ path, symlinkTo: await readlink(join(root, path)) });
    } else if (stat.isFile()) {
      files.push({ path, mode, content: await readFile(join(root, path)) });
    }
  }
  return files;
}

async function packFiles(files: readonly ImageFile[]): Promise<Buffer> {
  const pack = tar.pack();
  const mtime = new Date(0);
  for (const { path, content, symlinkTo, hardlinkTo, isDirectory, ...rest } of files) {
    const mode = rest.mode ?? (isDirectory ? 0o755 : 0o644);
    if (isDirectory) pack.entry({ name: path, type: 'directory', mode, mtime });
    else if (symlinkTo) pack.entry({ name: path, type: 'symlink', linkname: symlinkTo, mtime });
    else if (hardlinkTo) {
      pack.entry({ name: path, type: 'link', linkname: hardlinkTo, mode, mtime });
    } else pack.entry({ name: path, mode, mtime }, Buffer.from(content ?? ''));
  }
  pack.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of pack) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

const vendor = 'application/vnd.oci.image';
