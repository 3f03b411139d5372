/** The end of objects: at once, after a grace, or when the last finalizer is gone. */
import { groupResourceOf, type KubeObject, type Resource } from '../../api/resource.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import { forbidden } from '../admission/refusal.ts';
import type { Machinery } from '../call.ts';
import { modified, notFound } from '../errors.ts';
import { keyOf } from '../registry/registry.ts';
import { storedWriter } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';
import { type DeleteOptions, secondsMax } from './delete-options.ts';
import { isEqual } from './equality.ts';
import {
  admissionOf,
  isFinished,
  passPlugins,
  settle,
  unsaved,
  type Writer,
} from './store-object.ts';

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
  const finalizers = finalizersFor(resource, metadata, options.propagation);
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
  // What the object says may be more than a double holds (BigInt), and more than a date.
  const own = Math.min(Number(resource.graceSeconds?.(object) ?? 0), secondsMax);
  return own === 0 ? 0 : (asked ?? own);
}

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

/** Whose dependents were never deleted with them, so that old clients still rely on it. */
const orphaning: ReadonlySet<string> = new Set(['replicationcontrollers', 'jobs.batch']);

/** How dependents are treated is said by finalizers, which the garbage collector takes away. */
function finalizersFor(
  resource: Resource,
  { finalizers = [] }: ObjectMeta,
  asked: DeleteOptions['propagation'],
): string[] {
  const isSaid = finalizers.includes(foreground) || finalizers.includes(orphan);
  const isOrphaning = !isSaid && orphaning.has(groupResourceOf(resource));
  const policy = asked ?? (isOrphaning ? 'Orphan' : undefined);
  if (policy === undefined) return finalizers;
  const others = finalizers.filter((name) => name !== foreground && name !== orphan);
  if (policy === 'Background') return others;
  return [...others, policy === 'Foreground' ? foreground : orphan];
}

/** Said to who deletes such an object without a word about its dependents. */
export const orphanWarning = (resource: Resource, { propagation }: DeleteOptions) =>
  propagation === undefined && groupResourceOf(resource) === 'jobs.batch'
    ? 'child pods are preserved by default when jobs are deleted; set ' +
      'propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress ' +
      'this warning'
    : undefined;
