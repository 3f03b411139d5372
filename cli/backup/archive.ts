/**
 * The file of a backup: a tar with `backup.json` first, then the parts, and at the end SHA256SUMS,
 * which `sha256sum -c` understands. Without that last part it is not whole.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';

export interface Manifest {
  readonly format: 1;
  /** `file`: state.db is SQLite's; `entries`: entries.jsonl, a line a key. */
  readonly kind: 'file' | 'entries';
  readonly revision: number;
  readonly createdAt: string;
  readonly version: string; // Of Wherry.
}

export interface Part {
  readonly name: string; // In the archive.
  readonly path: string;
}

const manifestName = 'backup.json';
const sumsName = 'SHA256SUMS';
/** Nothing else is taken out, and nothing outside of the folder that it is taken to. */
const knownName = /^(state\.db|entries\.jsonl|pki\/[\w.-]+)$/;

/** Written whole or not at all, and readable by its owner only: it holds keys. */
export async function writeArchive(
  file: string,
  manifest: Manifest,
  parts: readonly Part[],
): Promise<void> {
  const temporary = `${file}.part`;
  try {
    const pack = tar.pack();
    const writing = pipeline(pack, createWriteStream(temporary, { mode: 0o600, flags: 'w' }));
    const sums: string[] = [];
    const add = async (name: string, size: number, content: AsyncIterable<Buffer>) => {
      const hash = createHash('sha256');
      await pipeline(hashed(content, hash), pack.entry({ name, size, mode: 0o600 }));
      sums.push(`${hash.digest('hex')}  ${name}\n`);
    };
    const addText = (name: string, text: string) =>
      add(name, Buffer.byteLength(text), once(Buffer.from(text)));
    const adding = async () => {
      await addText(manifestName, `${JSON.stringify(manifest, undefined, 2)}\n`);
      for (const { name, path } of parts) {
        await add(name, statSync(path).size, createReadStream(path));
      }
      await addText(sumsName, sums.join(''));
      pack.finalize();
    };
    await Promise.all([writing, adding()]);
    await sync(temporary);
    await rename(temporary, file);
    await sync(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Takes the parts out into a folder. @throws Error for what is no backup, or not a whole one */
export async function extractArchive(file: string, folder: string): Promise<Manifest> {
  const sums = new Map<string, string>();
  let manifest: Manifest | undefined;
  let wanted: string | undefined;
  const extract = tar.extract();
  const reading = pipeline(createReadStream(file), extract);
  reading.catch(() => {}); // The loop below meets the same error.
  try {
    for await (const entry of extract) {
      const { name } = entry.header;
      const hash = createHash('sha256');
      const content = hashed(entry as unknown as AsyncIterable<Buffer>, hash);
      if (!manifest) manifest = parseManifest(name, await readText(content));
      else if (name === sumsName) wanted = await readText(content);
      else if (knownName.test(name) && entry.header.type === 'file') {
        await pipeline(
          content,
          createWriteStream(join(folder, name), { mode: 0o600, flags: 'wx' }),
        );
      } else throw new Error(`it holds ${JSON.stringify(name)}`);
      if (name !== sumsName) sums.set(name, hash.digest('hex'));
    }
    await reading;
    if (!manifest || wanted === undefined) throw new Error('it is not whole');
    const found = [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join('');
    if (found !== wanted) throw new Error('it is damaged: its checksums differ');
    return manifest;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} is no backup that can be restored: ${why}`, { cause });
  }
}

async function* once(chunk: Buffer): AsyncIterable<Buffer> {
  yield chunk;
}

async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncIterable<Buffer> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

function parseManifest(name: string, text: string): Manifest {
  if (name !== manifestName) throw new Error('it does not begin with backup.json');
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.format !== 1) throw new Error('it was made by a newer version of Wherry');
  return manifest;
}

const textBytesMax = 1024 * 1024;

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > textBytesMax) throw new Error('a part of it is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
