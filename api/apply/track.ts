/** Keeps the owners of an object's fields current when it is written by anything but an apply. */
import { isEqual } from '../equality.ts';
import type { KubeObject } from '../resource.ts';
import type { ManagedFieldsEntry } from '../types/meta-v1.generated.ts';
import { type Comparison, compareObjects, isNothing } from './compare.ts';
import { differenceOf, emptySet, isEmptySet, unionOf } from './field-set.ts';
import {
  capUpdaters,
  idOf,
  type Owner,
  type Owners,
  parseOwners,
  readOwners,
  writeOwners,
} from './owners.ts';
import { UnnamedItem } from './path-element.ts';
import type { MapShape } from './shape.ts';

/** One version of a kind: entries keep the version in which they were written. */
export interface Version {
  readonly apiVersion: string;
  readonly shape: MapShape;
  /**
   * From the version of the request to this one, and back; must take objects that lack parts.
   * Absent: it is that version.
   */
  readonly read?: (object: KubeObject) => KubeObject;
  readonly write?: (object: KubeObject) => KubeObject;
}

/** Who writes, when, and which kind. */
export interface Tracking {
  readonly version: Version; // Of the request.
  /** Other versions of the kind; undefined for one that is not served. */
  readonly versionOf?: (apiVersion: string) => Version | undefined;
  readonly manager: string;
  readonly subresource: string;
  readonly time: string;
  /** Top-level fields that this endpoint does not write: `status`, or `spec` on /status. */
  readonly skipped: readonly string[];
}

export interface Write {
  /** Undefined for a new object. */
  readonly before: KubeObject | undefined;
  /** With what the client said of managedFields, if it said anything. */
  readonly after: KubeObject;
}

/**
 * The managedFields of an object that was created, updated or patched; undefined if it has none.
 * The very list that it had, if nothing changed.
 */
export function trackWrite(tracking: Tracking, write: Write): ManagedFieldsEntry[] | undefined {
  const { before, after } = write;
  const given = after.metadata?.managedFields;
  const known = before?.metadata?.managedFields;
  const { owners, isGiven } = ownersFor(tracking, given, known);
  // Once they were thrown away, only an apply makes new ones.
  if (before && owners.size === 0) return undefined;
  try {
    const isChanged = updateOwners(tracking, owners, { before: before ?? {}, after });
    return isChanged || isGiven ? writeOwners(owners) : known;
  } catch (error) {
    // Better no owners than wrong ones; validation has more to say of such an object.
    if (error instanceof UnnamedItem) return undefined;
    throw error;
  }
}

/** Clients that know nothing of managedFields leave them out; `[{}]` throws them away. */
function ownersFor({ subresource }: Tracking, given: Entries, known: Entries) {
  if (subresource || !given || isEqual(given, known)) return { owners: readOwners(known) };
  if (given.length === 1 && Object.keys(given[0]!).length === 0) return { owners: new Map() };
  const parsed = parseOwners(given);
  return parsed?.size ? { owners: parsed, isGiven: true } : { owners: readOwners(known) };
}

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** Changes the owners; false if there was nothing to change. */
export function updateOwners(
  tracking: Tracking,
  owners: Owners,
  pair: { readonly before: KubeObject; readonly after: KubeObject },
): boolean {
  const { version, manager, subresource, time, skipped } = tracking;
  const comparison = compareObjects(version.shape, pair, skipped);
  if (isNothing(comparison)) return false;
  const { apiVersion } = version;
  const name = { manager, operation: 'Update', apiVersion, subresource } as const;
  const id = idOf(name);
  loseChanged(owners, comparisons(tracking, pair, comparison));
  const earlier = owners.get(id)?.set ?? emptySet;
  const set = unionOf(earlier, comparison.written);
  if (!isEmptySet(comparison.written)) owners.set(id, { ...name, time, set });
  capUpdaters(owners);
  return true;
}

export type Comparisons = (apiVersion: string) => Comparison | undefined;

/** What changed, as each version sees it; undefined for a version that is not served. */
export function comparisons(
  { version, versionOf, skipped }: Tracking,
  { before, after }: { readonly before: KubeObject; readonly after: KubeObject },
  own: Comparison,
): Comparisons {
  const known = new Map<string, Comparison | undefined>([[version.apiVersion, own]]);
  return (apiVersion) => {
    if (known.has(apiVersion)) return known.get(apiVersion);
    const other = versionOf?.(apiVersion);
    const read = other?.read ?? ((object: KubeObject) => object);
    const compared =
      other && compareObjects(other.shape, { before: read(before), after: read(after) }, skipped);
    known.set(apiVersion, compared);
    return compared;
  };
}

/** Nobody owns any more what somebody else changed or removed. */
export function loseChanged(owners: Owners, comparisonOf: Comparisons, except?: string): void {
  for (const [id, owner] of owners) {
    if (id === except) continue;
    const comparison = comparisonOf(owner.apiVersion);
    const kept = comparison && keptBy(owner, comparison);
    if (!kept || isEmptySet(kept)) owners.delete(id);
    else if (kept !== owner.set) owners.set(id, { ...owner, set: kept });
  }
}

const keptBy = ({ set }: Owner, { written, removed }: Comparison) =>
  differenceOf(differenceOf(set, written), removed);
