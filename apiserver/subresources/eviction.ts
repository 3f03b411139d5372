/** pods/eviction: a delete that asks the pod's disruption budget first. */
import { matchesLabelSelector } from '../../api/labels.ts';
import type { KubeObject, Resource } from '../../api/resource.ts';
import { pods } from '../../api/resources/pod.ts';
import { podDisruptionBudgets } from '../../api/resources/pod-disruption-budget.ts';
import type { Pod, PodCondition } from '../../api/types/core-v1.generated.ts';
import type { Eviction, PodDisruptionBudget } from '../../api/types/policy-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { badRequest, conflict, modified, notFound } from '../errors.ts';
import { decodeBody, isObject, readBytes } from '../http/body.ts';
import { sendValue } from '../http/object-answer.ts';
import { keyOf } from '../registry/registry.ts';
import type { Stored } from '../registry/stored.ts';
import { deleteObject } from '../write/delete-object.ts';
import { type DeleteOptions, deleteOptionsOf } from '../write/delete-options.ts';
import { admissionOf, dryRunOf, passPlugins, settle, type Writer } from '../write/store-object.ts';
import { isFree, isUnguarded, planDisruption, tooMany } from './plan-eviction.ts';

const attemptsMax = 20;
const podResource = pods as unknown as Resource;
const budgetResource = podDisruptionBudgets as unknown as Resource;

export const evict: Verb = async (call, server) => {
  const { info, resource, user, warnings } = call;
  const eviction = await readEviction(call);
  const options = optionsOf(eviction, info.query);
  const { dryRun } = options;
  const writer = { resource, info, user, dryRun, warnings };
  const passage = server.admission.start(admissionOf(writer, 'CREATE', eviction as KubeObject));
  await settle(passage, dryRun, async () => {
    const waiting = passPlugins(passage, () => {});
    if (waiting) await waiting;
    await evictPod(server, writer, options);
    return true;
  });
  await sendValue(call, 201, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  });
};

async function readEviction({ info, request }: Call): Promise<Eviction> {
  const type = request.headers['content-type'] ?? '';
  const { value } = decodeBody(await readBytes(request), type);
  const { kind, apiVersion, metadata } = (isObject(value) ? value : {}) as Eviction;
  const isKnown = apiVersion === 'policy/v1' || apiVersion === 'policy/v1beta1';
  if (kind !== 'Eviction' || !isKnown) throw badRequest('the body must be a policy/v1 Eviction');
  if (metadata?.name !== info.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  if (metadata.namespace && metadata.namespace !== info.namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  return value as Eviction;
}

function optionsOf({ deleteOptions }: Eviction, query: URLSearchParams): DeleteOptions {
  const asked = dryRunOf(query.getAll('dryRun'));
  const options = deleteOptionsOf(deleteOptions, new URLSearchParams());
  const isSaidInside = (deleteOptions?.dryRun?.length ?? 0) > 0;
  return isSaidInside ? options : { ...options, dryRun: asked };
}

/** Who names the revision does not want another; else a pod that changes meanwhile is read again. */
async function evictPod(server: Machinery, writer: Writer, options: DeleteOptions): Promise<void> {
  const { name, namespace } = writer.info;
  const pod = await readPod(server, name, namespace);
  if (isUnguarded(pod.object as Pod)) {
    // One that is about to begin may serve in a moment: then it is guarded.
    const isStarting = (pod.object as Pod).status?.phase === 'Pending';
    return deletePod(server, writer, isStarting ? atRevision(options, pod) : options);
  }
  const budget = budgetOf(server, pod.object as Pod);
  if (!budget) return deletePod(server, writer, options);
  if (!isFree(pod.object as Pod, budget)) {
    await takeDisruption(server, { budget, podName: name, dryRun: options.dryRun });
    return deletePod(server, writer, options);
  }
  try {
    await deletePod(server, writer, atRevision(options, pod));
  } catch (error) {
    // It has changed, and may be ready now: whoever asks again is answered anew.
    const isOurs = options.resourceVersion === undefined && isConflict(error);
    throw isOurs ? tooMany(processed(budget), 10) : error;
  }
}

const processed = ({ metadata }: PodDisruptionBudget) =>
  `The disruption budget ${metadata?.name} is still being processed by the server.`;

const isConflict = (error: unknown) => error instanceof StatusError && error.reason === 'Conflict';

const atRevision = (options: DeleteOptions, { revision }: Stored): DeleteOptions => ({
  ...options,
  resourceVersion: options.resourceVersion ?? String(revision),
});

async function readPod({ registry }: Machinery, name: string, namespace: string): Promise<Stored> {
  await registry.fresh();
  const stored = registry.cacheOf(podResource).get(keyOf(podResource, name, namespace));
  if (!stored) throw notFound(podResource, name);
  return stored;
}

/** @throws StatusError InternalError when there are several */
function budgetOf({ registry }: Machinery, { metadata }: Pod): PodDisruptionBudget | undefined {
  const found = registry
    .list(podDisruptionBudgets, metadata?.namespace)
    .filter(({ spec }) => matchesLabelSelector(spec?.selector, metadata?.labels));
  if (found.length <= 1) return found[0];
  throw new StatusError(
    'InternalError',
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  );
}

interface Taking {
  readonly budget: PodDisruptionBudget;
  readonly podName: string;
  readonly dryRun: boolean;
}

/** @throws StatusError TooManyRequests, Forbidden; Timeout when others are always faster */
async function takeDisruption(
  { registry, clock }: Machinery,
  { budget, podName, dryRun }: Taking,
): Promise<void> {
  const { name = '', namespace } = budget.metadata ?? {};
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const stored = registry
      .cacheOf(budgetResource)
      .get(keyOf(budgetResource, name, namespace ?? ''));
    if (!stored) throw notFound(budgetResource, name);
    const draft = stored.draft() as PodDisruptionBudget;
    draft.status = planDisruption(draft, podName, clock.now());
    if (dryRun || (await registry.put(budgetResource, draft, stored.revision))) return;
    await registry.fresh();
  }
  const message = `couldn't update PodDisruptionBudget "${name}" due to conflicts`;
  throw new StatusError('Timeout', message, { details: { retryAfterSeconds: 10 } });
}

/** Says in the pod why it goes, then lets it. */
async function deletePod(server: Machinery, writer: Writer, asked: DeleteOptions): Promise<void> {
  const { name, namespace } = writer.info;
  const options = asked.dryRun ? asked : await markEvicted(server, writer, asked);
  await deleteObject(server, writer, { name, namespace, options });
}

async function markEvicted(
  server: Machinery,
  { info }: Writer,
  options: DeleteOptions,
): Promise<DeleteOptions> {
  const { registry, clock } = server;
  const { name, namespace } = info;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const pod = await readPod(server, name, namespace);
    checkPreconditions(pod, options);
    const draft = withCondition(pod.draft() as Pod, toTime(clock.now()));
    const written = await registry.put(podResource, draft, pod.revision);
    if (!written) continue;
    // Our own change must not make the delete that follows look late.
    const isPinned = options.resourceVersion !== undefined;
    return isPinned ? { ...options, resourceVersion: String(written.revision) } : options;
  }
  throw modified(podResource, name);
}

function checkPreconditions({ object, revision }: Stored, options: DeleteOptions): void {
  const { name = '', uid } = object.metadata!;
  const check = (what: string, asked: string | undefined, real: string | undefined) => {
    if (asked === undefined || asked === real) return;
    const why = `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${real}`;
    throw conflict(podResource, name, why);
  };
  check('UID', options.uid, uid);
  check('ResourceVersion', options.resourceVersion, String(revision));
}

function withCondition(pod: Pod, now: string): Pod {
  const type = 'DisruptionTarget';
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find((each) => each.type === type);
  const generation = pod.metadata?.generation;
  const condition: PodCondition = {
    type,
    status: 'True',
    ...(generation !== undefined && { observedGeneration: generation }),
    lastTransitionTime: before?.status === 'True' ? before.lastTransitionTime! : now,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const others = conditions.filter((each) => each.type !== type);
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}
