/**
 * What may be on a disk after the power went: all that was synced, and of the rest anything, torn
 * at sectors. Names are as lost as bytes are until their directory is synced.
 */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Call } from './io-shim.ts';

const sectorBytes = 512;

/** A file's bytes, changed in place: some are written thousands of times. */
class Content {
  #bytes: Buffer;
  #size: number;

  constructor(bytes = Buffer.alloc(64 * 1024), size = 0) {
    this.#bytes = bytes;
    this.#size = size;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  copy(): Content {
    return new Content(Buffer.from(this.#bytes), this.#size);
  }

  write(bytes: Buffer, offset: number): void {
    this.#resize(Math.max(this.#size, offset + bytes.length));
    bytes.copy(this.#bytes, offset);
  }

  apply({ type, offset, bytes }: Call): void {
    if (type === 't') this.#resize(offset);
    else this.write(bytes, offset);
  }

  #resize(size: number): void {
    if (size > this.#bytes.length) {
      const larger = Buffer.alloc(size * 2);
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }
}

class Inode {
  readonly durable = new Content();
  pending: Call[] = [];

  sync(): void {
    for (const call of this.pending) this.durable.apply(call);
    this.pending = [];
  }
}

/** Which of the pending calls reached the disk. */
export interface Luck {
  readonly name: string;
  /** For a file's name, a write, and each of its sectors. */
  happens(): boolean;
}

export const unlucky: Luck = { name: 'only what was synced', happens: () => false };
export const lucky: Luck = { name: 'everything', happens: () => true };

/** The same seed tears the same. */
export function torn(seed: number): Luck {
  let state = seed * 2654435761 + 1;
  const happens = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 1) === 0;
  };
  return { name: `torn by ${seed}`, happens };
}

export class DiskModel {
  readonly #folder: string;
  readonly #current = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  take(call: Call): void {
    const { path, type } = call;
    if (path === this.#folder) {
      if (type === 's') this.#syncNames();
      return;
    }
    if (type === 'c') this.#current.set(path, new Inode());
    else if (type === 'u') this.#current.delete(path);
    else if (type === 's') this.#current.get(path)?.sync();
    else this.#current.get(path)?.pending.push(call);
  }

  /** Writes the files as the next start may find them. */
  materialize(folder: string, luck: Luck): void {
    const paths = new Set([...this.#current.keys(), ...this.#durable.keys()]);
    for (const path of paths) {
      const [now, before] = [this.#current.get(path), this.#durable.get(path)];
      const inode = now === before || !luck.happens() ? before : now;
      if (inode) writeFileSync(join(folder, basename(path)), readAfter(inode, luck));
    }
  }

  #syncNames(): void {
    this.#durable.clear();
    for (const [path, inode] of this.#current) this.#durable.set(path, inode);
  }
}

function readAfter({ durable, pending }: Inode, luck: Luck): Buffer {
  if (pending.length === 0 || luck === unlucky) return durable.bytes;
  const after = durable.copy();
  for (const call of pending) {
    if (!luck.happens()) continue;
    if (luck === lucky || call.type === 't') {
      after.apply(call);
      continue;
    }
    for (let at = 0; at < call.bytes.length; at += sectorBytes) {
      const sector = call.bytes.subarray(at, at + sectorBytes);
      if (luck.happens()) after.write(sector, call.offset + at);
    }
  }
  return after.bytes;
}
