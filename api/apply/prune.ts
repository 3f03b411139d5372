/** Takes out of a merged object what its manager applied before, says no more, and nobody owns. */
import type { KubeObject } from '../resource.ts';
import {
  differenceOf,
  emptySet,
  type FieldSet,
  intersectionOf,
  leaf,
  unionOf,
} from './field-set.ts';
import { appliedFieldsOf } from './fields-of.ts';
import type { Owner, Owners } from './owners.ts';
import { removeFields, withNamedFields } from './remove.ts';
import type { MapShape } from './shape.ts';
import type { Tracking, Version } from './track.ts';

export interface Pruning {
  /** What the manager applied before. */
  readonly last: Owner;
  /** With what it applies now. */
  readonly owners: Owners;
}

/** The object without what is left over, in the version of the request, as it is given. */
export function pruneObject(
  { version, versionOf }: Tracking,
  merged: KubeObject,
  { last, owners }: Pruning,
): KubeObject {
  const at = (apiVersion: string) =>
    apiVersion === version.apiVersion ? version : versionOf?.(apiVersion);
  const first = at(last.apiVersion);
  if (!first) return merged;
  const start = readAs(first, merged);
  const { shape } = first;
  const before = withNamedFields(shape, last.set);
  let current: Pruned = { version: first, merged: start, pruned: remove(shape, start, before) };
  for (const [apiVersion, owned] of ownedByVersion(owners, last.apiVersion)) {
    const next = at(apiVersion);
    if (next) current = addBackOwned(next, current, owned);
  }
  // What was no part of the last configuration stays, whoever owns it.
  const pruned = convert(current.version, first, current.pruned);
  const gone = differenceOf(fieldsOf(shape, start), fieldsOf(shape, pruned));
  return writeFrom(first, remove(shape, start, intersectionOf(gone, before)));
}

interface Pruned {
  readonly version: Version;
  readonly merged: KubeObject;
  readonly pruned: KubeObject;
}

/** All that somebody owns, by version; the first version first, as the others need its fields. */
function ownedByVersion(owners: Owners, first: string): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>([[first, emptySet]]);
  for (const { apiVersion, set } of owners.values()) {
    owned.set(apiVersion, unionOf(owned.get(apiVersion) ?? emptySet, set));
  }
  return owned;
}

function addBackOwned(version: Version, { version: from, ...both }: Pruned, owned: FieldSet) {
  const { shape } = version;
  const merged = convert(from, version, both.merged);
  const pruned = convert(from, version, both.pruned);
  const kept = unionOf(fieldsOf(shape, pruned), withNamedFields(shape, owned));
  return {
    version,
    merged,
    pruned: remove(shape, merged, differenceOf(fieldsOf(shape, merged), kept)),
  };
}

const remove = (shape: MapShape, object: KubeObject, set: FieldSet): KubeObject =>
  (removeFields(shape, object, set) ?? {}) as KubeObject;

/** The server's own part of an object is always there, though it has no owner. */
const always: FieldSet = { 'f:metadata': leaf };

const fieldsOf = (shape: MapShape, object: KubeObject): FieldSet =>
  unionOf(withNamedFields(shape, appliedFieldsOf(shape, object) ?? emptySet), always);

/** From the version of the request to another. */
const readAs = ({ read }: Version, object: KubeObject) => (read ? read(object) : object);
/** And back. */
const writeFrom = ({ write }: Version, object: KubeObject) => (write ? write(object) : object);

/** Parts of the object may be missing: converted is only what must be. */
const convert = (from: Version, to: Version, object: KubeObject): KubeObject =>
  from.apiVersion === to.apiVersion ? object : readAs(to, writeFrom(from, object));
