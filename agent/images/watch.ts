/** Tells when a name enters or leaves the store: pods may be waiting for it. */
import { watch } from 'node:fs';
import type { Running } from '../../base/running.ts';
import { storePathsOf } from './store.ts';

/** The store's directories exist (prepareStore). */
export function watchImages(root: string, changed: () => void): Running {
  const watcher = watch(storePathsOf(root).tags, changed);
  watcher.on('error', () => {}); // The data directory was removed under us: nothing to tell.
  return { stop: async () => watcher.close() };
}
