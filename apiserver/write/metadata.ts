/** What the server alone decides about an object's metadata. */
import { randomInt, randomUUID } from 'node:crypto';
import { isSameBesideTimes } from '../../api/apply/owners.ts';
import { apiVersionOf, hasGeneration, type KubeObject, type Resource } from '../../api/resource.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.generated.ts';
import {
  forbiddenValue,
  immutableDetail,
  invalidObject,
  invalidValue,
} from '../../api/validation/cause.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import { badRequest } from '../errors.ts';
import { isObject, type JsonObject } from '../http/body.ts';
import { isEqual } from './equality.ts';
import type { Writer } from './writer.ts';

/** No vowels, so that no words come out; no digits that look like letters. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const generatedLength = 5;
const generatedPrefixMax = 63 - generatedLength;

/**
 * Takes a decoded body for an object of the resource at the request's place.
 * @throws StatusError BadRequest
 */
export function asObject(
  resource: Resource,
  value: unknown,
  place: { readonly namespace: string; readonly name: string },
): KubeObject {
  if (!isObject(value)) throw badRequest('the body must be an object');
  const object = value as KubeObject & JsonObject;
  checkType(resource, object);
  if (object.metadata !== undefined && object.metadata !== null && !isObject(object.metadata)) {
    throw badRequest('metadata must be an object');
  }
  const metadata: ObjectMeta = object.metadata ?? {};
  object.metadata = metadata;
  placeObject(resource, metadata, place);
  return object;
}

function checkType(resource: Resource, object: KubeObject): void {
  const { kind, apiVersion } = object;
  const wanted = apiVersionOf(resource);
  const isOther = (kind && kind !== resource.kind) || (apiVersion && apiVersion !== wanted);
  if (isOther) {
    throw badRequest(
      `the object provided is unrecognized: ${apiVersion}, Kind=${kind} does not match ` +
        `${wanted}, Kind=${resource.kind}`,
    );
  }
  object.kind = resource.kind;
  object.apiVersion = wanted;
}

function placeObject(
  resource: Resource,
  metadata: ObjectMeta,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): void {
  if (resource.namespaced) {
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    metadata.namespace = namespace;
  } else delete metadata.namespace;
  if (name === '') return;
  if (metadata.name && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  metadata.name = name;
}

/** Fills in what a new object gets. Changes the draft. */
export function stampNew(resource: Resource, metadata: ObjectMeta, now: number): void {
  if (metadata.resourceVersion) {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  metadata.uid = randomUUID();
  metadata.creationTimestamp = toTime(now);
  delete metadata.resourceVersion;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  if (hasGeneration(resource)) metadata.generation = 1;
  else delete metadata.generation;
}

export function generateName(prefix: string): string {
  const letters = Array.from({ length: generatedLength }, () => alphabet[randomInt(27)]);
  return prefix.slice(0, generatedPrefixMax) + letters.join('');
}

/**
 * Keeps in an update what nobody may change.
 * @throws StatusError for another object of the same name: Conflict, of a patch Invalid
 */
export function keepSystemFields(
  { resource, info }: Pick<Writer, 'resource' | 'info'>,
  draft: KubeObject,
  old: KubeObject,
): void {
  const [metadata, before] = [draft.metadata!, old.metadata!];
  const { uid } = metadata;
  if (uid && uid !== before.uid && info.verb === 'patch') {
    const cause = invalidValue('metadata.uid', uid, immutableDetail);
    throw invalidObject(resource, before.name ?? '', [cause]);
  }
  if (uid && uid !== before.uid) {
    throw new StatusError(
      'Conflict',
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.uid}`,
    );
  }
  for (const field of systemFields) keepField(metadata, before, field);
  delete metadata.selfLink;
}

const systemFields = [
  'uid',
  'name',
  'namespace',
  'generateName',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const;

function keepField<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, field: K) {
  if (old[field] === undefined) delete metadata[field];
  else metadata[field] = old[field];
}

/** @throws StatusError Invalid: what is being deleted may only lose finalizers */
export function checkFinalizers(resource: Resource, draft: KubeObject, old: KubeObject): void {
  if (!old.metadata!.deletionTimestamp) return;
  const before = new Set(old.metadata!.finalizers ?? []);
  const added = (draft.metadata!.finalizers ?? []).filter((name) => !before.has(name));
  if (added.length === 0) return;
  const list = added.map((name) => `"${name}"`).join(', ');
  const detail =
    'no new finalizers can be added if the object is being deleted, ' +
    `found new finalizers []string{${list}}`;
  const cause = forbiddenValue('metadata.finalizers', detail);
  throw invalidObject(resource, draft.metadata!.name ?? '', [cause]);
}

/**
 * Whether the change is one that a controller must act on. Annotations are, of deployments only:
 * those of a rollback went that way once.
 */
export function isNewGeneration(resource: Resource, draft: KubeObject, old: KubeObject): boolean {
  if (!hasGeneration(resource)) return false;
  if (!isEqual(specOf(draft), specOf(old))) return true;
  const isDeployment = resource.plural === 'deployments' && resource.group === 'apps';
  const [after, before] = [draft.metadata?.annotations, old.metadata?.annotations];
  return isDeployment && !isEqual(after ?? {}, before ?? {});
}

/** Whether a write says nothing new: that somebody applied the same again is no news. */
export function isUnchanged(draft: KubeObject, old: KubeObject): boolean {
  const owners = draft.metadata!.managedFields;
  const before = old.metadata!.managedFields;
  if (owners === before) return isEqual(draft, old);
  if (!isSameBesideTimes(owners, before)) return false;
  const { managedFields: _, ...metadata } = draft.metadata!;
  const { managedFields: __, ...oldMetadata } = old.metadata!;
  return isEqual({ ...draft, metadata }, { ...old, metadata: oldMetadata });
}

function specOf(object: KubeObject): JsonObject {
  const { metadata: _, status: __, ...rest } = object as KubeObject & JsonObject;
  return rest;
}
