/**
 * Decides the next steps of a StatefulSet: pods that are missing, too many, over or old. One at a
 * time where the order counts, all at once where the set says so. Pure.
 */
import type { ControllerRevision, StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.generated.ts';
import type { OwnerReference } from '../../api/types/meta-v1.generated.ts';
import { isActive } from '../pods.ts';
import { templateOf } from '../revisions/plan.ts';
import { isSameOwners, isStale, ownersOf } from './claims.ts';
import { isAvailable, isHealthy } from './health.ts';
import { claimsOf, identityLabels, isWanted, makePod, ordinalOf, ordinalsOf } from './identity.ts';
import { planUpdate } from './update.ts';

export interface Observed {
  readonly set: StatefulSet;
  /** Its own pods. */
  readonly pods: readonly Pod[];
  /** Of its namespace, by name. */
  readonly claim: (name: string) => PersistentVolumeClaim | undefined;
  /** The state that the set had before the present change, and the one that it should get. */
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly nowMs: number;
}

export type Step =
  | {
      readonly kind: 'create';
      readonly pod: Pod;
      readonly claims: readonly PersistentVolumeClaim[]; // Those that are missing.
    }
  | { readonly kind: 'delete'; readonly pod: Pod; readonly why: Why }
  /** A pod that waits for claims which somebody has removed. */
  | {
      readonly kind: 'claim';
      readonly pod: Pod;
      readonly claims: readonly PersistentVolumeClaim[];
    }
  | {
      readonly kind: 'own';
      readonly claim: PersistentVolumeClaim;
      readonly owners: readonly OwnerReference[];
    }
  | { readonly kind: 'label'; readonly pod: Pod; readonly labels: Record<string, string> };

export type Why = 'scaled' | 'updated' | 'Failed' | 'Succeeded';

/** Steps of one kind of work; `isBlocked` when nothing may follow them. */
interface Stage {
  readonly steps: readonly Step[];
  readonly isBlocked: boolean;
}

export function planStatefulSet(observed: Observed): readonly Step[] {
  const { set } = observed;
  if (set.metadata?.deletionTimestamp) return [];
  const { slots, condemned } = arrange(observed);
  const kept = planKept(observed, slots);
  const leaving = condemned.flatMap((pod) => planOwners(observed, pod, true));
  if (kept.isBlocked) return [...kept.steps, ...leaving];
  const gone = planCondemned(observed, condemned);
  const before = [...kept.steps, ...leaving, ...gone.steps];
  return gone.isBlocked ? before : [...before, ...planUpdate(observed, slots)];
}

const burstMax = 500; // Places beyond the last pod that are looked at in one run.

/** One place for each ordinal that is wanted. */
export interface Slot {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

/** The condemned with the highest ordinal first: they go from there. */
function arrange({ set, pods }: Observed): { slots: Slot[]; condemned: Pod[] } {
  const range = ordinalsOf(set);
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const living = [...byOrdinal.keys()].filter(
    (each) => each !== undefined && isWanted(each, range),
  );
  const top = Math.max(range.start - 1, ...(living as number[])) + burstMax;
  const length = Math.min(range.end, top) - range.start;
  const slots = Array.from({ length }, (_, i) => ({
    ordinal: range.start + i,
    pod: byOrdinal.get(range.start + i),
  }));
  const condemned = [...byOrdinal]
    .flatMap(([ordinal, pod]) =>
      ordinal !== undefined && !isWanted(ordinal, range) ? [{ ordinal, pod }] : [],
    )
    .sort((a, b) => b.ordinal - a.ordinal)
    .map(({ pod }) => pod);
  return { slots, condemned };
}

const isOrdered = ({ spec }: StatefulSet): boolean => spec?.podManagementPolicy !== 'Parallel';

/** In order, each pod must be available before anything is done about the next. */
function planKept(observed: Observed, slots: readonly Slot[]): Stage {
  const steps: Step[] = [];
  for (const slot of slots) {
    const { pod } = slot;
    steps.push(...planSlot(observed, slot));
    const isSettled = pod && isHealthy(pod) && isAvailable(observed, pod);
    if (isOrdered(observed.set) && !isSettled) return { steps, isBlocked: true };
  }
  return { steps, isBlocked: false };
}

function planSlot(observed: Observed, { ordinal, pod }: Slot): Step[] {
  const { set } = observed;
  if (!pod) return planMissing(observed, ordinal);
  if (pod.metadata?.deletionTimestamp) return [];
  if (!isActive(pod)) {
    return [{ kind: 'delete', pod, why: pod.status?.phase === 'Failed' ? 'Failed' : 'Succeeded' }];
  }
  const labels = identityLabels(set, ordinal);
  const isLabeled = Object.entries(labels).every(([k, v]) => pod.metadata?.labels?.[k] === v);
  const claims = pod.status?.phase === 'Pending' ? missingClaims(observed, ordinal) : [];
  return [
    ...(isLabeled ? [] : [{ kind: 'label' as const, pod, labels }]),
    ...(claims.length > 0 ? [{ kind: 'claim' as const, pod, claims }] : []),
    ...planOwners(observed, pod, false),
  ];
}

/** While an old claim is on its way out, its pod waits: its end brings us back. */
function planMissing(observed: Observed, ordinal: number): Step[] {
  const { set, claim, current, update } = observed;
  const revision = isHeldBack(set, ordinal) ? current : update;
  const pod = makePod(set, ordinal, {
    template: templateOf(revision),
    revision: revision.metadata?.name ?? '',
  });
  const podName = pod.metadata?.name ?? '';
  const isWaiting = claimsOf(set, ordinal).some(({ metadata }) => {
    const known = claim(metadata?.name ?? '');
    return known && isStale(known, podName);
  });
  if (isWaiting) return [];
  const claims = missingClaims(observed, ordinal);
  const owned = claimsOf(set, ordinal).flatMap(({ metadata }) => {
    const known = claim(metadata?.name ?? '');
    return known ? ownStep(observed, known, { pod: undefined, isLeaving: false }) : [];
  });
  return [...owned, { kind: 'create', pod, claims }];
}

/** Below the partition a pod comes back as it was; without one, where the update has not come. */
function isHeldBack({ spec, status }: StatefulSet, ordinal: number): boolean {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  const first = spec?.ordinals?.start ?? 0;
  const count = rollingUpdate ? (rollingUpdate.partition ?? 0) : (status?.currentReplicas ?? 0);
  return type !== 'OnDelete' && ordinal < first + count;
}

function missingClaims({ set, claim }: Observed, ordinal: number): PersistentVolumeClaim[] {
  return claimsOf(set, ordinal)
    .filter(({ metadata }) => !claim(metadata?.name ?? ''))
    .map((each) => {
      const owners = ownersOf(set, each, { pod: undefined, isLeaving: false });
      if (owners.length === 0) return each;
      return { ...each, metadata: { ...each.metadata, ownerReferences: [...owners] } };
    });
}

function planOwners(observed: Observed, pod: Pod, isLeaving: boolean): Step[] {
  const { set, claim } = observed;
  const ordinal = ordinalOf(set, pod) ?? -1;
  return claimsOf(set, ordinal).flatMap(({ metadata }) => {
    const known = claim(metadata?.name ?? '');
    const isPassed = !known || isStale(known, pod.metadata?.name ?? '', pod.metadata?.uid);
    return isPassed ? [] : ownStep(observed, known, { pod, isLeaving });
  });
}

function ownStep(
  { set }: Observed,
  claim: PersistentVolumeClaim,
  fate: { readonly pod: Pod | undefined; readonly isLeaving: boolean },
): Step[] {
  const owners = ownersOf(set, claim, fate);
  const isSame = isSameOwners(owners, claim.metadata?.ownerReferences);
  return isSame ? [] : [{ kind: 'own', claim, owners }];
}

/** In order: the highest, and the next once it is gone and all below it are well. */
function planCondemned(observed: Observed, condemned: readonly Pod[]): Stage {
  const alive = condemned.filter(({ metadata }) => !metadata?.deletionTimestamp);
  const remove = (pod: Pod) => ({ kind: 'delete' as const, pod, why: 'scaled' as const });
  if (!isOrdered(observed.set)) return { steps: alive.map(remove), isBlocked: false };
  const [highest] = condemned;
  if (!highest) return { steps: [], isBlocked: false };
  if (highest.metadata?.deletionTimestamp) return { steps: [], isBlocked: true };
  // One that is not well may go, unless others below it are not well either.
  const lowestSick = condemned.findLast((pod) => !isHealthy(pod));
  const mayGo = highest === lowestSick || (isHealthy(highest) && isAvailable(observed, highest));
  return { steps: mayGo ? [remove(highest)] : [], isBlocked: true };
}
