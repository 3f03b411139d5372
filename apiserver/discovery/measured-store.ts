/** A store whose every answer is timed, under the operations that upstream tells apart. */
import type { Store, Transaction } from '../../store/store.ts';
import type { Metrics } from './metrics.ts';

export function measureStore(store: Store, metrics: Metrics): Store {
  const timed = async <T>(operation: string, key: string, work: Promise<T>): Promise<T> => {
    const begun = performance.now();
    try {
      return await work;
    } finally {
      metrics.observeStore(operation, typeOf(key), (performance.now() - begun) / 1000);
    }
  };
  return {
    get: (key) => timed('get', key, store.get(key)),
    list: (request) => timed('list', request.prefix, store.list(request)),
    transact: (transaction) => {
      const key = transaction.changes[0]?.key ?? '';
      return timed(operationOf(transaction), key, store.transact(transaction));
    },
    watch: (request) => store.watch(request),
    compact: (revision) => timed('compact', '', store.compact(revision)),
    currentRevision: () => store.currentRevision(),
    size: () => store.size(),
    close: () => store.close(),
  };
}

function operationOf({ changes, conditions }: Transaction): string {
  if (changes.length > 1) return 'txn';
  if (changes[0]?.value === undefined) return 'delete';
  return conditions[0]?.revision === 0 ? 'create' : 'update';
}

/** `/registry/pods/default/web` → `pods`. */
const typeOf = (key: string): string => key.split('/', 3)[2] ?? '';
