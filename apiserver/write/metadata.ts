/** What the server alone decides about an object's metadata. */
import { randomInt, randomUUID } from 'node:crypto';
import { apiVersionOf, hasGeneration, type KubeObject, type Resource } from '../../api/resource.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.generated.ts';
import { forbiddenValue, invalidObject } from '../../api/validation/cause.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import { badRequest } from '../errors.ts';
import { isObject, type JsonObject } from '../http/body.ts';
import { isEqual } from './equality.ts';

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
 * @throws StatusError Conflict for another object of the same name
 */
export function keepSystemFields(draft: KubeObject, old: KubeObject): void {
  const [metadata, before] = [draft.metadata!, old.metadata!];
  if (metadata.uid && metadata.uid !== before.uid) {
    throw new StatusError(
      'Conflict',
      `Precondition failed: UID in precondition: ${metadata.uid}, ` +
        `UID in object meta: ${before.uid}`,
    );
  }
  const kept = [
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
  for (const field of kept) keepField(metadata, before, field);
  metadata.managedFields ??= before.managedFields;
  if (metadata.managedFields === undefined) delete metadata.managedFields;
  delete metadata.selfLink;
}

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

/** Whether anything but metadata and status differs. */
export function isSpecChanged(draft: KubeObject, old: KubeObject): boolean {
  return !isEqual(specOf(draft), specOf(old));
}

function specOf(object: KubeObject): JsonObject {
  const { metadata: _, status: __, ...rest } = object as KubeObject & JsonObject;
  return rest;
}
