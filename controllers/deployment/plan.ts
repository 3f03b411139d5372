/**
 * Decides the next step of a deployment: which ReplicaSet is made, resized, annotated or dropped.
 * Pure. The steps of one plan are few on purpose: what follows from them is decided when they show.
 */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isControlledBy } from '../owners.ts';
import { isTerminating } from '../pods.ts';
import { type Limits, limitsOf, replicasOf } from './limits.ts';
import {
  freshAnnotations,
  nextRevision,
  planCleanup,
  revisionAnnotation,
  revisionOf,
  sizeAnnotations,
} from './revision.ts';
import {
  freshSize,
  isScaling,
  planRecreate,
  planRolling,
  planScale,
  type Sets,
  type Sizes,
} from './rolling.ts';
import { isComplete, planStatus } from './status.ts';
import { findNew, hashLabel, hashTemplate } from './template.ts';

export interface Observed {
  readonly deployment: Deployment;
  /** Its own, of every revision. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Pods of its namespace; only Recreate asks for them. */
  readonly pods: readonly Pod[];
  readonly nowMs: number;
}

export type Step =
  /** The name is decided, so that making it twice is impossible. */
  | { readonly kind: 'create'; readonly replicaSet: ReplicaSet }
  /** Size and annotations, against the version that was looked at. */
  | { readonly kind: 'update'; readonly replicaSet: ReplicaSet; readonly from: ReplicaSet }
  | { readonly kind: 'delete'; readonly replicaSet: ReplicaSet }
  | { readonly kind: 'annotate'; readonly revision: string };

export function splitSets({ deployment, replicaSets }: Observed): Sets {
  const fresh = findNew(deployment, replicaSets);
  return { fresh, old: replicaSets.filter((set) => set !== fresh) };
}

export function planDeployment(observed: Observed): Step[] {
  const { deployment } = observed;
  if (deployment.metadata?.deletionTimestamp) return [];
  const limits = limitsOf(deployment);
  const sets = splitSets(observed);
  const isPaused = deployment.spec?.paused === true;
  if (isPaused || isScaling(sets, limits)) {
    const sizes = planScale(sets, limits);
    return resize(sets, sizes, limits, sets.fresh && describeFresh(deployment, sets));
  }
  const isRecreate = deployment.spec?.strategy?.type === 'Recreate';
  const oldPods = isRecreate ? countOldPods(observed, sets) : 0;
  if (!sets.fresh) {
    const isHeld = isRecreate && (oldPods > 0 || sets.old.some((set) => replicasOf(set) > 0));
    if (isHeld) return resize(sets, planRecreate(sets, limits, oldPods), limits, undefined);
    return [{ kind: 'create', replicaSet: makeFresh(deployment, sets.old, limits) }];
  }
  const annotations = describeFresh(deployment, sets);
  const sizes = isRecreate ? planRecreate(sets, limits, oldPods) : planRolling(sets, limits);
  const steps = resize(sets, sizes, limits, annotations);
  const { status } = planStatus({ deployment, sets, nowMs: observed.nowMs, collisionCount: 0 });
  const cleanup = isComplete(deployment, status) ? planCleanup(deployment, sets.old) : [];
  return [
    ...steps,
    ...annotateRevision(deployment, sets.fresh, annotations),
    ...cleanup.map((replicaSet) => ({ kind: 'delete' as const, replicaSet })),
  ];
}

type Annotations = Readonly<Record<string, string>>;

const describeFresh = (deployment: Deployment, { fresh, old }: Sets): Annotations =>
  freshAnnotations(deployment, fresh, nextRevision(old));

/** The new sizes; all that are in use are also marked with the size they were made for. */
function resize(
  { fresh, old }: Sets,
  sizes: Sizes,
  limits: Limits,
  annotations: Annotations | undefined,
): Step[] {
  const marks = sizeAnnotations(limits);
  return [...(fresh ? [fresh] : []), ...old].flatMap((set) => {
    const size = sizes.get(set) ?? replicasOf(set);
    const base = set === fresh && annotations ? annotations : (set.metadata?.annotations ?? {});
    const wanted = size > 0 || set === fresh ? { ...base, ...marks } : base;
    if (size === replicasOf(set) && isSameMap(wanted, set.metadata?.annotations)) return [];
    const replicaSet: ReplicaSet = {
      ...set,
      metadata: { ...set.metadata, annotations: { ...wanted } },
      spec: { ...set.spec!, replicas: size },
    };
    return [{ kind: 'update' as const, replicaSet, from: set }];
  });
}

function makeFresh(deployment: Deployment, old: readonly ReplicaSet[], limits: Limits): ReplicaSet {
  const { metadata, spec, status } = deployment;
  const template = spec!.template;
  const hash = hashTemplate(template, status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const isRecreate = spec?.strategy?.type === 'Recreate';
  const annotations = freshAnnotations(deployment, undefined, nextRevision(old));
  return {
    metadata: {
      name: `${metadata?.name}-${hash}`,
      namespace: metadata?.namespace ?? '',
      labels,
      annotations: { ...annotations, ...sizeAnnotations(limits) },
    },
    spec: {
      replicas: isRecreate ? limits.replicas : freshSize(0, old, limits),
      selector: {
        ...spec!.selector,
        matchLabels: { ...spec!.selector.matchLabels, [hashLabel]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
      ...(spec?.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
    },
  };
}

/** The deployment shows its newest revision: `kubectl rollout history` and `undo` read it. */
function annotateRevision(
  deployment: Deployment,
  fresh: ReplicaSet,
  annotations: Annotations,
): Step[] {
  const revision = annotations[revisionAnnotation] ?? String(revisionOf(fresh));
  if (deployment.metadata?.annotations?.[revisionAnnotation] === revision) return [];
  return [{ kind: 'annotate', revision }];
}

/** Pods of old templates that still run, those that are ending included. */
function countOldPods({ pods }: Observed, { old }: Sets): number {
  return pods.filter((pod) => {
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    return (!isOver || isTerminating(pod)) && old.some((set) => isControlledBy(pod, set));
  }).length;
}

function isSameMap(a: Annotations, b: Annotations | undefined): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b ?? {}).length && names.every((name) => a[name] === b?.[name])
  );
}
