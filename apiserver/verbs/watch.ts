/** Watches: what is, then what changes, each change once and in order. */
import { randomInt } from 'node:crypto';
import { apiVersionOf } from '../../api/resource.ts';
import { StatusError } from '../../base/errors.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { badRequest } from '../errors.ts';
import { notAcceptable } from '../http/accept.ts';
import { includeOf, renderTable, toPartial } from '../http/table.ts';
import { isTrue } from '../path.ts';
import { type Change, type ChangeType, eventLine } from '../registry/history.ts';
import { servedAs } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';
import { type Selection, selectionOf } from '../selection.ts';
import { numberParameter, revisionParameter } from './revision.ts';
import { WatchStream } from './watch-stream.ts';

const bookmarkMs = 60_000;

export const watch: Verb = async (call, server) => {
  if (call.format.encoding === 'yaml') throw notAcceptable();
  const start = startOf(call);
  const selection = selectionOf(call.resource, call.info);
  const seconds = numberParameter(call.info.query, 'timeoutSeconds') || randomInt(1800, 3600);
  const stop = new AbortController();
  const { registry, clock, stopping } = server;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const onStopping = () => stop.abort();
  if (start.isNewest) await registry.fresh();
  stopping.addEventListener('abort', onStopping);
  const stream = new WatchStream(call, () => {
    stop.abort();
    stopping.removeEventListener('abort', onStopping);
    resolve();
  });
  try {
    await registry.reach(start.revision);
    const view = viewOf(call, server);
    const end = begin(server, call, { start, selection, view, stream });
    // The client may have gone while the revision was waited for.
    if (stop.signal.aborted) end();
    else stop.signal.addEventListener('abort', end);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    stream.send(eventLine('ERROR', Buffer.from(JSON.stringify(error))));
    stream.end();
    return closed;
  }
  await clock.sleep(seconds * 1000, stop.signal);
  stop.abort();
  stream.end();
  return closed;
};

interface Start {
  readonly revision: number; // 0: any.
  /** First everything that is, as ADDED. */
  readonly isWithInitial: boolean;
  /** The initial events end with a bookmark that says so. */
  readonly isMarked: boolean;
  readonly isNewest: boolean;
  readonly hasBookmarks: boolean;
}

function startOf({ info: { query } }: Call): Start {
  const wanted = revisionParameter(query);
  const hasBookmarks = isTrue(query.get('allowWatchBookmarks'));
  const initial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (initial !== null && match !== 'NotOlderThan') {
    throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (initial === null && match !== '') {
    throw badRequest('resourceVersionMatch is forbidden for watch unless sendInitialEvents is set');
  }
  if (isTrue(initial) && !hasBookmarks) {
    throw badRequest('sendInitialEvents requires allowWatchBookmarks');
  }
  const isUnset = wanted === undefined || wanted === 0;
  return {
    revision: wanted ?? 0,
    isWithInitial: initial === null ? isUnset : isTrue(initial),
    isMarked: isTrue(initial),
    isNewest: wanted === undefined,
    hasBookmarks,
  };
}

interface Parts {
  readonly start: Start;
  readonly selection: Selection;
  readonly view: View;
  readonly stream: WatchStream;
}

/** From the past to the present in one turn, so that nothing falls between. Returns the end. */
function begin({ registry }: Machinery, { resource }: Call, parts: Parts): () => void {
  const { start, selection, view, stream } = parts;
  const { prefix, test } = selection;
  const cache = registry.cacheOf(resource);
  const bookmark = (annotations?: Record<string, string>) => {
    stream.send(eventLine('BOOKMARK', view.bookmark(String(registry.revision), annotations)));
  };
  const onChange = (change: Change) => {
    if (!change.current.key.startsWith(prefix)) return;
    const type = typeFor(change, test);
    if (type) stream.send(view.change(change, type));
  };
  if (start.isWithInitial) {
    for (const stored of cache.list(prefix)) {
      if (!test || test(stored)) stream.send(view.added(stored));
    }
    if (start.isMarked) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const from = start.revision === 0 ? registry.revision : start.revision;
    for (const change of cache.since(from)) onChange(change);
  }
  const unlisten = cache.listen(onChange);
  const timer = start.hasBookmarks ? setInterval(bookmark, bookmarkMs, undefined) : undefined;
  timer?.unref();
  return () => {
    unlisten();
    clearInterval(timer);
  };
}

/** To a selector, an object that changes may come, stay or go. */
function typeFor(change: Change, test: Selection['test']): ChangeType | undefined {
  if (!test) return change.type;
  const isIn = change.type !== 'DELETED' && test(change.current);
  const wasIn = change.previous !== undefined && test(change.previous);
  if (isIn) return wasIn ? 'MODIFIED' : 'ADDED';
  return wasIn ? 'DELETED' : undefined;
}

/** The lines of a watch in the form that the client wants. */
interface View {
  added(stored: Stored): Buffer;
  change(change: Change, type: ChangeType): Buffer;
  bookmark(revision: string, annotations: Record<string, string> | undefined): Buffer;
}

function viewOf(call: Call, { clock }: Machinery): View {
  const { resource, format, info } = call;
  const mark = (resourceVersion: string, annotations: Record<string, string> | undefined) => ({
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion, creationTimestamp: null, ...(annotations && { annotations }) },
  });
  const toBytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  if (format.as === 'object') {
    return {
      added: (stored) => eventLine('ADDED', servedAs(resource, stored).bytes),
      change: (change, type) =>
        resource.storedAs
          ? eventLine(type, servedAs(resource, change.shown(type)).bytes)
          : change.line(type),
      bookmark: (revision, annotations) => toBytes(mark(revision, annotations)),
    };
  }
  const include = includeOf(info.query);
  let isFirst = true;
  const shape = (stored: Stored) => {
    const { object, revision } = servedAs(resource, stored);
    if (format.as === 'metadata') return toPartial(object);
    const metadata = { resourceVersion: String(revision) };
    const options = { metadata, include, now: clock.now(), withoutColumns: !isFirst };
    isFirst = false;
    return renderTable(resource, [object], options);
  };
  return {
    added: (stored) => eventLine('ADDED', toBytes(shape(stored))),
    change: (change, type) => eventLine(type, toBytes(shape(change.shown(type)))),
    bookmark: (revision, annotations) => {
      const object = mark(revision, annotations) as unknown as Stored['object'];
      if (format.as === 'metadata') return toBytes(toPartial(object));
      const metadata = { resourceVersion: revision };
      const options = { metadata, include, now: clock.now(), withoutColumns: !isFirst };
      isFirst = false;
      const table = renderTable(resource, [], options);
      const row = { cells: resource.columns.map(() => ''), object: toPartial(object) };
      return toBytes({ ...table, rows: [row] });
    },
  };
}
