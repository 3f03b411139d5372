/**
 * The store alone: SQLite, and Debian's etcd through our backend and as bare as gRPC lets us, all in
 * one run on one disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcdStore } from '../store/etcd/open.ts';
import { loadRpc } from '../store/etcd/rpc.ts';
import { openSqliteStore } from '../store/sqlite/open.ts';
import type { Store } from '../store/store.ts';
import { startEtcd } from '../test/helpers/etcd.ts';
import { summarise } from './stats.ts';

const value = Buffer.alloc(4096, 'x');
const ms = 2_000;

/** Puts one value under a key that is not there yet. */
type Put = (key: string) => Promise<unknown>;

interface Side {
  readonly name: string;
  readonly put: Put;
}

const putInto =
  (store: Store): Put =>
  (key) =>
    store.transact({ conditions: [{ key, revision: 0 }], changes: [{ key, value }] });

export async function benchStore(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `wherry-bench-${process.pid}-`));
  const etcd = await startEtcd();
  const onFatal = (error: Error) => {
    throw error;
  };
  const sqlite = await openSqliteStore({ file: join(folder, 'state.db'), onFatal });
  const onEtcd = await openEtcdStore({ servers: etcd.urls });
  const bare = (await loadRpc({}))(new URL(etcd.urls[0]!));
  const compare = (key: Buffer) => [{ result: 0, target: 2, key, modRevision: 0 } as const];
  const putBare: Put = (text) => {
    const key = Buffer.from(text);
    const success = [{ requestPut: { key, value } }];
    return bare.call('txn', { compare: compare(key), success }, Date.now() + 10_000);
  };
  try {
    const sides: Side[] = [
      { name: 'SQLite', put: putInto(sqlite) },
      { name: 'etcd, our backend', put: putInto(onEtcd) },
      { name: 'etcd, bare', put: putBare },
    ];
    console.log(
      '\nDurable creates of 4 KB in the store: the same work on each, one after the other',
    );
    for (const writers of [1, 32]) await compareSides(sides, writers);
  } finally {
    await Promise.all([sqlite.close(), onEtcd.close()]);
    bare.close();
    await etcd.remove();
    rmSync(folder, { recursive: true });
  }
}

async function compareSides(sides: readonly Side[], writers: number): Promise<void> {
  const rates = new Map<string, number>();
  for (const { name, put } of sides) {
    const latencies: number[] = [];
    const begun = performance.now();
    const write = async (writer: number) => {
      for (let turn = 0; performance.now() - begun < ms; turn++) {
        const asked = performance.now();
        await put(`/bench/${writers}/${writer}/${turn}`);
        latencies.push(performance.now() - asked);
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    const rate = latencies.length / ((performance.now() - begun) / 1000);
    rates.set(name, rate);
    const { p50, p99 } = summarise(latencies);
    const times = `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
    console.log(
      `  ${`${writers} writers, ${name}`.padEnd(40)}${rate.toFixed(0).padStart(8)}/s  ${times}`,
    );
  }
  const [sqlite, ours, bare] = sides.map(({ name }) => rates.get(name)!);
  const ratio = (a: number, b: number) => (a / b).toFixed(2);
  console.log(
    `    ratios: SQLite/etcd ${ratio(sqlite!, bare!)}, our backend/bare ${ratio(ours!, bare!)}`,
  );
}
