import test, { type ExecutionContext } from 'ava';
import { startEtcd, type TestEtcd } from '../../test/helpers/etcd.ts';
import type { Store } from '../store.ts';
import { runSuite } from '../suite.ts';
import { openEtcdStore } from './open.ts';

let etcd: TestEtcd;
let count = 0;

test.before(async () => {
  etcd = await startEtcd();
});
test.after.always(() => etcd?.remove());

/** Each test has a place of its own in the one etcd. */
async function open(t: ExecutionContext): Promise<Store> {
  const prefix = { ours: '', theirs: `/suite-${count++}/` };
  const store = await openEtcdStore({ servers: etcd.urls, prefix });
  t.teardown(() => store.close());
  return store;
}

runSuite('etcd', open, test.serial);
