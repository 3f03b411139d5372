/**
 * Sandbox records on disk: `<run-dir>/sandboxes/<id>/record.json`, written before each side effect
 * so that whatever a crash leaves behind has a record that names it. A record goes last.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../api/types/core-v1.generated.ts';
import { hasCode } from '../base/errors.ts';
import { type AgentPaths, sandboxDir, sandboxesDir } from './paths.ts';
import type { SandboxRecord } from './state.ts';

/** Synchronous on purpose: a tmpfs takes 0.05 ms, and the side effect must come after it. */
export function writeRecord(paths: AgentPaths, record: SandboxRecord): void {
  const dir = sandboxDir(paths, record.id);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeWhole(join(dir, 'record.json'), record);
}

/** The pod as the API last had it, to end it properly when the API has forgotten it. */
export function writePod(paths: AgentPaths, id: string, pod: Pod): void {
  mkdirSync(sandboxDir(paths, id), { recursive: true, mode: 0o700 });
  writeWhole(join(sandboxDir(paths, id), 'pod.json'), pod);
}

export interface Recorded {
  readonly record: SandboxRecord;
  readonly pod: Pod | undefined;
}

export interface ReadRecords {
  readonly found: readonly Recorded[];
  /** Sandbox directories without a readable record: nothing was made for them yet. */
  readonly broken: readonly string[];
}

export function readRecords(paths: AgentPaths): ReadRecords {
  const found: Recorded[] = [];
  const broken: string[] = [];
  for (const id of listDir(sandboxesDir(paths))) {
    const record = readJson<SandboxRecord>(join(sandboxDir(paths, id), 'record.json'));
    if (record?.version !== 1 || record.id !== id) broken.push(id);
    else found.push({ record, pod: readJson<Pod>(join(sandboxDir(paths, id), 'pod.json')) });
  }
  return { found, broken };
}

export function removeRecord(paths: AgentPaths, id: string): void {
  rmSync(sandboxDir(paths, id), { recursive: true, force: true });
}

export function listDir(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
