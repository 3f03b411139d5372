/** Which pods of an old template go now, and where a new one comes beside them. Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isActive } from '../pods.ts';
import { isAlive, isAvailable, isFresh, type Observed, type Place } from './places.ts';

export interface Moves {
  readonly create: readonly string[];
  readonly delete: readonly Pod[];
}

export function planRolling(observed: Observed, places: readonly Place[]): Moves {
  const { type } = observed.set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return { create: [], delete: [] };
  const wanted = places.filter(({ fit }) => fit.shouldRun);
  const max = limitsOf(observed, wanted.length);
  const pairs = wanted.map((place) => pairOn(observed, place));
  return max.surge > 0
    ? planSurge(observed, pairs, max.surge)
    : { create: [], delete: planInPlace(observed, pairs, max.unavailable) };
}

interface Pair {
  readonly node: string;
  readonly fresh: Pod | undefined;
  readonly old: Pod | undefined;
  /** More of a kind than one: they are ended as surplus first. */
  readonly isCrowded: boolean;
}

function pairOn({ hash }: Observed, { node, pods }: Place): Pair {
  const running = pods.filter((pod) => isAlive(pod) && isActive(pod));
  const fresh = running.filter((pod) => isFresh(pod, hash));
  const old = running.filter((pod) => !isFresh(pod, hash));
  const isCrowded = fresh.length > 1 || old.length > 1;
  return { node, fresh: fresh[0], old: old[0], isCrowded };
}

/** Old ones that do not work go in any case, others as long as few enough are missing. */
function planInPlace(observed: Observed, pairs: readonly Pair[], max: number): Pod[] {
  const isOff = (pod: Pod | undefined) => !pod || !isAvailable(observed, pod);
  const olds = pairs.filter(({ fresh, old, isCrowded }) => old && !fresh && !isCrowded);
  const others = pairs.filter((pair) => !olds.includes(pair));
  const missing = others.filter(({ fresh, old, isCrowded }) => isCrowded || old || isOff(fresh));
  const broken = olds.flatMap(({ old }) => (old && isOff(old) ? [old] : []));
  const working = olds.flatMap(({ old }) => (old && !isOff(old) ? [old] : []));
  const spare = Math.max(0, max - missing.length - broken.length);
  return [...broken, ...working.slice(0, spare)];
}

/** An old one goes when the new one beside it is available. */
function planSurge(observed: Observed, pairs: readonly Pair[], max: number): Moves {
  const isOff = (pod: Pod) => !isAvailable(observed, pod);
  const rising = pairs.filter(({ fresh, old, isCrowded }) => {
    return isCrowded || (fresh && old && isOff(fresh));
  });
  const olds = pairs.filter(({ fresh, old, isCrowded }) => old && !fresh && !isCrowded);
  const broken = olds.filter(({ old }) => old && isOff(old));
  const working = olds.filter(({ old }) => old && !isOff(old));
  const spare = Math.max(0, max - rising.length);
  const next = [...broken, ...working.slice(0, spare)];
  const done = pairs.flatMap(({ fresh, old, isCrowded }) =>
    fresh && old && !isCrowded && !isOff(fresh) ? [old] : [],
  );
  return { create: next.map(({ node }) => node), delete: done };
}

/** Shares are of the nodes that should run a pod, rounded up; both zero would get nowhere. */
function limitsOf({ set }: Observed, nodes: number): { surge: number; unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = portion(maxSurge, nodes);
  const unavailable = portion(maxUnavailable, nodes);
  return { surge, unavailable: surge === 0 ? Math.max(1, unavailable) : unavailable };
}

/** Whether, and by how much, two pods may run on a node at one time. */
export function surgeOf({ set, nodes }: Observed): number {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  return type === 'OnDelete' ? 0 : portion(rollingUpdate?.maxSurge ?? 0, nodes.length);
}

function portion(value: number | string, of: number): number {
  if (typeof value === 'number') return value;
  const percent = Number(value.replace(/%$/, ''));
  return Number.isFinite(percent) ? Math.ceil((percent * of) / 100) : 0;
}
