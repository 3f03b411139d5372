/** What the API server does to an object on its way in. Drafts are changed, results returned. */
import { isDeepStrictEqual } from 'node:util';
import {
  apiVersionOf,
  groupResourceOf,
  hasGeneration,
  type KubeObject,
  type Resource,
} from '../api/resource.ts';
import { toTime } from '../base/clock.ts';
import { StatusError } from '../base/errors.ts';
import type { DeleteOptions } from './client.ts';

/** The parts that every object may have; the fake is generic, as the server is. */
export interface Draft extends KubeObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export interface Stamp {
  readonly nowMs: number;
  readonly uid: string;
  readonly suffix: string; // For generateName.
}

export function prepareCreate(resource: Resource, object: KubeObject, stamp: Stamp): KubeObject {
  const draft = structuredClone(object) as Draft;
  const { resourceVersion: _, ...given } = draft.metadata ?? {};
  draft.apiVersion = apiVersionOf(resource);
  draft.kind = resource.kind;
  draft.metadata = {
    ...given,
    name: given.name || `${given.generateName ?? ''}${stamp.suffix}`,
    uid: stamp.uid,
    creationTimestamp: toTime(stamp.nowMs),
    ...(hasGeneration(resource) && { generation: 1 }),
  };
  resource.applyDefaults?.(draft);
  // A node registers itself with its status; all others start without one.
  if (resource.hasStatus && resource.plural !== 'nodes') delete draft.status;
  resource.prepareCreate?.(draft, context);
  validate(resource, draft, undefined);
  return draft;
}

/** Nothing that the fake is used for asks who writes, or when. */
const context = { user: { name: 'fake', groups: [] }, now: 0, subresource: '' };

/** Undefined when nothing is left to change. */
export function prepareUpdate(
  resource: Resource,
  object: KubeObject,
  old: Draft,
  subresource: string | undefined,
): Draft | undefined {
  const wanted = object.metadata?.resourceVersion;
  if (wanted && wanted !== old.metadata?.resourceVersion) {
    const what = `${groupResourceOf(resource)} "${old.metadata?.name}"`;
    throw new StatusError('Conflict', `${what}: the object has been modified`);
  }
  const draft = structuredClone(mix(resource, object as Draft, old, subresource));
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } =
    old.metadata ?? {};
  const fixed = {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
  };
  draft.metadata = {
    ...draft.metadata,
    ...Object.fromEntries(Object.entries(fixed).filter(([, value]) => value !== undefined)),
    ...(old.metadata?.resourceVersion && { resourceVersion: old.metadata.resourceVersion }),
  };
  if (!subresource) {
    resource.applyDefaults?.(draft);
    resource.prepareUpdate?.(draft, structuredClone(old), context);
    validate(resource, draft, old);
  }
  if (hasGeneration(resource) && !isDeepStrictEqual(draft.spec, old.spec)) {
    draft.metadata.generation = (generation ?? 0) + 1;
  }
  return isDeepStrictEqual(plain(draft), plain(old)) ? undefined : draft;
}

/** Which parts of an update count depends on where it was sent. */
function mix(
  resource: Resource,
  object: Draft,
  old: Draft,
  subresource: string | undefined,
): Draft {
  const typed = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  if (subresource === 'status') return { ...old, ...(object.status && { status: object.status }) };
  if (subresource === 'finalize') {
    return { ...old, spec: { ...old.spec, finalizers: object.spec?.finalizers ?? [] } };
  }
  // Of pods: what else they would refuse to change is left to whoever calls.
  if (subresource === 'ephemeralcontainers' || subresource === 'resize') {
    return { ...old, ...(object.spec && { spec: object.spec }) };
  }
  if (subresource === 'scale' && resource.scale) {
    return { ...old, spec: { ...old.spec, replicas: object.spec?.replicas } };
  }
  if (subresource) throw new StatusError('NotFound', `${resource.plural}/${subresource}`);
  if (!resource.hasStatus) return { ...object, ...typed };
  const { status: _, ...rest } = object;
  return { ...rest, ...typed, ...(old.status && { status: old.status }) };
}

/** What a delete leaves: the object waiting for its end, or undefined when it is gone at once. */
export function prepareDelete(
  resource: Resource,
  old: Draft,
  options: DeleteOptions,
  nowMs: number,
): Draft | undefined {
  checkPreconditions(resource, old, options);
  const { metadata = {} } = old;
  const given = options.gracePeriodSeconds ?? resource.graceSeconds?.(old) ?? 0;
  // A second delete may shorten the grace, never lengthen it.
  const grace = resource.graceSeconds
    ? Math.min(given, metadata.deletionGracePeriodSeconds ?? given)
    : 0;
  const finalizers = [...(metadata.finalizers ?? [])];
  const { propagationPolicy } = options;
  if (propagationPolicy === 'Foreground') finalizers.push('foregroundDeletion');
  if (propagationPolicy === 'Orphan') finalizers.push('orphan');
  const draft: Draft = {
    ...old,
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 && { finalizers: [...new Set(finalizers)] }),
      deletionGracePeriodSeconds: grace,
      deletionTimestamp:
        metadata.deletionTimestamp && grace === metadata.deletionGracePeriodSeconds
          ? metadata.deletionTimestamp
          : toTime(nowMs + grace * 1000),
    },
  };
  if (resource.plural === 'namespaces') draft.status = { ...old.status, phase: 'Terminating' };
  return isFinished(draft) ? undefined : draft;
}

/** Whether a deleted object has nothing left that holds it. */
export function isFinished({ metadata, spec }: Draft): boolean {
  if (!metadata?.deletionTimestamp) return false;
  const finalizers = [metadata.finalizers ?? [], (spec?.finalizers as unknown[]) ?? []].flat();
  return finalizers.length === 0 && (metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

function checkPreconditions(resource: Resource, old: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const differs =
    (uid && uid !== old.metadata?.uid) ||
    (resourceVersion && resourceVersion !== old.metadata?.resourceVersion);
  if (differs) throw new StatusError('Conflict', `${resource.plural}: precondition failed`);
}

function validate(resource: Resource, object: KubeObject, old: KubeObject | undefined): void {
  const causes = resource.validate?.(object, old) ?? [];
  if (causes.length === 0) return;
  const text = causes.map(({ field, message }) => `${field}: ${message}`).join(', ');
  throw new StatusError('Invalid', text, { details: { causes } });
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch;
  const result: Record<string, unknown> = isPlain(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As it would look on the wire: undefined fields are not there. */
const plain = (object: Draft): unknown => JSON.parse(JSON.stringify(object));
