/** Looks at the first bytes of a stream and undoes gzip or zstd; anything else stays as it is. */
import type { Readable } from 'node:stream';
import { PassThrough, pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

export async function decompress(source: Readable): Promise<Readable> {
  const head = await readHead(source);
  const body = new PassThrough();
  body.write(head);
  const fail = (error: Error | null | undefined) => error && out.destroy(error);
  const out = unpackerFor(head) ?? new PassThrough();
  pipeline(source, body, out, (error) => fail(error));
  return out;
}

function unpackerFor(head: Buffer) {
  if (head[0] === 0x1f && head[1] === 0x8b) return createGunzip();
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress();
  return undefined;
}

/** At least four bytes, unless the stream is shorter. */
async function readHead(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < 4) {
    const chunk = (source.read() as Buffer | null) ?? (await nextChunk(source));
    if (!chunk) break;
    chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

function nextChunk(source: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const done = () => {
      source.off('readable', readable).off('end', ended).off('error', failed);
    };
    const readable = () => {
      const chunk = source.read() as Buffer | null;
      if (!chunk) return;
      done();
      resolve(chunk);
    };
    const ended = () => {
      done();
      resolve(undefined);
    };
    const failed = (error: Error) => {
      done();
      reject(error);
    };
    source.on('readable', readable).on('end', ended).on('error', failed);
  });
}
