/** Decides on which nodes a DaemonSet makes a pod, and which of its pods go. Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isActive, isReady } from '../pods.ts';
import { arrange, isAlive, isAvailable, isFresh, type Observed, type Place } from './places.ts';
import { planRolling, surgeOf } from './rolling.ts';

const burstMax = 250; // Of pods created or deleted in one run.

export interface Change {
  /** Names of nodes. */
  readonly create: readonly string[];
  readonly delete: readonly Pod[];
  /** Pods that are over: a new one comes once they are gone. */
  readonly over: readonly Pod[];
}

export function planDaemonSet(observed: Observed): Change {
  const { set } = observed;
  if (set.metadata?.deletionTimestamp) return { create: [], delete: [], over: [] };
  const { places, lost } = arrange(observed);
  const kept = places.map((place) => planPlace(observed, place));
  const rolling = planRolling(observed, places);
  const gone = [...lost, ...kept.flatMap((each) => each.delete), ...rolling.delete];
  const fresh = [...kept.flatMap((each) => each.create), ...rolling.create];
  return {
    create: [...new Set(fresh)].slice(0, burstMax),
    delete: [...new Set(gone)].slice(0, burstMax),
    over: kept.flatMap((each) => each.over),
  };
}

function planPlace(observed: Observed, { node, fit, pods }: Place): Change {
  const alive = pods.filter(isAlive);
  if (!fit.mayStay) return { create: [], delete: alive, over: [] };
  const running = alive.filter(isActive);
  // One that ends is waited for, unless two may run at one time.
  const isFree = pods.length === 0 || (alive.length === 0 && surgeOf(observed) > 0);
  return {
    create: fit.shouldRun && isFree ? [node] : [],
    delete: surgeOf(observed) > 0 ? planPair(observed, running) : running.slice(1),
    over: alive.filter((pod) => !isActive(pod)),
  };
}

/** The oldest of the new template beside the oldest of an old one, until the new one works. */
function planPair(observed: Observed, running: readonly Pod[]): Pod[] {
  const fresh = running.find((pod) => isFresh(pod, observed.hash));
  const old = running.find((pod) => !isFresh(pod, observed.hash));
  const extra = running.filter((pod) => pod !== fresh && pod !== old);
  const isReplaced = fresh && old && (!isReady(old) || isAvailable(observed, fresh));
  return isReplaced ? [...extra, old] : extra;
}
