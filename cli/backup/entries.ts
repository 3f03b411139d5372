/** Entries of a store as lines of JSON: `{"key":"…","revision":7,"value":"base64"}`. */
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry, Snapshot } from '../../store/index.ts';

export async function writeEntries(path: string, snapshot: Snapshot): Promise<void> {
  const lines = Readable.from(linesOf(snapshot));
  await pipeline(lines, createWriteStream(path, { mode: 0o600, flags: 'wx' }));
}

async function* linesOf(snapshot: Snapshot): AsyncIterable<string> {
  for await (const { key, revision, value } of snapshot.entries('/registry/')) {
    yield `${JSON.stringify({ key, revision, value: Buffer.from(value).toString('base64') })}\n`;
  }
}

export function readEntries(path: string, revision: number): Snapshot {
  return {
    revision,
    get: async () => undefined,
    entries: () => parse(path),
    close: async () => {},
  };
}

async function* parse(path: string): AsyncIterable<Entry> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { key, revision, value } = JSON.parse(line);
    yield { key, revision, value: Buffer.from(value, 'base64') };
  }
}
