/** What a DaemonSet says about itself. Pure. */
import type { DaemonSetStatus } from '../../api/types/apps-v1.generated.ts';
import { canonical } from '../canonical.ts';
import { availableAtMs, isReady } from '../pods.ts';
import { arrange, isAvailable, isFresh, type Observed } from './places.ts';

export interface StatusPlan {
  /** Undefined when the object says so already. */
  readonly status: DaemonSetStatus | undefined;
  /** When a pod becomes available by the passing of time alone, from now. */
  readonly recheckMs: number | undefined;
}

/** Of several pods on one node the oldest speaks for it. */
export function planStatus(observed: Observed, collisionCount: number): StatusPlan {
  const { set, hash, nowMs } = observed;
  const { places } = arrange(observed);
  const wanted = places.filter(({ fit }) => fit.shouldRun);
  const first = wanted.flatMap(({ pods }) => pods.slice(0, 1));
  const available = first.filter((pod) => isAvailable(observed, pod));
  const { conditions } = set.status ?? {};
  const status: DaemonSetStatus = {
    observedGeneration: set.metadata?.generation ?? 0,
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: first.length,
    numberMisscheduled: places.filter(({ fit, pods }) => !fit.shouldRun && pods.length > 0).length,
    numberReady: first.filter(isReady).length,
    numberAvailable: available.length,
    numberUnavailable: wanted.length - available.length,
    updatedNumberScheduled: first.filter((pod) => isFresh(pod, hash)).length,
    ...(collisionCount > 0 && { collisionCount }),
    ...(conditions && { conditions }),
  };
  const waits = observed.pods.flatMap((pod) => {
    const atMs = availableAtMs(pod, set.spec?.minReadySeconds ?? 0);
    return atMs !== undefined && atMs > nowMs ? [atMs - nowMs] : [];
  });
  return {
    status: plain(status) === plain(set.status) ? undefined : status,
    recheckMs: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}

/** Zero and absent are the same on the wire. */
const plain = (status: object = {}) =>
  canonical(Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0)));
