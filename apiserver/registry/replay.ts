/**
 * The past beyond what memory keeps: changes read again from the store, which forgets only what
 * was compacted. So a client may come back after minutes, and memory stays bounded.
 */
import { hasReason } from '../../base/errors.ts';
import type { Store, StoreEvent } from '../../store/store.ts';
import { Change, tooOld } from './history.ts';
import { fromStore, type Stored } from './stored.ts';

export interface Past {
  /** Of the resource's keys in the store: `/registry/pods/`. */
  readonly base: string;
  /** Changes after this revision … */
  readonly after: number;
  /** … up to this one, which the store has reached. */
  readonly upTo: number;
}

export interface Replayed {
  readonly changes: readonly Change[];
  /** Up to which they are all. */
  readonly revision: number;
}

const pageSize = 1000;
const bytesMax = 64 * 1024 * 1024;

/** @throws StatusError Expired when the store has forgotten it too, or it is too much */
export async function replayChanges(store: Store, past: Past): Promise<Replayed> {
  try {
    const state = await stateAt(store, past);
    return { changes: await changesFrom(store, past, state), revision: past.upTo };
  } catch (error) {
    throw hasReason(error, 'Expired') ? tooOld(past.after, past.upTo) : error;
  }
}

async function stateAt(store: Store, { base, after: revision }: Past) {
  const state = new Map<string, Stored>();
  for (let after = ''; ; ) {
    const page = await store.list({
      prefix: base,
      revision,
      limit: pageSize,
      ...(after !== '' && { after }),
    });
    for (const { key, revision, value } of page.entries) {
      state.set(key, fromStore(key.slice(base.length), revision, value));
    }
    if (!page.more) return state;
    after = page.entries.at(-1)!.key;
  }
}

function changesFrom(store: Store, past: Past, state: Map<string, Stored>): Promise<Change[]> {
  const { base: prefix, after, upTo } = past;
  const changes: Change[] = [];
  let bytes = 0;
  return new Promise<Change[]>((resolve, reject) => {
    const onEvents = (events: readonly StoreEvent[]) => {
      for (const event of events) {
        if (event.revision > upTo) break;
        const change = changeOf(event, prefix, state);
        if (!change) continue;
        changes.push(change);
        bytes += change.current.bytes.length;
      }
      if (bytes <= bytesMax) return;
      watch.close();
      reject(tooOld(after, upTo));
    };
    // The newest change need not be one of a key that is there: so it is not waited for by event.
    const onProgress = (revision: number) => {
      if (revision < upTo) return;
      watch.close();
      resolve(changes);
    };
    const watch = store.watch({ prefix, after, onEvents, onProgress, onError: reject });
  });
}

/** Keeps the state as it was after the event. */
function changeOf(event: StoreEvent, base: string, state: Map<string, Stored>) {
  const { key, value, revision } = event;
  const previous = state.get(key);
  if (value) {
    const current = fromStore(key.slice(base.length), revision, value);
    state.set(key, current);
    return new Change(previous ? 'MODIFIED' : 'ADDED', current, previous, 0);
  }
  if (!previous) return undefined;
  state.delete(key);
  return new Change('DELETED', previous.at(revision), previous, 0);
}
