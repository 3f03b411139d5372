/** Runs a store in a process whose calls to its files are noted, or fail. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const source = resolve('test/reliability/io-shim.cc');
const program = resolve('test/reliability/store-child.ts');

/** Compiles the shim into a folder; returns its path. */
export function buildShim(folder: string): string {
  const path = join(folder, 'io-shim.so');
  const words = ['-std=c++20', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  execFileSync('g++', [...words, '-o', path, source, '-ldl'], { stdio: 'pipe' });
  return path;
}

export interface ChildOptions {
  readonly shim: string;
  readonly folder: string; // The store's own.
  readonly count: number; // Of writes.
  readonly log?: string;
  readonly fail?: string;
}

/** Resolves with how the process ended and what it said. */
export async function runStore(options: ChildOptions): Promise<{ code: number; text: string }> {
  const { shim, folder, count, log, fail } = options;
  const env = {
    LD_PRELOAD: shim,
    SHIM_FOLDER: folder,
    ...(log && { SHIM_LOG: log }),
    ...(fail && { SHIM_FAIL: fail }),
  };
  const words = [program, join(folder, 'state.db'), String(count)];
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (data) => {
    text += data;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, text };
}

/** A call that changed something: created, written, truncated, synced, unlinked. */
export interface Call {
  readonly type: 'c' | 'w' | 't' | 's' | 'u';
  readonly path: string;
  readonly offset: number; // For a truncation: the new size.
  readonly bytes: Buffer;
}

const headBytes = 15;

export function readLog(path: string): Call[] {
  const log = readFileSync(path);
  const calls: Call[] = [];
  for (let at = 0; at < log.length; ) {
    const nameLength = log.readUInt16LE(at + 1);
    const size = log.readUInt32LE(at + 11);
    const nameEnd = at + headBytes + nameLength;
    calls.push({
      type: String.fromCharCode(log[at]!) as Call['type'],
      path: log.toString('utf8', at + headBytes, nameEnd),
      offset: Number(log.readBigInt64LE(at + 3)),
      bytes: log.subarray(nameEnd, nameEnd + size),
    });
    at = nameEnd + size;
  }
  return calls;
}

export interface Ack {
  readonly key: string;
  readonly index: number;
  readonly revision: number;
}

export function parseAcks(text: string): Ack[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [key = '', index, revision] = line.split(' ');
      return { key, index: Number(index), revision: Number(revision) };
    });
}
