/**
 * Server-side apply: lays a configuration over an object, takes away what its manager applied
 * before and says no more, and tells who owns what then.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import { StatusError } from '../../base/errors.ts';
import type { KubeObject } from '../resource.ts';
import type { ManagedFieldsEntry } from '../types/meta-v1.generated.ts';
import { compareObjects } from './compare.ts';
import { type Conflict, conflictError, conflictsOf } from './conflict.ts';
import { emptySet, type FieldSet, hasElement } from './field-set.ts';
import { appliedFieldsOf } from './fields-of.ts';
import { fieldsOfLastApplied, renewLastApplied } from './last-applied.ts';
import { mergeApplied } from './merge.ts';
import { idOf, type Owners, readOwners, writeOwners } from './owners.ts';
import { UnnamedItem } from './path-element.ts';
import { pruneObject } from './prune.ts';
import { comparisons, loseChanged, type Tracking, updateOwners } from './track.ts';
import { misfitsOf, showMisfits } from './validate.ts';

export interface ApplyRequest {
  /** Undefined for an object that the apply shall create. */
  readonly live: KubeObject | undefined;
  /** As it came: not decoded, without defaults. */
  readonly applied: KubeObject;
  /** Take over what others own. */
  readonly force: boolean;
}

/** The object before decoding and defaults, sharing parts with what it was made of. */
export interface Applied {
  readonly object: KubeObject;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

/**
 * Neither of the objects is changed.
 * @throws StatusError Conflict; InternalError (as upstream has it) for what does not fit the type
 */
export function applyObject(tracking: Tracking, request: ApplyRequest): Applied {
  checkApplied(tracking, request.applied);
  try {
    const first = attempt(tracking, request);
    const conflicts = request.force ? [] : first.conflicts;
    const others = conflicts.length > 0 ? withoutLastApplied(tracking, request, conflicts) : [];
    if (others.length > 0) throw conflictError(others);
    const { object, owners } = first;
    if (tracking.manager === kubectl) renewLastApplied(object, request.applied);
    return { object, managedFields: writeOwners(owners) };
  } catch (error) {
    if (!(error instanceof UnnamedItem)) throw error;
    throw new StatusError('InternalError', `failed to merge config: ${error.message}`);
  }
}

const kubectl = 'kubectl';

function checkApplied({ version }: Tracking, applied: KubeObject): void {
  if (applied.metadata?.managedFields !== undefined && applied.metadata.managedFields !== null) {
    throw new StatusError('BadRequest', 'metadata.managedFields must be nil');
  }
  const misfits = misfitsOf(version.shape, applied);
  if (misfits.length === 0) return;
  const { apiVersion, kind, metadata } = applied;
  const what = `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}; ${apiVersion}, Kind=${kind}`;
  throw new StatusError(
    'InternalError',
    `failed to create typed patch object (${what}): ${showMisfits(misfits)}`,
  );
}

/** The outcome, were it forced, and what speaks against it. */
function attempt(tracking: Tracking, { live, applied }: ApplyRequest) {
  const { version, manager, subresource, time, skipped } = tracking;
  const owners = ownersBefore(tracking, live);
  const { apiVersion, shape } = version;
  const name = { manager, operation: 'Apply', apiVersion, subresource } as const;
  const id = idOf(name);
  const last = owners.get(id);
  const set = withoutFields(appliedFieldsOf(shape, applied) ?? emptySet, skipped);
  owners.set(id, { ...name, time, set });
  const merged = mergeApplied(shape, live, applied) as KubeObject;
  const object = last ? pruneObject(tracking, merged, { last, owners }) : merged;
  const pair = { before: live ?? {}, after: object };
  const comparisonOf = comparisons(tracking, pair, compareObjects(shape, pair, skipped));
  const conflicts = conflictsOf(owners, comparisonOf, id);
  loseChanged(owners, comparisonOf, id);
  return { object: { ...object }, owners, conflicts };
}

/** Objects that nobody tracked so far belong to whoever was there before the first apply. */
function ownersBefore(tracking: Tracking, live: KubeObject | undefined): Owners {
  const owners = readOwners(live?.metadata?.managedFields);
  if (live && owners.size === 0) {
    const before = { ...tracking, manager: 'before-first-apply' };
    updateOwners(before, owners, { before: {}, after: live });
  }
  return owners;
}

function withoutFields(set: FieldSet, names: readonly string[]): FieldSet {
  const kept = Object.entries(set).filter(([element]) => !names.includes(element.slice(2)));
  return Object.fromEntries(kept);
}

/** What client-side apply said before is no conflict for the same kubectl. */
function withoutLastApplied(
  { version, manager }: Tracking,
  { live }: ApplyRequest,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  if (manager !== kubectl || !live) return conflicts;
  const allowed = fieldsOfLastApplied(version, live);
  return conflicts.filter(({ path }) => !hasPath(allowed, path));
}

function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path.slice(0, -1)) node = node?.[element];
  return node !== undefined && hasElement(node, path.at(-1)!);
}
