import test from 'ava';
import fc from 'fast-check';
import type { KubeObject, Resource } from '../../api/resource.ts';
import { systemClock } from '../../base/clock.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { openRegistry } from './registry.ts';

const things: Resource = {
  group: 'test',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  namespaced: true,
  verbs: [],
  hasStatus: false,
  columns: [],
};

const write = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  namespace: fc.constantFrom('x', 'x-y', 'z'),
  isDelete: fc.boolean(),
});

test('listed objects and the changes since give the later list; the store says the same', async (t) => {
  const property = fc.asyncProperty(fc.array(write, { maxLength: 30 }), fc.nat(), run);
  await fc.assert(property, { numRuns: 100 });

  async function run(writes: { name: string; namespace: string; isDelete: boolean }[], at: number) {
    const store = createMemoryStore();
    const deps = { store, clock: systemClock, onLost: (error: Error) => t.fail(error.message) };
    const registry = await openRegistry([things], deps);
    const cache = registry.cacheOf(things);
    let listed = new Map<string, number>();
    let from = 0;
    for (const [index, { name, namespace, isDelete }] of writes.entries()) {
      if (index === at % writes.length) {
        listed = new Map(cache.list().map(({ key, revision }) => [key, revision]));
        from = registry.revision;
      }
      const known = cache.get(`${namespace}/${name}`);
      const object: KubeObject = { metadata: { name, namespace } };
      if (isDelete && known) await registry.remove(things, known);
      else if (!isDelete) await registry.put(things, object, known?.revision ?? 0);
    }
    for (const change of cache.since(from)) {
      if (change.type === 'DELETED') listed.delete(change.current.key);
      else listed.set(change.current.key, change.revision);
    }
    const now = cache.list().map(({ key, revision }) => [key, revision] as const);
    t.deepEqual([...listed].sort(), [...now].sort());
    t.deepEqual(
      [...now],
      [...now].sort(([a], [b]) => (a < b ? -1 : 1)),
      'in the order of keys',
    );
    const twin = await openRegistry([things], deps);
    t.deepEqual(
      twin
        .cacheOf(things)
        .list()
        .map(({ bytes }) => bytes.toString()),
      cache.list().map(({ bytes }) => bytes.toString()),
    );
    registry.close();
    twin.close();
    await store.close();
  }
});
