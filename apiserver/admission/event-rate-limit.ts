/** Keeps a component that reports too much from filling the store with events. */
import type { Event as CoreEvent } from '../../api/types/core-v1.generated.ts';
import type { Clock } from '../../base/clock.ts';
import { StatusError, UsageError } from '../../base/errors.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../request.ts';

interface Options {
  readonly clock: Clock;
  readonly configs?: ReadonlyMap<string, unknown>;
}

const keyOf = {
  Server: () => '',
  Namespace: ({ info }: AdmissionRequest) => info.namespace,
  User: ({ user }: AdmissionRequest) => user.name,
  SourceAndObject: ({ object }: AdmissionRequest) => {
    const { source, reportingComponent, involvedObject: about } = object as CoreEvent;
    const { kind, namespace, name, uid, apiVersion } = about ?? {};
    const by = [source?.component ?? reportingComponent, source?.host];
    return [...by, kind, namespace, name, uid, apiVersion].join('');
  },
} as const;

type LimitType = keyof typeof keyOf;

interface Limit {
  readonly type: LimitType;
  readonly qps: number;
  readonly burst: number;
  /** How many keys are remembered. */
  readonly cacheSize: number;
}

/** @throws UsageError for a configuration without sensible limits */
export function createEventRateLimit({ clock, configs }: Options): AdmissionPlugin {
  const enforcers = readLimits(configs?.get('EventRateLimit')).map((limit) => ({
    limit,
    buckets: new Buckets(limit, clock),
  }));
  return {
    name: 'EventRateLimit',
    validate(request) {
      const { resource, operation, dryRun, info } = request;
      if (resource.plural !== 'events' || info.subresource || dryRun) return undefined;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
      // Every limit counts the event, also behind one that refuses it.
      const refusing = enforcers.filter(({ limit, buckets }) => {
        return !buckets.take(keyOf[limit.type](request));
      });
      if (refusing.length === 0) return undefined;
      const reached = refusing.map(({ limit: { type } }) => {
        const key = keyOf[type](request);
        return `limit reached on type ${type} for key ${key}`;
      });
      const message = reached.length === 1 ? reached[0] : `[${reached.join(', ')}]`;
      throw new StatusError('TooManyRequests', message!, { details: { retryAfterSeconds: 1 } });
    },
  };
}

/** A token bucket for each key; the keys that were not asked for longest are forgotten first. */
class Buckets {
  readonly #limit: Limit;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, { tokens: number; at: number }>();

  constructor(limit: Limit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  take(key: string): boolean {
    const { qps, burst, cacheSize } = this.#limit;
    const now = this.#clock.now();
    const bucket = this.#byKey.get(key) ?? { tokens: burst, at: now };
    this.#byKey.delete(key); // Back in as the newest.
    this.#byKey.set(key, bucket);
    if (this.#byKey.size > cacheSize) this.#byKey.delete(this.#byKey.keys().next().value!);
    bucket.tokens = Math.min(burst, bucket.tokens + (qps * (now - bucket.at)) / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function readLimits(given: unknown): Limit[] {
  const { limits } = (given ?? {}) as { limits?: Partial<Limit>[] };
  if (!Array.isArray(limits) || limits.length === 0) {
    throw new UsageError('EventRateLimit: limits: Invalid value: must not be empty');
  }
  return limits.map(({ type, qps = 0, burst = 0, cacheSize = 4096 }, index) => {
    const types = Object.keys(keyOf);
    if (!type || !types.includes(type)) {
      throw new UsageError(
        `EventRateLimit: limits[${index}].type: must be one of ${types.join(', ')}`,
      );
    }
    if (!(qps > 0 && burst > 0 && cacheSize > 0)) {
      const fields = 'qps, burst and cacheSize';
      throw new UsageError(`EventRateLimit: limits[${index}]: ${fields} must be positive`);
    }
    return { type, qps, burst, cacheSize };
  });
}
