/** What the command line does with a store beside its server. Nothing is loaded before it is used. */
import type { EtcdOptions } from './etcd/open.ts';
import type { Snapshot } from './snapshot.ts';

export { etcdFlags, etcdOptionsOf } from './etcd/flags.ts';
export type { EtcdOptions } from './etcd/open.ts';
export type { Snapshot } from './snapshot.ts';
export type { Entry } from './store.ts';

/** One state of the file, also while a server writes to it. @throws Error */
export const readFile = async (file: string): Promise<Snapshot> =>
  (await import('./snapshot.ts')).readFile(file);

/** One state of the etcd. @throws Error */
export const readEtcd = async (options: EtcdOptions): Promise<Snapshot> =>
  (await import('./snapshot.ts')).readEtcd(options);

/** Copies the file as it is at one moment; returns its revision. @throws Error */
export const copyFile = async (file: string, to: string): Promise<number> =>
  (await import('./snapshot.ts')).copyFile(file, to);

/** Makes a file with these entries at their revisions. @throws Error */
export const writeFile = async (file: string, snapshot: Snapshot): Promise<void> =>
  (await import('./restore.ts')).writeFile(file, snapshot);

/** Puts entries into an etcd, where they get new revisions; `isForced`: also over others. */
export const writeEtcd = async (
  options: EtcdOptions,
  snapshot: Snapshot,
  isForced: boolean,
): Promise<void> => (await import('./restore.ts')).writeEtcd(options, snapshot, isForced);

/** How to read what is encrypted at rest. @throws UsageError */
export const readVault = async (file: string | undefined) =>
  (await import('./encryption/read.ts')).readVault(file);

/** `aesgcm key "key1"` for a value that is encrypted, else undefined. */
export const describeSealed = async (value: Uint8Array): Promise<string | undefined> => {
  const { describe, isSealed } = await import('./encryption/vault.ts');
  return isSealed(value) ? describe(value) : undefined;
};
