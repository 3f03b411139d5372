/** Watches: what is, then what changes, each change once and in order. */
import { randomInt } from 'node:crypto';
import { hasReason, StatusError } from '../../base/errors.ts';
import { Slices } from '../../base/slices.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { notAcceptable } from '../http/accept.ts';
import { type Change, type ChangeType, eventLine } from '../registry/history.ts';
import type { ResourceCache } from '../registry/resource-cache.ts';
import type { Stored } from '../registry/stored.ts';
import { type Selection, selectionOf } from '../selection.ts';
import { numberParameter } from './revision.ts';
import { answerSink } from './watch-sinks.ts';
import { startOf, type WatchStart } from './watch-start.ts';
import { type OpenSink, WatchStream } from './watch-stream.ts';
import { type View, viewOf } from './watch-view.ts';

/** About once a minute a client learns how far it has come, though nothing happened for it. */
const bookmarkMs = 60_000;
/** Longer than anybody waits, shorter than timers go wrong. */
const secondsMax = 1_000_000;

export const watch: Verb = async (call, server) => {
  if (call.format.encoding === 'yaml') throw notAcceptable();
  await prepareWatch(call, server)(answerSink(call, 'application/json'));
};

type Watched = Pick<Call, 'info' | 'resource' | 'format'>;

/**
 * Checks what is asked for; the returned function begins, and resolves at the end of the watch.
 * @throws StatusError
 */
export function prepareWatch(call: Watched, server: Machinery): (open: OpenSink) => Promise<void> {
  const { info, resource } = call;
  const start = startOf(info.query);
  const selection = selectionOf(resource, info);
  const view = viewOf(call, server.clock);
  const wanted = numberParameter(info.query, 'timeoutSeconds');
  const seconds = Math.min(wanted || randomInt(1800, 3600), secondsMax);
  return async (open) => {
    const stop = new AbortController();
    const onStopping = () => stop.abort();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    server.stopping.addEventListener('abort', onStopping);
    const onClose = () => {
      stop.abort();
      server.stopping.removeEventListener('abort', onStopping);
      resolve();
    };
    const count = server.metrics?.watchCounter(info) ?? (() => {});
    const stream = new WatchStream({ open, onClose, count });
    const { signal } = stop;
    await run({ call, server, start, selection, view, stream, signal, ms: seconds * 1000 });
    stop.abort();
    stream.end();
    return closed;
  };
}

interface Watching {
  readonly call: Watched;
  readonly server: Machinery;
  readonly start: WatchStart;
  readonly selection: Selection;
  readonly view: View;
  readonly stream: WatchStream;
  readonly signal: AbortSignal;
  readonly ms: number;
}

async function run(watching: Watching): Promise<void> {
  const { stream, signal } = watching;
  let end: (() => void) | undefined;
  try {
    const time = keepTime(watching, () => end !== undefined);
    end = await begin(watching);
    await time;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (!signal.aborted) stream.send(eventLine('ERROR', Buffer.from(JSON.stringify(error))));
  } finally {
    end?.();
  }
}

/** The last bookmark comes right before the end: the client goes on from there. */
async function keepTime({ ms, ...watching }: Watching, isLive: () => boolean): Promise<void> {
  const { start, view, stream, server, signal } = watching;
  const step = start.hasBookmarks ? bookmarkMs : ms;
  for (let left = ms; left > 0; left -= step) {
    await server.clock.sleep(Math.min(left, step), signal);
    if (signal.aborted) return;
    // As long as the past is still being sent, the client does not know all up to now.
    if (!start.hasBookmarks || !isLive()) continue;
    stream.send(view.bookmark(String(server.registry.revision)));
  }
}

/** Sends what is and what was, up to now; from then on each change as it comes. Returns the end. */
async function begin(watching: Watching): Promise<() => void> {
  const { server, call, start, selection, view, stream } = watching;
  const { registry } = server;
  if (start.isNewest) await registry.fresh();
  await registry.reach(start.revision);
  const cache = registry.cacheOf(call.resource);
  let from = start.revision === 0 ? registry.revision : start.revision;
  if (start.isWithInitial) {
    from = registry.revision;
    await sendInitial(watching, cache.list(selection.prefix));
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    if (start.isMarked) stream.send(view.bookmark(String(from), annotations));
  }
  const onChange = (change: Change) => {
    if (!change.current.key.startsWith(selection.prefix)) return;
    const type = typeFor(change, selection.test);
    if (type) stream.send(view.change(change, type));
  };
  while (stream.isOpen) {
    const changes = changesSince(cache, from);
    if (changes) {
      const some = firstOf(changes);
      for (const change of some) onChange(change);
      // In the same turn, so that nothing falls between.
      if (some.length === changes.length) return cache.listen(onChange, selection.only);
      from = some.at(-1)!.revision;
    } else {
      const past = await registry.replay(call.resource, from);
      for (const change of past.changes) onChange(change);
      from = past.revision;
    }
    await stream.room();
  }
  return () => {};
}

/** As it was when the watch began: the array is a copy, and objects never change. */
async function sendInitial({ stream, selection, view }: Watching, all: readonly Stored[]) {
  const slices = new Slices();
  for (const stored of all) {
    if (!stream.isOpen) return;
    if (!selection.test || selection.test(stored)) stream.send(view.added(stored));
    if (!slices.isOver) continue;
    await stream.room();
    await slices.next();
  }
}

/** Undefined when memory has forgotten them. */
function changesSince(cache: ResourceCache, revision: number): Change[] | undefined {
  try {
    return cache.since(revision);
  } catch (error) {
    if (hasReason(error, 'Expired')) return undefined;
    throw error;
  }
}

const batch = 500;

/** About as many as are sent in one turn; those of one revision stay together. */
function firstOf(changes: readonly Change[]): readonly Change[] {
  let end = batch;
  while (end < changes.length && changes[end]!.revision === changes[end - 1]!.revision) end += 1;
  return changes.slice(0, end);
}

/** To a selector, an object that changes may come, stay or go. */
function typeFor(change: Change, test: Selection['test']): ChangeType | undefined {
  if (!test) return change.type;
  const isIn = change.type !== 'DELETED' && test(change.current);
  const wasIn = change.previous !== undefined && test(change.previous);
  if (isIn) return wasIn ? 'MODIFIED' : 'ADDED';
  return wasIn ? 'DELETED' : undefined;
}
