/** The flags that name an etcd, with upstream's names: the API server and the command line share them. */
import { readFileSync } from 'node:fs';
import { type ConfigOf, type FlagTable, list, optionalText, text } from '../../base/config.ts';
import { UsageError } from '../../base/errors.ts';
import type { EtcdOptions } from './open.ts';

export const etcdFlags = {
  'etcd-servers': list('Keep the state in this etcd instead of a file.', [], 'URL,…'),
  'etcd-cafile': optionalText("Who signs etcd's certificates.", 'FILE'),
  'etcd-certfile': optionalText('Shown to etcd.', 'FILE'),
  'etcd-keyfile': optionalText('The key of that certificate.', 'FILE'),
  'etcd-prefix': text('Where in etcd the keys begin.', '/registry', 'PREFIX'),
} satisfies FlagTable;

/** @throws UsageError for flags that cannot be meant so; Error for a file that cannot be read */
export function etcdOptionsOf(config: ConfigOf<typeof etcdFlags>): EtcdOptions {
  const { etcdServers: servers, etcdPrefix: theirs } = config;
  if (!/^\/[^\0]*[^/\0]$/.test(theirs)) {
    throw new UsageError(`--etcd-prefix=${theirs}: must begin with / and not end with it`);
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
  return { servers, tls, prefix: { ours: '/registry', theirs } };
}
