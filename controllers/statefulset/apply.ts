/** Takes the steps of a StatefulSet. Names are given beforehand, so that nothing is made twice. */
import { persistentVolumeClaims, pods } from '../../api/resources.ts';
import type { StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.generated.ts';
import { hasReason, messageOf } from '../../base/errors.ts';
import { keyOf } from '../../client/keys.ts';
import { allAtOnce, inBatches } from '../batches.ts';
import type { Context } from '../controller.ts';
import { isControlledBy } from '../owners.ts';
import { isNamespaceEnding } from '../pod-maker.ts';
import type { Step } from './plan.ts';

export interface Target {
  readonly context: Context;
  readonly set: StatefulSet;
}

/** @throws the first of what went wrong; in a batch, the others are done */
export async function applySteps(target: Target, steps: readonly Step[]): Promise<void> {
  // Whose a claim is must be written before the pod goes that takes it along.
  const owns = steps.filter(({ kind }) => kind === 'own');
  const others = steps.filter(({ kind }) => kind !== 'own');
  const [refused] = await allAtOnce(owns, (step) => applyStep(target, step));
  if (refused !== undefined) throw refused;
  const [error] = await inBatches(others, (step) => applyStep(target, step));
  // Nothing can be made in a namespace that is ending, and nobody needs to hear it.
  if (error !== undefined && !isNamespaceEnding(error)) throw error;
}

async function applyStep(target: Target, step: Step): Promise<void> {
  const { client } = target.context;
  if (step.kind === 'create') {
    await createClaims(target, step.pod, step.claims);
    await createPod(target, step.pod);
  } else if (step.kind === 'claim') {
    await createClaims(target, step.pod, step.claims);
  } else if (step.kind === 'delete') {
    await deletePod(target, step);
  } else if (step.kind === 'own') {
    const { name = '', namespace = '', uid, resourceVersion } = step.claim.metadata ?? {};
    const body = { metadata: { uid, resourceVersion, ownerReferences: step.owners } };
    const claim = { name, namespace };
    await client
      .patch(persistentVolumeClaims, claim, { type: 'merge', body })
      .catch(ignore('NotFound'));
  } else {
    const { name = '', namespace = '', uid } = step.pod.metadata ?? {};
    const body = { metadata: { uid, labels: step.labels } };
    await client
      .patch(pods, { name, namespace }, { type: 'merge', body })
      .catch(ignore('NotFound'));
  }
}

async function createPod({ context, set }: Target, pod: Pod): Promise<void> {
  const { client, recorder } = context;
  const what = `create Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name}`;
  try {
    await client.create(pods, pod);
    recorder.event(set, 'Normal', 'SuccessfulCreate', `${what} successful`);
  } catch (error) {
    if (hasReason(error, 'AlreadyExists')) {
      // Ours, and the cache is behind; or somebody else's, and people should know.
      const live = await client.get(pods, pod.metadata?.name ?? '', pod.metadata?.namespace);
      if (isControlledBy(live, set)) return;
    }
    if (!isNamespaceEnding(error)) {
      recorder.event(set, 'Warning', 'FailedCreate', `${what} failed error: ${messageOf(error)}`);
    }
    throw error;
  }
}

async function createClaims(
  { context, set }: Target,
  pod: Pod,
  claims: readonly PersistentVolumeClaim[],
): Promise<void> {
  const { client, recorder } = context;
  for (const claim of claims) {
    const where = `Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name}`;
    const what = `create Claim ${claim.metadata?.name}`;
    try {
      await client.create(persistentVolumeClaims, claim);
      recorder.event(set, 'Normal', 'SuccessfulCreate', `${what} ${where} success`);
    } catch (error) {
      if (hasReason(error, 'AlreadyExists')) continue;
      const message = `${what} for ${where} failed error: ${messageOf(error)}`;
      if (!isNamespaceEnding(error)) recorder.event(set, 'Warning', 'FailedCreate', message);
      throw error;
    }
  }
}

async function deletePod(
  { context, set }: Target,
  { pod, why }: Extract<Step, { readonly kind: 'delete' }>,
): Promise<void> {
  const { client, recorder } = context;
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  if (why === 'Failed' || why === 'Succeeded') {
    const [type, reason] =
      why === 'Failed'
        ? (['Warning', 'RecreatingFailedPod'] as const)
        : (['Normal', 'RecreatingTerminatedPod'] as const);
    const message = `StatefulSet ${keyOf(set)} is recreating ${why} Pod ${name}`;
    recorder.event(set, type, reason, message);
  }
  const what = `delete Pod ${name} in StatefulSet ${set.metadata?.name}`;
  try {
    await client.delete(pods, { name, namespace }, { preconditions: { uid } });
    recorder.event(set, 'Normal', 'SuccessfulDelete', `${what} successful`);
  } catch (error) {
    // Gone already, or another of the same name now.
    if (hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) return;
    recorder.event(set, 'Warning', 'FailedDelete', `${what} failed error: ${messageOf(error)}`);
    throw error;
  }
}

function ignore(reason: Parameters<typeof hasReason>[1]) {
  return (error: unknown): void => {
    if (!hasReason(error, reason)) throw error;
  };
}
