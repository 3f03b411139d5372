/** The store that the flags ask for: a file of SQLite, or an etcd; encrypted where they say so. */
import { readFileSync } from 'node:fs';
import { type ConfigOf, type FlagTable, list, optionalText, text } from '../base/config.ts';
import { UsageError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { encryptStore, rewriteStale } from '../store/encryption/encrypt.ts';
import { readVault } from '../store/encryption/read.ts';
import { openEtcdStore } from '../store/etcd/open.ts';
import { openSqliteStore } from '../store/sqlite/open.ts';
import type { Store } from '../store/store.ts';

export const storeFlags = {
  'data-file': text('The SQLite file that holds the state.', '/var/lib/wherry/state.db', 'FILE'),
  'etcd-servers': list('Keep the state in this etcd instead: https://10.0.0.1:2379.', [], 'URL,…'),
  'etcd-cafile': optionalText("Who signs etcd's certificates.", 'FILE'),
  'etcd-certfile': optionalText('Shown to etcd.', 'FILE'),
  'etcd-keyfile': optionalText('The key of that certificate.', 'FILE'),
  'etcd-prefix': text('Where in etcd the keys begin.', '/registry', 'PREFIX'),
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
      ? await openEtcd(config)
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

function openEtcd(config: StoreConfig): Promise<Store> {
  const { etcdServers: servers, etcdPrefix } = config;
  if (!/^\/[^\0]*[^/]$/.test(etcdPrefix)) {
    throw new UsageError(`--etcd-prefix=${etcdPrefix}: must begin with / and not end with it`);
  }
  if ((config.etcdCertfile === undefined) !== (config.etcdKeyfile === undefined)) {
    throw new UsageError('--etcd-certfile and --etcd-keyfile need each other');
  }
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));
  const tls = {
    ca: read(config.etcdCafile),
    cert: read(config.etcdCertfile),
    key: read(config.etcdKeyfile),
  };
  return openEtcdStore({ servers, tls, prefix: { ours: '/registry', theirs: etcdPrefix } });
}
