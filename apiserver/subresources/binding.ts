/** pods/binding: the one way a pod gets its node. */

import type { KubeObject, Resource } from '../../api/resource.ts';
import { pods } from '../../api/resources.ts';
import type { Binding, Pod, PodCondition } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import type { Machinery, Verb } from '../call.ts';
import { badRequest, modified, notFound } from '../errors.ts';
import { decodeBody, isObject, readBytes } from '../http/body.ts';
import { sendValue } from '../http/object-answer.ts';
import { keyOf } from '../registry/registry.ts';
import { admissionOf, dryRunOf, passPlugins, settle } from '../write/store-object.ts';

const attemptsMax = 8;
const podResource = pods as unknown as Resource;

export const bind: Verb = async (call, server) => {
  const { info, request, resource, user, warnings } = call;
  const body = decodeBody(await readBytes(request), request.headers['content-type'] ?? '').value;
  if (!isObject(body)) throw badRequest('the body must be a Binding');
  const binding = body as unknown as Partial<Binding>;
  const dryRun = dryRunOf(info.query.getAll('dryRun'));
  const place = { name: info.name || (binding.metadata?.name ?? ''), namespace: info.namespace };
  const writer = { resource, info: { ...info, name: place.name }, user, dryRun, warnings };
  const passage = server.admission.start(admissionOf(writer, 'CREATE', binding as KubeObject));
  await settle(passage, dryRun, async () => {
    const waiting = passPlugins(passage, () => {});
    if (waiting) await waiting;
    for (let attempt = 1; !(await bindOnce(server, { binding, place, dryRun })); attempt++) {
      if (attempt === attemptsMax) throw modified(podResource, place.name);
    }
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

interface Wanted {
  readonly binding: Partial<Binding>;
  readonly place: { readonly name: string; readonly namespace: string };
  readonly dryRun: boolean;
}

async function bindOnce({ registry, clock }: Machinery, { binding, place, dryRun }: Wanted) {
  await registry.fresh();
  const { name, namespace } = place;
  const current = registry.cacheOf(podResource).get(keyOf(podResource, name, namespace));
  if (!current) throw notFound(podResource, name);
  const draft = current.draft() as Pod;
  checkBinding(binding, draft);
  assign(draft, binding, toTime(clock.now()));
  if (dryRun) return true;
  return (await registry.put(podResource, draft, current.revision)) !== undefined;
}

/** @throws StatusError */
function checkBinding({ target, metadata }: Partial<Binding>, pod: Pod): void {
  const name = pod.metadata!.name!;
  const refuse = (why: string) =>
    new StatusError('Conflict', `Operation cannot be fulfilled on pods/binding "${name}": ${why}`, {
      details: { name, kind: 'pods/binding' },
    });
  if (target?.kind && target.kind !== 'Node' && target.kind !== 'Minion') {
    throw badRequest(`target.kind: Unsupported value: "${target.kind}": supported values: "Node"`);
  }
  if (!target?.name) throw badRequest('target.name: Required value');
  if (metadata?.uid && metadata.uid !== pod.metadata!.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${metadata.uid}, ` +
        `UID in object meta: ${pod.metadata!.uid}`,
    );
  }
  if (pod.metadata!.deletionTimestamp) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const { nodeName } = pod.spec!;
  if (nodeName) throw refuse(`pod ${name} is already assigned to node "${nodeName}"`);
  if (pod.spec!.schedulingGates?.length) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
}

/** Changes the pod. */
function assign(pod: Pod, { target, metadata }: Partial<Binding>, now: string): void {
  pod.spec!.nodeName = target!.name!;
  const { annotations, labels } = metadata ?? {};
  if (annotations) pod.metadata!.annotations = { ...pod.metadata!.annotations, ...annotations };
  if (labels) pod.metadata!.labels = { ...pod.metadata!.labels, ...labels };
  const scheduled: PodCondition = { type: 'PodScheduled', status: 'True', lastTransitionTime: now };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  pod.status = { ...pod.status, conditions: [...others, scheduled] };
}
