/** The end of objects: at once, after a grace, or when the last finalizer is gone. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import { forbidden } from '../admission/refusal.ts';
import type { Machinery } from '../call.ts';
import { badRequest, modified, notFound } from '../errors.ts';
import { isObject } from '../http/body.ts';
import { keyOf } from '../registry/registry.ts';
import { storedWriter } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';
import { isEqual } from './equality.ts';
import {
  admissionOf,
  dryRunOf,
  isFinished,
  passPlugins,
  settle,
  unsaved,
  type Writer,
} from './store-object.ts';

export interface DeleteOptions {
  readonly graceSeconds: number | undefined;
  readonly propagation: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly dryRun: boolean;
}

/** From a DeleteOptions body and, where that says nothing, the query. @throws StatusError */
export function deleteOptionsOf(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = isObject(body) ? body : {};
  const grace = given.gracePeriodSeconds ?? textOf(query, 'gracePeriodSeconds');
  const orphan = given.orphanDependents ?? textOf(query, 'orphanDependents');
  const policy = given.propagationPolicy ?? textOf(query, 'propagationPolicy');
  const preconditions = isObject(given.preconditions) ? given.preconditions : {};
  const graceSeconds = grace === undefined ? undefined : Number(grace);
  if (graceSeconds !== undefined && !Number.isSafeInteger(graceSeconds)) {
    throw badRequest('gracePeriodSeconds must be a whole number');
  }
  if (policy !== undefined && orphan !== undefined) {
    throw badRequest('orphanDependents and propagationPolicy must not be set together');
  }
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun.map(String) : query.getAll('dryRun');
  return {
    graceSeconds: graceSeconds !== undefined && graceSeconds < 0 ? 1 : graceSeconds,
    propagation: policyOf(policy, orphan),
    uid: preconditions.uid === undefined ? undefined : String(preconditions.uid),
    resourceVersion:
      preconditions.resourceVersion === undefined
        ? undefined
        : String(preconditions.resourceVersion),
    dryRun: dryRunOf(dryRun),
  };
}

const textOf = (query: URLSearchParams, name: string) => query.get(name) || undefined;

function policyOf(policy: unknown, orphan: unknown): DeleteOptions['propagation'] {
  if (orphan !== undefined) return String(orphan) === 'true' ? 'Orphan' : 'Background';
  if (policy === undefined || policy === null) return undefined;
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy;
  throw badRequest(
    `invalid propagationPolicy ${JSON.stringify(policy)}: must be Foreground, Background or Orphan`,
  );
}

/** What became of it: gone, or still there and marked. */
export interface Deleted {
  readonly stored: Stored;
  readonly isGone: boolean;
}

const attemptsMax = 8;

/** @throws StatusError */
export async function deleteObject(
  server: Machinery,
  writer: Writer,
  target: { readonly name: string; readonly namespace: string; readonly options: DeleteOptions },
): Promise<Deleted> {
  const { resource } = writer;
  if (resource.storedAs) return deleteObject(server, storedWriter(writer), target);
  const { name, namespace, options } = target;
  await server.registry.fresh();
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const current = server.registry.cacheOf(resource).get(keyOf(resource, name, namespace));
    if (!current) throw notFound(resource, name);
    checkPreconditions(current, options);
    const deleted = await deleteOnce(server, writer, { current, options });
    if (deleted) return deleted;
  }
  throw modified(resource, name);
}

function checkPreconditions({ object, revision }: Stored, options: DeleteOptions): void {
  const { uid } = object.metadata!;
  const other = (what: string, asked: string, real: unknown) =>
    new StatusError(
      'Conflict',
      `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${real}`,
    );
  if (options.uid !== undefined && options.uid !== uid) throw other('UID', options.uid, uid);
  const { resourceVersion } = options;
  if (resourceVersion !== undefined && resourceVersion !== String(revision)) {
    throw other('ResourceVersion', resourceVersion, revision);
  }
}

async function deleteOnce(
  server: Machinery,
  writer: Writer,
  { current, options }: { readonly current: Stored; readonly options: DeleteOptions },
): Promise<Deleted | undefined> {
  const { resource } = writer;
  const { dryRun } = options;
  const old = current.object;
  const request = admissionOf({ ...writer, dryRun }, 'DELETE', undefined, old);
  const passage = server.admission.start(request);
  return settle(passage, dryRun, async () => {
    await passPlugins(passage, () => {});
    const reason = resource.undeletable?.(old);
    if (reason !== undefined) throw forbidden(request, reason);
    const draft = current.draft();
    markDeleted(resource, draft, { options, now: server.clock.now() });
    if (isFinished(draft)) {
      const isGone =
        dryRun || (await server.registry.remove(resource, current, passage.sideWrites(true)));
      return isGone ? { stored: current, isGone: true } : undefined;
    }
    if (isEqual(draft, old)) return { stored: current, isGone: false };
    if (dryRun) return { stored: unsaved(resource, draft), isGone: false };
    const beside = passage.sideWrites(false);
    const stored = await server.registry.put(resource, draft, current.revision, beside);
    return stored && { stored, isGone: false };
  });
}

interface Mark {
  readonly options: DeleteOptions;
  readonly now: number;
}

/** Changes the draft into what it is once its deletion was asked for. */
export function markDeleted(resource: Resource, draft: KubeObject, { options, now }: Mark): void {
  const metadata = draft.metadata!;
  const finalizers = finalizersFor(metadata, options.propagation);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const grace = graceOf(resource, draft, options.graceSeconds);
  const before = metadata.deletionGracePeriodSeconds;
  if (metadata.deletionTimestamp && (before === undefined || before <= grace)) return;
  if (!metadata.deletionTimestamp && metadata.generation) metadata.generation += 1;
  // Counted from the first delete: a second one may shorten the time, never lengthen it.
  const begun = metadata.deletionTimestamp
    ? Date.parse(metadata.deletionTimestamp) - (before ?? 0) * 1000
    : now;
  metadata.deletionTimestamp = toTime(grace === 0 ? now : begun + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  if (resource.plural === 'namespaces' && resource.group === '') {
    (draft as { status?: object }).status = {
      ...(draft as { status?: object }).status,
      phase: 'Terminating',
    };
  }
}

function graceOf(resource: Resource, object: KubeObject, asked: number | undefined): number {
  const own = resource.graceSeconds?.(object) ?? 0;
  return own === 0 ? 0 : (asked ?? own);
}

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

/** How dependents are treated is said by finalizers, which the garbage collector takes away. */
function finalizersFor({ finalizers = [] }: ObjectMeta, policy: DeleteOptions['propagation']) {
  if (policy === undefined) return finalizers;
  const others = finalizers.filter((name) => name !== foreground && name !== orphan);
  if (policy === 'Background') return others;
  return [...others, policy === 'Foreground' ? foreground : orphan];
}
