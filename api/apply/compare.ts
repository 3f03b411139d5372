/** What became of an object's fields: which were written (new or other values), which are gone. */
import { isEqual } from '../equality.ts';
import { isPlainObject, type PlainObject } from '../own.ts';
import { emptySet, type FieldSet, isEmptySet, leaf, makeNode } from './field-set.ts';
import { allFieldsOf } from './fields-of.ts';
import { fieldElement, itemElement } from './path-element.ts';
import { type ListShape, type MapShape, type Shape, settleShape } from './shape.ts';

export interface Comparison {
  readonly written: FieldSet;
  readonly removed: FieldSet;
}

export interface Pair {
  readonly before: object;
  readonly after: object;
}

/**
 * Compares two objects of one shape. The top-level fields in `skipped` are passed over.
 * @throws UnnamedItem
 */
export function compareObjects(
  shape: MapShape,
  { before, after }: Pair,
  skipped: readonly string[] = [],
): Comparison {
  const change = compareMaps(shape, before as PlainObject, after as PlainObject, skipped);
  return { written: change?.written ?? emptySet, removed: change?.removed ?? emptySet };
}

export const isNothing = ({ written, removed }: Comparison): boolean =>
  isEmptySet(written) && isEmptySet(removed);

/** Of one place and below; undefined where nothing differs. */
type Change =
  | { readonly written: FieldSet | undefined; readonly removed: FieldSet | undefined }
  | undefined;

const writtenLeaf: Change = { written: leaf, removed: undefined };
const nobody: readonly string[] = [];

function compare(shape: Shape, before: unknown, after: unknown): Change {
  if (before === after) return undefined;
  if (before === undefined) return { written: allFieldsOf(shape, after), removed: undefined };
  if (after === undefined) return { written: undefined, removed: allFieldsOf(shape, before) };
  // Null is any kind of nothing.
  const settled = settleShape(shape, after ?? before);
  const earlier = before === null ? settled : settleShape(shape, before);
  if (settled !== earlier) return compareKinds(earlier, settled, { before, after });
  if (isSplit(settled) && !(isBare(before) && isBare(after))) {
    return settled.is === 'map'
      ? compareMaps(settled, mapOf(before), mapOf(after), nobody)
      : compareLists(settled, listOf(before), listOf(after));
  }
  return isEqual(before, after) ? undefined : writtenLeaf;
}

/** Whether what is inside has owners of its own. */
const isSplit = (shape: Shape): shape is MapShape | ListShape =>
  shape.is === 'map' ? !shape.isAtomic : shape.is === 'list' && shape.relation !== 'atomic';

const mapOf = (value: unknown): PlainObject => (isPlainObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Nothing, or nothing in it: then it is a leaf, whatever its shape. */
function isBare(value: unknown): boolean {
  if (value === null) return true;
  for (const _ in value as object) return false;
  return typeof value === 'object';
}

interface Values {
  readonly before: unknown;
  readonly after: unknown;
}

/** A value without a schema that was a map and is none any more, or the other way round. */
function compareKinds(earlier: Shape, settled: Shape, { before, after }: Values): Change {
  const gone = earlier.is === 'map' && !earlier.isAtomic;
  const removed = gone ? compareMaps(earlier, mapOf(before), {}, nobody)?.removed : undefined;
  return { written: isSplit(settled) ? allFieldsOf(settled, after) : leaf, removed };
}

function compareMaps(
  shape: MapShape,
  before: PlainObject,
  after: PlainObject,
  skipped: readonly string[],
): Change {
  const children = new Children();
  for (const key of Object.keys(after)) {
    if (skipped.includes(key)) continue;
    const change = compareField(shape, key, { before: ownOf(before, key), after: after[key] });
    if (change) children.add(shape.fields.get(key)?.element ?? fieldElement(key), change);
  }
  for (const key of Object.keys(before)) {
    if (Object.hasOwn(after, key) || skipped.includes(key)) continue;
    const change = compareField(shape, key, { before: before[key], after: undefined });
    if (change) children.add(shape.fields.get(key)?.element ?? fieldElement(key), change);
  }
  return children.done();
}

/** Collects what changed below a place; most places see nothing. */
class Children {
  #written: Record<string, FieldSet> | undefined;
  #removed: Record<string, FieldSet> | undefined;

  add(element: string, { written, removed }: NonNullable<Change>): void {
    if (written) {
      this.#written ??= {};
      this.#written[element] = written;
    }
    if (removed) {
      this.#removed ??= {};
      this.#removed[element] = removed;
    }
  }

  done(): Change {
    if (!this.#written && !this.#removed) return undefined;
    return { written: makeNode(false, this.#written), removed: makeNode(false, this.#removed) };
  }
}

const ownOf = (object: PlainObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

function compareField(shape: MapShape, key: string, { before, after }: Values): Change {
  if (before === after) return undefined;
  const field = shape.fields.get(key);
  if (!field) return shape.values && compare(shape.values, before, after);
  if (!field.isTracked) return undefined;
  // A struct that Go holds by value is always there.
  const { zero } = field;
  return compare(
    field.shape,
    before === undefined ? zero : before,
    after === undefined ? zero : after,
  );
}

function compareLists(
  shape: ListShape,
  before: readonly unknown[],
  after: readonly unknown[],
): Change {
  const earlier = itemsByElement(shape, before);
  const later = itemsByElement(shape, after);
  const children = new Children();
  for (const element of new Set([...earlier.keys(), ...later.keys()])) {
    const change = compareItems(shape.item, earlier.get(element), later.get(element));
    if (change) children.add(element, change);
  }
  return children.done();
}

type Items = readonly unknown[];

/** Items that share a name (invalid, but old objects may have some) are one leaf. */
function compareItems(shape: Shape, before: Items = [], after: Items = []): Change {
  if (before.length <= 1 && after.length <= 1) return compare(shape, before[0], after[0]);
  if (before.length > 1 && after.length > 1) {
    return isEqual(before, after) ? undefined : writtenLeaf;
  }
  const all = (items: Items) => (items.length === 1 ? allFieldsOf(shape, items[0]) : leaf);
  return {
    written: after.length > 0 ? all(after) : undefined,
    removed: before.length > 0 ? all(before) : undefined,
  };
}

function itemsByElement(shape: ListShape, items: Items): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(shape, item);
    const known = found.get(element);
    if (known) known.push(item);
    else found.set(element, [item]);
  }
  return found;
}
