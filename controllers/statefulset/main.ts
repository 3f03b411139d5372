/** Pods with names, places and volumes of their own, made, updated and ended in order. */
import {
  controllerRevisions,
  persistentVolumeClaims,
  pods,
  statefulSets,
} from '../../api/resources.ts';
import type { ControllerRevision, StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { keyOf } from '../../client/keys.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { applyClaims, controllerOf, isControlledBy, planClaims } from '../owners.ts';
import { claimRevisions, forgetRevisions, writeRevision } from '../revisions/apply.ts';
import { applySteps } from './apply.ts';
import { untilAvailableMs } from './health.ts';
import { ordinalOf, ownsClaim, revisionOf } from './identity.ts';
import { type Observed, planStatefulSet } from './plan.ts';
import { planStatus } from './status.ts';

export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  watches: watching(statefulSets, pods, persistentVolumeClaims, controllerRevisions),
  start,
};

function start(context: Context): void {
  const { informers } = context;
  const sets = informers.of(statefulSets);
  const reconciler = createReconciler('statefulset', context, async (key) => {
    const recheckMs = await reconcile(context, key);
    if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
  });
  sets.onChange((key) => reconciler.enqueue(key));
  const enqueueOwner = (object: Pod | ControllerRevision | undefined) => {
    const owner = object && controllerOf(object);
    if (owner?.kind !== 'StatefulSet') return;
    reconciler.enqueue(`${object?.metadata?.namespace}/${owner.name}`);
  };
  informers.of(controllerRevisions).onChange((_, revision, old) => {
    enqueueOwner(revision);
    enqueueOwner(old);
  });
  informers.of(pods).onChange((_, pod, old) => {
    enqueueOwner(pod);
    enqueueOwner(old);
    if (!pod || controllerOf(pod) || pod.metadata?.deletionTimestamp) return;
    for (const set of inNamespace(sets, pod.metadata?.namespace ?? '')) {
      if (claimsOn(set, [pod]).adopt.length > 0) reconciler.enqueue(keyOf(set));
    }
  });
  // A claim that goes may be what a pod waits for; one that comes changes nothing.
  informers.of(persistentVolumeClaims).onChange((_, claim, old) => {
    if (claim || !old) return;
    for (const set of inNamespace(sets, old.metadata?.namespace ?? '')) {
      if (ownsClaim(set, old)) reconciler.enqueue(keyOf(set));
    }
  });
}

/** An orphan must bear a name of the set's besides its labels. */
const claimsOn = (set: StatefulSet, candidates: readonly Pod[]) =>
  planClaims(
    set,
    set.spec?.selector,
    candidates.filter((pod) => isControlledBy(pod, set) || ordinalOf(set, pod) !== undefined),
  );

async function reconcile(context: Context, key: string): Promise<number | undefined> {
  const { informers, client, clock } = context;
  const set = informers.of(statefulSets).get(key);
  if (!set) return undefined;
  const namespace = set.metadata?.namespace ?? '';
  const claims = claimsOn(set, inNamespace(informers.of(pods), namespace));
  if (claims.adopt.length + claims.release.length > 0) {
    await applyClaims(client, { resource: statefulSets, object: set }, pods, claims);
    return undefined; // Their changes bring us back.
  }
  const states = await readStates(context, set);
  if (!states) return undefined;
  // Read anew: the cache has moved on while the revisions were written.
  const candidates = inNamespace(informers.of(pods), namespace);
  const observed: Observed = {
    set,
    pods: claimsOn(set, candidates).owned.filter((pod) => ordinalOf(set, pod) !== undefined),
    claim: (name) => informers.of(persistentVolumeClaims).get(`${namespace}/${name}`),
    current: states.current,
    update: states.update,
    nowMs: clock.now(),
  };
  try {
    await applySteps({ context, set }, planStatefulSet(observed));
  } finally {
    await writeStatus(context, observed, states.collisionCount);
  }
  const live = new Set([
    ...[states.current, states.update].map(({ metadata }) => metadata?.name ?? ''),
    ...observed.pods.map((pod) => revisionOf(pod) ?? ''),
  ]);
  const limit = set.spec?.revisionHistoryLimit ?? 10;
  await forgetRevisions(context, states.known, { live, limit });
  return untilAvailableMs(observed, observed.pods);
}

interface States {
  readonly known: readonly ControllerRevision[];
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisionCount: number;
}

/** Undefined when others have to be adopted first. */
async function readStates(context: Context, set: StatefulSet): Promise<States | undefined> {
  const owner = { resource: statefulSets, object: set, selector: set.spec?.selector };
  const known = await claimRevisions(context, owner);
  if (!known) return undefined;
  const wanted = {
    template: set.spec?.template ?? {},
    collisionCount: set.status?.collisionCount ?? 0,
    hashLabel: 'controller.kubernetes.io/hash',
  };
  const { revision: update, collisionCount } = await writeRevision(context, owner, wanted, known);
  const current = known.find(({ metadata }) => metadata?.name === set.status?.currentRevision);
  return { known, current: current ?? update, update, collisionCount };
}

async function writeStatus(
  { client }: Context,
  observed: Observed,
  collisionCount: number,
): Promise<void> {
  const status = planStatus(observed, collisionCount);
  if (!status) return;
  await client.update(statefulSets, { ...observed.set, status }, { subresource: 'status' });
}
