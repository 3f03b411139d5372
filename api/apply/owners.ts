/** metadata.managedFields: who owns which fields, read from an object and written into it. */
import { isEqual } from '../equality.ts';
import { isPlainObject } from '../own.ts';
import type { ManagedFieldsEntry } from '../types/meta-v1.generated.ts';
import { emptySet, type FieldSet, isEmptySet, unionOf } from './field-set.ts';
import { canonicalElement } from './path-element.ts';

export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
  /** As it was read: written back as long as it still says the same. */
  readonly entry?: ManagedFieldsEntry;
}

/** By `idOf`. */
export type Owners = Map<string, Owner>;

export type OwnerName = Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

/** Whoever applies is the same whichever version it applies in. */
export const idOf = ({ manager, operation, apiVersion, subresource }: OwnerName): string =>
  JSON.stringify([operation, manager, subresource, operation === 'Apply' ? '' : apiVersion]);

/** Entries that the server wrote itself; what they say is taken as it is. */
export function readOwners(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  const owners: Owners = new Map();
  for (const entry of entries ?? []) {
    const owner = ownerOf(entry, (entry.fieldsV1 ?? emptySet) as FieldSet);
    owners.set(idOf(owner), owner);
  }
  return owners;
}

/** Entries from outside; undefined if one of them is none. */
export function parseOwners(entries: readonly ManagedFieldsEntry[]): Owners | undefined {
  const owners: Owners = new Map();
  for (const entry of entries) {
    const { operation, fieldsType, fieldsV1 } = entry;
    const isOperation = operation === 'Apply' || operation === 'Update';
    if (!isOperation || fieldsType !== 'FieldsV1' || !isPlainObject(fieldsV1)) return undefined;
    const set = parseSet(fieldsV1, 0);
    if (!set) return undefined;
    const { entry: _, ...owner } = ownerOf(entry, set);
    owners.set(idOf(owner), owner);
  }
  return owners;
}

const depthMax = 200;

function parseSet(given: object, depth: number): FieldSet | undefined {
  const set: Record<string, FieldSet> = {};
  if (depth > depthMax) return undefined;
  for (const [key, value] of Object.entries(given)) {
    const element = canonicalElement(key);
    const below = isPlainObject(value) && element ? parseSet(value, depth + 1) : undefined;
    if (!element || !below) return undefined;
    set[element] = element === '.' ? emptySet : below;
  }
  return set;
}

function ownerOf(entry: ManagedFieldsEntry, set: FieldSet): Owner {
  const { manager = '', operation, apiVersion = '', subresource = '', time } = entry;
  return { manager, operation: operation as 'Apply', apiVersion, subresource, time, set, entry };
}

/** In upstream's order: who applies first, then the oldest. Undefined if nobody owns anything. */
export function writeOwners(owners: Owners): ManagedFieldsEntry[] | undefined {
  const list = [...owners.values()].filter(({ set }) => !isEmptySet(set)).sort(compareOwners);
  return list.length > 0 ? list.map(entryOf) : undefined;
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareTexts(a.operation, b.operation) ||
    compareTexts(a.time ?? '', b.time ?? '') ||
    compareTexts(a.manager, b.manager) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function entryOf(owner: Owner): ManagedFieldsEntry {
  const { manager, operation, apiVersion, subresource, time, set, entry } = owner;
  if (entry && entry.fieldsV1 === set && entry.time === time && entry.apiVersion === apiVersion) {
    return entry;
  }
  return {
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: set as NonNullable<ManagedFieldsEntry['fieldsV1']>,
    ...(subresource && { subresource }),
  };
}

const updatersMax = 10;
const bucketName = 'ancient-changes';

/** No more than ten who update: the oldest of a version are taken together. Changes the owners. */
export function capUpdaters(owners: Owners): void {
  const updaters = [...owners].filter(([, { operation }]) => operation === 'Update');
  let count = updaters.length;
  if (count <= updatersMax) return;
  updaters.sort(([a, left], [b, right]) => {
    return compareTexts(left.time ?? '', right.time ?? '') || compareTexts(a, b);
  });
  const firsts = new Map<string, string>(); // Version → the first owner of it.
  for (const [id, { apiVersion, set, time }] of updaters) {
    if (count <= updatersMax) return;
    const first = firsts.get(apiVersion);
    if (first === undefined) {
      firsts.set(apiVersion, id);
      continue;
    }
    const name = { manager: bucketName, operation: 'Update', apiVersion, subresource: '' } as const;
    const bucket = idOf(name);
    const earlier = owners.get(bucket) ?? owners.get(first)!;
    if (!owners.has(bucket)) owners.delete(first);
    owners.delete(id);
    owners.set(bucket, { ...name, time, set: unionOf(earlier.set, set) });
    count -= 1;
  }
}

/** Whether two lists say the same, whenever it was said. */
export function isSameBesideTimes(
  a: readonly ManagedFieldsEntry[] = [],
  b: readonly ManagedFieldsEntry[] = [],
): boolean {
  return a === b || (a.length === b.length && isEqual(timeless(a), timeless(b)));
}

const timeless = (entries: readonly ManagedFieldsEntry[]) =>
  entries
    .map(({ time: _, ...entry }) => ({ id: idOf(ownerOf(entry, emptySet)), entry }))
    .sort((left, right) => compareTexts(left.id, right.id));
