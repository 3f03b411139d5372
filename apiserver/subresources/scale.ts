/** The scale subresource: replicas of any resource that declares where they live. */
import { shapeOfObject } from '../../api/apply/shape.ts';
import { misfitsOf, showMisfits } from '../../api/apply/validate.ts';
import { formatLabelSelector } from '../../api/labels.ts';
import { applyPatch } from '../../api/patch/patch.ts';
import { apiVersionOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { typeNamed } from '../../api/schema.ts';
import type { Scale } from '../../api/types/autoscaling-v1.generated.ts';
import type { LabelSelector } from '../../api/types/meta-v1.generated.ts';
import { invalidObject, invalidValue } from '../../api/validation/cause.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { badRequest, notFound } from '../errors.ts';
import { decodeBody, isObject, readBytes } from '../http/body.ts';
import { sendValue } from '../http/object-answer.ts';
import { keyOf } from '../registry/registry.ts';
import type { Stored } from '../registry/stored.ts';
import { readPatch } from '../verbs/patch.ts';
import { applyConfig } from '../write/apply-object.ts';
import { updateObject } from '../write/store-object.ts';
import { writerOf } from '../write/writer.ts';

export const getScale: Verb = async (call, server) => {
  const { resource, info } = call;
  await server.registry.fresh();
  const key = keyOf(resource, info.name, info.namespace);
  const stored = server.registry.cacheOf(resource).get(key);
  if (!stored) throw notFound(resource, info.name);
  await sendValue(call, 200, scaleOf(resource, stored.object));
};

export const updateScale: Verb = async (call, server) => {
  const type = call.request.headers['content-type'] ?? '';
  const { value } = decodeBody(await readBytes(call.request), type);
  await writeScale(call, server, () => value);
};

export const patchScale: Verb = async (call, server) => {
  const { kind, body } = await readPatch(call);
  if (kind === 'apply') return applyScale(call, server, body.value);
  await writeScale(call, server, (scale) => applyPatch(kind, body.value, scale, undefined));
};

const scaleShape = shapeOfObject(typeNamed('autoscaling-v1', 'Scale')!);

/** Applies to the object that which the Scale says: the one field that is scaled. */
async function applyScale(call: Call, server: Machinery, value: unknown): Promise<void> {
  const { resource, info } = call;
  const writer = writerOf(call, { isApply: true });
  const { kind = '', apiVersion = '', spec, metadata } = (value ?? {}) as Partial<Scale>;
  if (apiVersion !== 'autoscaling/v1' || kind !== 'Scale') {
    throw badRequest(`invalid object type: ${apiVersion}, Kind=${kind}`);
  }
  const misfits = misfitsOf(scaleShape, value);
  if (misfits.length > 0) throw badRequest(`not a Scale: ${showMisfits(misfits)}`);
  const owner = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const applied: KubeObject = { ...owner, metadata: { ...metadata, name: info.name } };
  if (spec?.replicas !== undefined) {
    setPath(applied, resource.scale!.spec, checkReplicas(info.name, spec.replicas));
  }
  const { stored } = await applyConfig(call, server, { writer, applied, part: 'object' });
  await sendValue(call, 200, scaleOf(resource, stored.object));
}

async function writeScale(call: Call, server: Machinery, change: (scale: Scale) => unknown) {
  const { resource, info } = call;
  const { name, namespace } = info;
  const writer = writerOf(call);
  const changeObject = (current: Stored) => {
    const wanted = change(scaleOf(resource, current.object));
    if (!isObject(wanted)) throw badRequest('the body must be a Scale');
    const { spec, metadata } = wanted as Partial<Scale>;
    const draft = current.draft();
    setPath(draft, resource.scale!.spec, checkReplicas(name, spec?.replicas ?? 0));
    if (metadata?.resourceVersion) draft.metadata!.resourceVersion = metadata.resourceVersion;
    if (metadata?.uid) draft.metadata!.uid = metadata.uid;
    return draft;
  };
  const update = { name, namespace, change: changeObject, part: 'object' } as const;
  const stored = await updateObject(server, writer, update);
  await sendValue(call, 200, scaleOf(resource, stored.object));
}

function checkReplicas(name: string, replicas: unknown): number {
  if (Number.isInteger(replicas) && (replicas as number) >= 0) return replicas as number;
  const detail = 'must be greater than or equal to 0';
  throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, name, [
    invalidValue('spec.replicas', replicas, detail),
  ]);
}

function scaleOf({ scale }: Resource, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata!;
  const selector = selectorText(getPath(object, scale!.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: Number(getPath(object, scale!.spec) ?? 0) },
    status: {
      replicas: Number(getPath(object, scale!.status) ?? 0),
      ...(selector && { selector }),
    },
  } as Scale;
}

/** Old resources have a map of labels, new ones a LabelSelector. */
function selectorText(selector: unknown): string {
  if (!isObject(selector)) return '';
  const isSelector = 'matchLabels' in selector || 'matchExpressions' in selector;
  return formatLabelSelector((isSelector ? selector : { matchLabels: selector }) as LabelSelector);
}

const getPath = (object: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, part) => {
    return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, object);

function setPath(object: KubeObject, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop()!;
  let place = object as Record<string, unknown>;
  for (const part of parts) {
    if (!isObject(place[part])) place[part] = {};
    place = place[part] as Record<string, unknown>;
  }
  place[last] = value;
}
