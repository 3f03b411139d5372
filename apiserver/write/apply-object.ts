/** Server-side apply of one object: changes it, or makes it where there is none yet. */

import { applyObject } from '../../api/apply/apply.ts';
import { copyJson } from '../../api/own.ts';
import { apiVersionOf, type KubeObject } from '../../api/resource.ts';
import { hasReason, StatusError } from '../../base/errors.ts';
import type { Call, Machinery } from '../call.ts';
import { badRequest, conflict, methodNotAllowed, modified } from '../errors.ts';
import { type Body, isObject } from '../http/body.ts';
import { keyOf } from '../registry/registry.ts';
import type { Stored } from '../registry/stored.ts';
import { decodeFor } from './decode.ts';
import { putOwners, trackingOf } from './field-owners.ts';
import { asObject } from './metadata.ts';
import type { Part } from './parts.ts';
import { createObject, updateObject } from './store-object.ts';
import { type Writer, writerOf } from './writer.ts';

const attemptsMax = 8;

export interface AppliedTo {
  readonly stored: Stored;
  readonly isNew: boolean;
}

/** @throws StatusError Conflict with the fields that others own, among others */
export async function applyBody(
  call: Call,
  server: Machinery,
  { body, part }: { readonly body: Body; readonly part: Part },
): Promise<AppliedTo> {
  const writer = writerOf(call, { isApply: true });
  const applied = appliedOf(call, body);
  warnOfDuplicates(call, body);
  return applyConfig(call, server, { writer, applied, part });
}

export interface Config {
  readonly writer: Writer;
  readonly applied: KubeObject;
  readonly part: Part;
}

/** As applyBody, of a configuration that is found to be of the resource's kind. */
export function applyConfig(call: Call, server: Machinery, config: Config): Promise<AppliedTo> {
  // Called again when somebody else's write came between.
  const draftOf = (current: Stored | undefined) => merge(call, server, config, current?.object);
  return storeApplied(server, config, draftOf);
}

/** What is applied as it was sent, but for its place. @throws StatusError BadRequest */
function appliedOf({ resource, info }: Call, { value }: Body): KubeObject {
  if (!isObject(value)) throw badRequest('error decoding YAML: the body must be an object');
  const { apiVersion = '', kind = '' } = value as KubeObject;
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    throw badRequest(`invalid object type: ${apiVersion}, Kind=${kind}`);
  }
  return asObject(resource, value, info);
}

/** The draft of what the object becomes, its owners in managedFields. */
function merge(
  call: Call,
  server: Machinery,
  { writer, applied, part }: Config,
  live: KubeObject | undefined,
): KubeObject {
  const force = call.info.query.get('force') === 'true';
  const tracking = trackingOf(server, writer, part);
  const { object, managedFields } = applyObject(tracking, { live, applied, force });
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  const value = copyJson({ ...object, metadata });
  const draft = decodeFor(call, call.resource, { value, problems: () => [] });
  putOwners(draft, managedFields);
  return draft;
}

/** Creates where there is nothing; whoever is slower than another starts again. */
async function storeApplied(
  server: Machinery,
  { writer, part }: Config,
  draftOf: (current: Stored | undefined) => KubeObject,
): Promise<AppliedTo> {
  const { resource, info } = writer;
  const { name, namespace } = info;
  const mayCreate = info.subresource === '';
  await server.registry.fresh();
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const isThere = server.registry.cacheOf(resource).get(keyOf(resource, name, namespace));
    try {
      if (isThere || !mayCreate) {
        const update = { name, namespace, change: draftOf, part };
        return { stored: await updateObject(server, writer, update), isNew: false };
      }
      return { stored: await createApplied(server, writer, draftOf(undefined)), isNew: true };
    } catch (error) {
      if (!mayCreate || !hasReason(error, isThere ? 'NotFound' : 'AlreadyExists')) throw error;
    }
  }
  throw modified(resource, name);
}

async function createApplied(server: Machinery, writer: Writer, draft: KubeObject) {
  const { resource, info, user } = writer;
  if (!resource.verbs.includes('create')) throw methodNotAllowed();
  const { uid } = draft.metadata!;
  if (uid) {
    const why =
      `uid mismatch: the provided object specified uid ${uid}, ` +
      'and no existing object was found';
    throw conflict(resource, info.name, why);
  }
  server.demand?.(user, { ...info, verb: 'create' });
  return createObject(server, writer, draft);
}

/** Unknown fields are refused in any case; keys that are there twice only by who asks for it. */
function warnOfDuplicates({ info, warnings }: Call, { problems }: Body): void {
  const mode = info.query.get('fieldValidation') || 'Warn';
  const found = mode === 'Ignore' ? [] : (problems?.([]) ?? []);
  if (found.length === 0) return;
  const what = `error converting YAML to JSON: yaml: unmarshal errors:\n  ${found.join('\n  ')}`;
  if (mode !== 'Strict') warnings.push(what);
  else throw new StatusError('BadRequest', `error strict decoding YAML: ${what}`);
}
