/** PEM files on disk: written whole or not at all, and durable before anybody relies on them. */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../base/errors.ts';

/**
 * The file's text, or undefined when there is none. Synchronous, as nothing else runs yet: two
 * dozen small files take 0.2 ms so, and 5 ms through the thread pool of a process just started.
 */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A directory that only its owner may look into, made or tightened. */
export function ensurePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
}

/**
 * Writes files of one directory by way of temporary ones, in the given order: a crash leaves each
 * file old or new, never half. One process at a time: the temporary names are fixed, so that a
 * crash leaves at most one of each behind.
 */
export async function writeFiles(
  files: readonly { readonly path: string; readonly text: string; readonly mode: number }[],
): Promise<void> {
  await Promise.all(files.map(writeTemporary));
  for (const { path } of files) await rename(`${path}.tmp`, path);
  const directories = new Set(files.map(({ path }) => dirname(path)));
  await Promise.all([...directories].map(syncDirectory));
}

async function writeTemporary(file: { path: string; text: string; mode: number }): Promise<void> {
  const handle = await open(`${file.path}.tmp`, 'w', file.mode);
  try {
    await handle.chmod(file.mode); // The mode of a left-over file would have stayed.
    await handle.writeFile(file.text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
