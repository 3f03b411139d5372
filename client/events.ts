/**
 * Tells people what a component did: Events, as `kubectl describe` shows them. Saying the same
 * again raises the count of the Event that is there; a flood is thinned; nothing here ever throws.
 */
import type { KubeObject } from '../api/resource.ts';
import { events } from '../api/resources.ts';
import type { Event, ObjectReference } from '../api/types/core-v1.generated.ts';
import { type Clock, toTime } from '../base/clock.ts';
import { hasReason, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from './client.ts';

const queueMax = 1000;
const knownMax = 4096;
const similarMax = 10; // Of one reason on one object, within `similarMs`, before they are combined.
const similarMs = 600_000;
const burstMax = 25; // Events on one object; after them one each `refillMs`.
const refillMs = 300_000;
const messageLengthMax = 1024;
const flushMsMax = 2000; // Who stops must not hang on a server that has gone already.

export type EventType = 'Normal' | 'Warning';

export interface Recorder {
  /**
   * Returns at once; the Event is written behind. `about` is an object that carries its kind, or
   * a reference (for a container, with `fieldPath: 'spec.containers{web}'`).
   */
  event(
    about: KubeObject | ObjectReference,
    type: EventType,
    reason: string,
    message: string,
  ): void;
  /** Resolves when all that was said is written or given up; at the latest after two seconds. */
  flush(): Promise<void>;
}

export interface RecorderOptions {
  readonly component: string;
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createRecorder(client: Client, options: RecorderOptions): Recorder {
  const { clock, log } = options;
  const queue: Happening[] = [];
  const memory = new Memory();
  let draining: Promise<void> | undefined;
  const drain = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      try {
        await write(client, memory, next, options);
      } catch (error) {
        log.debug('Lost event', { reason: next.reason, error: messageOf(error) });
      }
    }
    draining = undefined;
  };
  return {
    event(about, type, reason, text) {
      const message = text.slice(0, messageLengthMax);
      const happening = memory.thin({ about: refer(about), type, reason, message }, clock.now());
      if (!happening) return;
      if (queue.length >= queueMax) {
        log.debug('Dropped event, queue is full', { reason });
        return;
      }
      queue.push(happening);
      draining ??= drain();
    },
    async flush() {
      const stop = new AbortController();
      await Promise.race([draining, clock.sleep(flushMsMax, stop.signal)]);
      stop.abort();
    },
  };
}

interface Happening {
  readonly about: ObjectReference;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

interface Known {
  name: string;
  count: number;
}

/** What was said lately, bounded: the oldest is forgotten first. */
class Memory {
  readonly known = new Map<string, Known>();
  readonly #similar = new Map<string, { sinceMs: number; messages: Set<string> }>();
  readonly #tokens = new Map<string, { left: number; atMs: number }>();
  #sequence = 0;

  /** Undefined when this object has had its share; combined when only the message differs. */
  thin(happening: Happening, nowMs: number): Happening | undefined {
    const object = subjectOf(happening);
    const bucket = this.#tokens.get(object) ?? { left: burstMax, atMs: nowMs };
    const refilled = Math.floor((nowMs - bucket.atMs) / refillMs);
    const left = Math.min(burstMax, bucket.left + refilled);
    if (left <= 0) return undefined;
    remember(this.#tokens, object, { left: left - 1, atMs: bucket.atMs + refilled * refillMs });
    const kind = `${object}/${happening.type}/${happening.reason}`;
    let similar = this.#similar.get(kind);
    if (!similar || nowMs - similar.sinceMs > similarMs) {
      similar = { sinceMs: nowMs, messages: new Set() };
    }
    similar.messages.add(happening.message);
    remember(this.#similar, kind, similar);
    if (similar.messages.size <= similarMax) return happening;
    similar.messages.delete(happening.message);
    return { ...happening, message: `(combined from similar events): ${happening.message}` };
  }

  nextName(about: ObjectReference, nowMs: number): string {
    const suffix = (BigInt(nowMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16);
    return `${about.name}.${suffix}`;
  }
}

async function write(
  client: Client,
  memory: Memory,
  happening: Happening,
  options: RecorderOptions,
): Promise<void> {
  const nowMs = options.clock.now();
  const combined = happening.message.startsWith('(combined');
  const identity = `${subjectOf(happening)}/${happening.type}/${happening.reason}/`;
  const key = identity + (combined ? '*' : happening.message);
  const known = memory.known.get(key);
  const namespace = happening.about.namespace || 'default';
  if (known) {
    const { message } = happening;
    const body = { count: known.count + 1, lastTimestamp: toTime(nowMs), message };
    try {
      await client.patch(events, { name: known.name, namespace }, { type: 'merge', body });
      known.count++;
      return;
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error; // The old one has expired: begin anew.
    }
  }
  const name = memory.nextName(happening.about, nowMs);
  await client.create(events, toEvent(happening, { name, namespace, nowMs }, options));
  remember(memory.known, key, { name, count: 1 });
}

function toEvent(
  { about, type, reason, message }: Happening,
  { name, namespace, nowMs }: { name: string; namespace: string; nowMs: number },
  { component, host }: RecorderOptions,
): Event {
  return {
    metadata: { name, namespace },
    involvedObject: about,
    type,
    reason,
    message,
    count: 1,
    firstTimestamp: toTime(nowMs),
    lastTimestamp: toTime(nowMs),
    source: { component, ...(host && { host }) },
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

function refer(about: KubeObject | ObjectReference): ObjectReference {
  if (!('metadata' in about)) return about as ObjectReference;
  const { apiVersion = '', kind = '', metadata = {} } = about;
  const { name = '', namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace && { namespace }),
    ...(uid && { uid }),
    ...(resourceVersion && { resourceVersion }),
  };
}

const subjectOf = ({ about }: Happening) =>
  `${about.kind}/${about.namespace ?? ''}/${about.name}/${about.uid ?? ''}/${about.fieldPath ?? ''}`;

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= knownMax) return;
    map.delete(oldest);
  }
}
