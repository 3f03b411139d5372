/** ReplicaSets of changing templates behind one name: rollouts, rollbacks, history. */
import { deployments, pods, replicaSets } from '../../api/resources.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import { hasReason, messageOf } from '../../base/errors.ts';
import { keyOf } from '../../client/keys.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import {
  applyClaims,
  controllerOf,
  controllerReference,
  isControlledBy,
  planClaims,
} from '../owners.ts';
import { isNamespaceEnding } from '../pod-maker.ts';
import { replicasOf } from './limits.ts';
import { type Observed, planDeployment, type Step, splitSets } from './plan.ts';
import { isSameStatus, planStatus } from './status.ts';
import { findNew } from './template.ts';

export const deploymentController: Controller = {
  name: 'deployment-controller',
  watches: watching(deployments, replicaSets, pods),
  start,
};

function start(context: Context): void {
  const { informers } = context;
  const reconciler = createReconciler('deployment', context, async (key) => {
    const recheckMs = await reconcile(context, key);
    if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
  });
  informers.of(deployments).onChange((key) => reconciler.enqueue(key));
  informers.of(replicaSets).onChange((_, object, old) => {
    for (const set of [object, old]) {
      const owner = set && controllerOf(set);
      if (owner?.kind === 'Deployment') {
        reconciler.enqueue(`${set?.metadata?.namespace}/${owner.name}`);
      }
    }
    if (!object || controllerOf(object)) return;
    const namespace = object.metadata?.namespace ?? '';
    for (const each of inNamespace(informers.of(deployments), namespace)) {
      const { adopt } = planClaims(each, each.spec?.selector, [object]);
      if (adopt.length > 0) reconciler.enqueue(keyOf(each));
    }
  });
  // Recreate waits for the end of old pods.
  informers.of(pods).onChange((_, pod, old) => {
    const owner = pod || !old ? undefined : controllerOf(old);
    if (owner?.kind !== 'ReplicaSet') return;
    const set = informers.of(replicaSets).get(`${old?.metadata?.namespace}/${owner.name}`);
    const above = set && controllerOf(set);
    if (above) reconciler.enqueue(`${old?.metadata?.namespace}/${above.name}`);
  });
}

async function reconcile(context: Context, key: string): Promise<number | undefined> {
  const { informers, client, clock } = context;
  const deployment = informers.of(deployments).get(key);
  if (!deployment) return undefined;
  const namespace = deployment.metadata?.namespace ?? '';
  const candidates = inNamespace(informers.of(replicaSets), namespace);
  const claims = planClaims(deployment, deployment.spec?.selector, candidates);
  if (claims.adopt.length + claims.release.length > 0) {
    await applyClaims(client, { resource: deployments, object: deployment }, replicaSets, claims);
    return undefined; // Their changes bring us back.
  }
  const observed: Observed = {
    deployment,
    replicaSets: claims.owned,
    pods: inNamespace(informers.of(pods), namespace),
    nowMs: clock.now(),
  };
  let collisionCount = deployment.status?.collisionCount;
  for (const step of planDeployment(observed)) {
    try {
      if (await apply(context, deployment, step)) collisionCount = (collisionCount ?? 0) + 1;
    } catch (error) {
      if (step.kind === 'create') await tellCreateError(context, observed, step, error);
      throw error;
    }
  }
  const { status, recheckMs } = planStatus({
    deployment,
    sets: splitSets(observed),
    nowMs: observed.nowMs,
    collisionCount,
  });
  await writeStatus(context, deployment, status);
  return recheckMs;
}

async function tellCreateError(
  context: Context,
  { deployment, ...observed }: Observed,
  { replicaSet }: Extract<Step, { readonly kind: 'create' }>,
  error: unknown,
): Promise<void> {
  // Nothing can be made in a namespace that is ending, and nobody needs to hear it.
  if (isNamespaceEnding(error)) return;
  const name = replicaSet.metadata?.name;
  const createError = `Failed to create new replica set "${name}": ${messageOf(error)}`;
  context.recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', createError);
  const { status } = planStatus({
    deployment,
    sets: splitSets({ ...observed, deployment }),
    nowMs: observed.nowMs,
    collisionCount: deployment.status?.collisionCount,
    createError,
  });
  await writeStatus(context, deployment, status);
}

/** Resolves true when the name of a new ReplicaSet is taken by something else. */
async function apply(context: Context, deployment: Deployment, step: Step): Promise<boolean> {
  const { client } = context;
  const { name = '', namespace = '', uid } = deployment.metadata ?? {};
  if (step.kind === 'create') return create(context, deployment, step.replicaSet);
  if (step.kind === 'update') {
    await client.update(replicaSets, step.replicaSet);
    tellScaled(context, deployment, step.from, replicasOf(step.replicaSet));
  } else if (step.kind === 'delete') {
    const { metadata } = step.replicaSet;
    const target = { name: metadata?.name ?? '', namespace };
    const { uid: setUid, resourceVersion } = metadata ?? {};
    const preconditions = {
      ...(setUid && { uid: setUid }),
      ...(resourceVersion && { resourceVersion }),
    };
    await client.delete(replicaSets, target, { preconditions }).catch(ignoreNotFound);
  } else {
    const annotations = { 'deployment.kubernetes.io/revision': step.revision };
    const body = { metadata: { uid, annotations } };
    await client.patch(deployments, { name, namespace }, { type: 'merge', body });
  }
  return false;
}

async function create(
  context: Context,
  deployment: Deployment,
  replicaSet: ReplicaSet,
): Promise<boolean> {
  const { client } = context;
  const ownerReferences = [controllerReference(deployments, deployment)];
  const metadata = { ...replicaSet.metadata, ownerReferences };
  try {
    await client.create(replicaSets, { ...replicaSet, metadata });
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
    // Our cache may only be behind: then it is ours, and of this template.
    const { name = '', namespace = '' } = metadata;
    const live = await client.get(replicaSets, name, namespace);
    return !isControlledBy(live, deployment) || !findNew(deployment, [live]);
  }
  tellScaled(context, deployment, { ...replicaSet, spec: undefined! }, replicasOf(replicaSet));
  return false;
}

/** A patch, since the revision may have been noted on the object a moment ago. */
async function writeStatus(
  { client }: Context,
  deployment: Deployment,
  status: NonNullable<Deployment['status']>,
): Promise<void> {
  if (isSameStatus(status, deployment.status)) return;
  const { name = '', namespace = '', uid } = deployment.metadata ?? {};
  const body = { metadata: { uid }, status };
  const target = { name, namespace };
  await client
    .patch(deployments, target, { type: 'merge', body }, { subresource: 'status' })
    .catch(ignoreNotFound);
}

function tellScaled(
  { recorder }: Context,
  deployment: Deployment,
  from: ReplicaSet,
  to: number,
): void {
  const before = from.spec ? replicasOf(from) : 0;
  if (before === to) return;
  const way = before < to ? 'up' : 'down';
  const message = `Scaled ${way} replica set ${from.metadata?.name} from ${before} to ${to}`;
  recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message);
}

function ignoreNotFound(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
