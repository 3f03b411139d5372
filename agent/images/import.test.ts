import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import tar from 'tar-stream';
import {
  buildImage,
  findImage,
  importImage,
  listImages,
  lowerDirsOf,
  removeImage,
} from './index.ts';
import { unpackLayer } from './layer.ts';

type Entry = Partial<tar.Header> & { name: string; content?: string };

async function tempOf(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `wherry-images-${process.pid}-`));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function tarOf(entries: Entry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content, ...header } of entries) {
    // link and symlink entries carry no content.
    if (header.type === 'file') pack.entry(header, content ?? '');
    else pack.entry(header);
  }
  pack.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of pack) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** A docker archive with these layers, lowest first. */
async function dockerArchive(layers: Buffer[], wrong: { diffId?: string } = {}): Promise<Buffer> {
  const sha = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const config = { rootfs: { diff_ids: layers.map((layer) => wrong.diffId ?? sha(layer)) } };
  const manifest = [
    { Config: 'c.json', RepoTags: ['demo:1'], Layers: layers.map((_, index) => `${index}.tar`) },
  ];
  const file = (name: string, content: string): Entry => ({ name, type: 'file', content });
  return tarOf([
    file('manifest.json', JSON.stringify(manifest)),
    file('c.json', JSON.stringify(config)),
    ...layers.map((layer, index) => ({
      name: `${index}.tar`,
      type: 'file' as const,
      content: layer as unknown as string,
    })),
  ]);
}

const now = () => 0;

test('an image built from files is found by its short name and has its files', async (t) => {
  const root = await tempOf(t);
  await buildImage({
    root,
    name: 'busybox:1',
    files: [
      { path: 'bin/busybox', mode: 0o755, content: 'binary' },
      { path: 'bin/sh', hardlinkTo: 'bin/busybox', mode: 0o755 },
      { path: 'sbin', symlinkTo: 'bin' },
    ],
    config: { Cmd: ['sh'], Env: ['PATH=/bin'] },
    now,
  });
  const image = await findImage(root, 'docker.io/library/busybox:1');
  t.deepEqual(image?.config.Cmd, ['sh']);
  const [dir] = lowerDirsOf(root, image!);
  t.is(await readFile(join(dir!, 'bin/sh'), 'utf8'), 'binary');
  t.is((await lstat(join(dir!, 'bin/sh'))).nlink, 2);
  t.true((await lstat(join(dir!, 'sbin'))).isSymbolicLink());
});

for (const [how, pack] of [
  ['as it is', (bytes: Buffer) => bytes],
  ['in gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['in zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
] as const) {
  test(`a docker archive ${how} is imported under its own name`, async (t) => {
    const root = await tempOf(t);
    const layer = await tarOf([{ name: 'etc/motd', type: 'file', content: 'hello' }]);
    await writeFile(join(root, 'in.tar'), pack(await dockerArchive([layer])));
    const { images } = await importImage({ root, path: join(root, 'in.tar'), now });
    t.deepEqual(
      images.map(({ name }) => name),
      ['docker.io/library/demo:1'],
    );
    const [dir] = lowerDirsOf(root, images[0]!);
    t.is(await readFile(join(dir!, 'etc/motd'), 'utf8'), 'hello');
  });
}

test('a layer whose digest is wrong leaves nothing in the store', async (t) => {
  const root = await tempOf(t);
  const layer = await tarOf([{ name: 'a', type: 'file', content: 'a' }]);
  const archive = await dockerArchive([layer], { diffId: `sha256:${'0'.repeat(64)}` });
  await writeFile(join(root, 'in.tar'), archive);
  await t.throwsAsync(importImage({ root, path: join(root, 'in.tar'), now }), {
    message: /layer 0\.tar has the digest sha256:/,
  });
  t.deepEqual(await listImages(root), []);
  t.deepEqual(await readdir(join(root, 'images/layers')), []);
  t.deepEqual(await readdir(join(root, 'images/tmp')), []);
});

test('whiteouts hide what lies below: one file, and all of an opaque directory', async (t) => {
  const root = await tempOf(t);
  const base = await tarOf([
    { name: 'gone', type: 'file', content: 'x' },
    { name: 'dir/old', type: 'file', content: 'x' },
    { name: 'dir/sub/old', type: 'file', content: 'x' },
  ]);
  const top = await tarOf([
    { name: '.wh.gone', type: 'file' },
    { name: 'dir/.wh..wh..opq', type: 'file' },
    { name: 'dir/sub/new', type: 'file', content: 'y' },
  ]);
  await writeFile(join(root, 'in.tar'), await dockerArchive([base, top]));
  const { images } = await importImage({ root, path: join(root, 'in.tar'), now });
  const [dir] = lowerDirsOf(root, images[0]!);
  for (const hidden of ['gone', 'dir/old', 'dir/sub/old']) {
    const stat = await lstat(join(dir!, hidden));
    t.true(stat.isCharacterDevice() && stat.rdev === 0, hidden);
  }
  t.is(await readFile(join(dir!, 'dir/sub/new'), 'utf8'), 'y');
});

test('removing an image keeps the layers of another', async (t) => {
  const root = await tempOf(t);
  const files = [{ path: 'a', content: 'a' }];
  await buildImage({ root, name: 'one', files, config: {}, now });
  await buildImage({ root, name: 'two', files, config: { Cmd: ['a'] }, now });
  t.true(await removeImage(root, 'one'));
  t.false(await removeImage(root, 'one'));
  t.is((await readdir(join(root, 'images/layers'))).length, 1);
  t.true(await removeImage(root, 'two'));
  t.deepEqual(await readdir(join(root, 'images/layers')), []);
});

const hostile: { name: string; entries: Entry[]; error?: RegExp }[] = [
  {
    name: 'a path that climbs out',
    entries: [{ name: '../evil', type: 'file', content: 'x' }],
    error: /unsafe path/,
  },
  {
    name: 'a path that climbs out in the middle',
    entries: [{ name: 'a/../../evil', type: 'file', content: 'x' }],
    error: /unsafe path/,
  },
  {
    name: 'a file through a link to a directory outside',
    entries: [
      { name: 'link', type: 'symlink', linkname: '..' },
      { name: 'link/evil', type: 'file', content: 'x' },
    ],
    error: /below link, no directory/,
  },
  {
    name: 'a directory through a link outside',
    entries: [
      { name: 'link', type: 'symlink', linkname: '..' },
      { name: 'link/evil', type: 'directory' },
    ],
    error: /below link, no directory/,
  },
  {
    name: 'a file written over a link',
    entries: [
      { name: 'evil', type: 'symlink', linkname: '../evil' },
      { name: 'evil', type: 'file', content: 'x' },
    ],
  },
  {
    name: 'a directory made over a link, with a file in it',
    entries: [
      { name: 'd', type: 'symlink', linkname: '..' },
      { name: 'd', type: 'directory' },
      { name: 'd/evil', type: 'file', content: 'x' },
    ],
  },
  {
    name: 'a directory that is exchanged for a link after it was checked',
    entries: [
      { name: 'd/ok', type: 'file', content: 'x' },
      { name: 'd', type: 'symlink', linkname: '..' },
      { name: 'd/evil', type: 'file', content: 'x' },
    ],
    error: /below d, no directory/,
  },
  {
    name: 'a hard link to a file outside',
    entries: [{ name: 'evil', type: 'link', linkname: '../secret' }],
    error: /unsafe path/,
  },
  {
    name: 'a hard link to an absolute path',
    entries: [{ name: 'evil', type: 'link', linkname: '/etc/passwd' }],
    error: /ENOENT/,
  },
  {
    name: 'a hard link through a link',
    entries: [
      { name: 'up', type: 'symlink', linkname: '..' },
      { name: 'evil', type: 'link', linkname: 'up/secret' },
    ],
    error: /below up, no directory/,
  },
  {
    name: 'a whiteout of the parent',
    entries: [{ name: 'd/.wh...', type: 'file' }],
    error: /whiteout with the name/,
  },
];

for (const { name, entries, error } of hostile) {
  test(`a layer with ${name} touches nothing outside`, async (t) => {
    const root = await tempOf(t);
    await writeFile(join(root, 'secret'), 'secret');
    const dir = join(root, 'layer');
    await mkdir(dir);
    await writeFile(join(root, 'lower'), '');
    const run = unpackLayer(Readable.from([await tarOf(entries)]), { dir, lowerDirs: [root] });
    if (error) await t.throwsAsync(run, { message: error });
    else await run;
    t.deepEqual((await readdir(root)).sort(), ['layer', 'lower', 'secret']);
    t.is((await lstat(join(root, 'secret'))).nlink, 1);
  });
}

test('a device is left out with a warning: nothing guards it on every kernel', async (t) => {
  const dir = await tempOf(t);
  const bytes = await tarOf([
    { name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 },
    { name: 'ok', type: 'file', content: 'x' },
  ]);
  const { warnings } = await unpackLayer(Readable.from([bytes]), { dir, lowerDirs: [] });
  t.deepEqual(warnings, ['sda: block-device was left out']);
  t.deepEqual(await readdir(dir), ['ok']);
});

test('a layer over its budget ends with an error, a truncated one too', async (t) => {
  const dir = await tempOf(t);
  const bytes = await tarOf([{ name: 'big', type: 'file', content: 'x'.repeat(5000) }]);
  const limits = { bytesMax: 4000, entriesMax: 10 };
  const unpack = (part: Buffer, rest: object) =>
    unpackLayer(Readable.from([part]), { dir, lowerDirs: [], ...rest });
  await t.throwsAsync(unpack(bytes, { limits }), { message: /over 4000 bytes/ });
  await t.throwsAsync(unpack(bytes.subarray(0, 2000), {}), { message: /end/i });
});
