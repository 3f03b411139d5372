/** The stores that an API server may stand on, each opened for one test and removed with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openEtcdStore } from '../../store/etcd/open.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import type { Store } from '../../store/store.ts';
import type { TestEtcd } from './etcd.ts';

export type Backend = 'memory' | 'sqlite' | 'etcd';

/** Opens the same state again and again; only of etcd more than one at a time. */
export type OpenAgain = () => Promise<Store>;

let count = 0;

/** Each call has a state of its own: `etcd` is shared, under prefixes that differ. */
export function createBackend(t: ExecutionContext, backend: Backend, etcd: TestEtcd): OpenAgain {
  if (backend === 'memory') return async () => createMemoryStore();
  if (backend === 'etcd') {
    const prefix = { ours: '/registry', theirs: `/state-${count++}` };
    return () => openEtcdStore({ servers: etcd.urls, prefix });
  }
  const folder = mkdtempSync(join(tmpdir(), `wherry-state-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const onFatal = (error: Error) => t.fail(error.message);
  return () => openSqliteStore({ file: join(folder, 'state.db'), onFatal });
}
