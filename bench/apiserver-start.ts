/** How soon a server serves that has much in its store. */
import { join } from 'node:path';
import { openSqliteStore } from '../store/sqlite/open.ts';
import { createApiProcess } from '../test/helpers/api-process.ts';

const objects = 100_000;
const objectBytes = 1024;
const rounds = 3;
const atOnce = 1_000;

export async function benchStart(program: readonly string[]): Promise<void> {
  const api = await createApiProcess([], program);
  try {
    console.log(`\nStart on a store of ${objects} ConfigMaps of 1 KB (goal: under 2000 ms)`);
    await api.start();
    await api.kill('SIGTERM');
    const empty = await startMs(api);
    await fill(join(api.folder, 'state.db'));
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await startMs(api));
    const list = times.map((ms) => ms.toFixed(0)).join(', ');
    console.log(`  until ready: ${list} ms; with an empty store ${empty.toFixed(0)} ms`);
  } finally {
    await api.remove();
  }
}

async function startMs(api: Awaited<ReturnType<typeof createApiProcess>>): Promise<number> {
  const begun = performance.now();
  await api.start();
  const ms = performance.now() - begun;
  await api.kill('SIGTERM');
  return ms;
}

async function fill(file: string): Promise<void> {
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = await openSqliteStore({ file, onFatal });
  for (let first = 0; first < objects; first += atOnce) {
    await Promise.all(
      Array.from({ length: atOnce }, (_, index) => {
        const name = `start-${first + index}`;
        const change = { key: `/registry/configmaps/default/${name}`, value: configMap(name) };
        return store.transact({ conditions: [], changes: [change] });
      }),
    );
  }
  await store.close();
}

function configMap(name: string): Buffer {
  const uid = '447ad20c-0c85-4508-9bfc-930c03fc1e98';
  const metadata = { name, namespace: 'default', uid, creationTimestamp: '2026-11-22T00:00:00Z' };
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { text: '' } };
  object.data.text = 'x'.repeat(objectBytes - JSON.stringify(object).length);
  return Buffer.from(JSON.stringify(object));
}
