/** The store that the flags ask for: a file of SQLite, or an etcd; encrypted where they say so. */
import { type ConfigOf, type FlagTable, optionalText, text } from '../base/config.ts';
import type { Logger } from '../base/log.ts';
import { encryptStore, rewriteStale } from '../store/encryption/encrypt.ts';
import { readVault } from '../store/encryption/read.ts';
import { etcdFlags, etcdOptionsOf } from '../store/etcd/flags.ts';
import { openEtcdStore } from '../store/etcd/open.ts';
import { openSqliteStore } from '../store/sqlite/open.ts';
import type { Store } from '../store/store.ts';

export const storeFlags = {
  'data-file': text('The SQLite file that holds the state.', '/var/lib/wherry/state.db', 'FILE'),
  ...etcdFlags,
  'encryption-provider-config': optionalText('What is encrypted at rest, and how.', 'FILE'),
} satisfies FlagTable;

export type StoreConfig = ConfigOf<typeof storeFlags>;

interface Deps {
  readonly log: Logger;
  /** The disk failed: what is on it is unknown. */
  readonly onFatal: (error: Error) => void;
}

/** @throws Error when it cannot be opened, or a value in it not be decrypted */
export async function openStore(config: StoreConfig, { log, onFatal }: Deps): Promise<Store> {
  const vault = await readVault(config.encryptionProviderConfig);
  const store =
    config.etcdServers.length > 0
      ? await openEtcdStore(etcdOptionsOf(config))
      : await openSqliteStore({ file: config.dataFile, onFatal });
  try {
    const count = await rewriteStale(store, vault);
    if (count > 0) log.info('Encrypted values with the newest key', { count });
    return encryptStore(store, vault);
  } catch (error) {
    await store.close();
    throw error;
  }
}
