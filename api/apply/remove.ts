/** Takes fields out of an object, or takes only them. The object itself is left as it is. */
import { isPlainObject, type PlainObject, setOwn } from '../own.ts';
import { belowElement, elementsOf, type FieldSet, hasElement, withItself } from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';
import { type ListShape, type MapShape, type Shape, settleShape, shapeOfKey } from './shape.ts';

/** What is left without the fields of the set; null where nothing is. */
export const removeFields = (shape: Shape, value: unknown, set: FieldSet): unknown =>
  pick(shape, value, { set, isExtract: false });

/** Only the fields of the set, with what it takes to say which items they are of. */
export const extractFields = (shape: Shape, value: unknown, set: FieldSet): unknown =>
  pick(shape, value, { set, isExtract: true });

interface Choice {
  readonly set: FieldSet;
  readonly isExtract: boolean;
}

function pick(shape: Shape, value: unknown, choice: Choice): unknown {
  const settled = settleShape(shape, value);
  if (settled.is === 'scalar') return value;
  if (settled.is === 'list') {
    if (settled.relation === 'atomic') return choice.isExtract ? value : null;
    return Array.isArray(value) ? pickItems(settled, value, choice) : null;
  }
  if (settled.isAtomic) return choice.isExtract ? value : null;
  return isPlainObject(value) ? pickKeys(settled, value, choice) : null;
}

function pickItems(shape: ListShape, items: readonly unknown[], { set, isExtract }: Choice) {
  const result: unknown[] = [];
  for (const item of items) {
    const element = itemElement(shape, item);
    const below = belowElement(set, element);
    const isIn = hasElement(set, element);
    if (isExtract) {
      if (below)
        result.push(withKeys(shape, item, pick(shape.item, item, { set: below, isExtract })));
      else if (isIn) result.push(item);
    } else if (!isIn) {
      result.push(below ? pick(shape.item, item, { set: below, isExtract }) : item);
    }
  }
  return result.length > 0 ? result : null;
}

/** An item without its keys is no item. */
function withKeys({ keys }: ListShape, item: unknown, picked: unknown): unknown {
  if (!isPlainObject(item)) return picked;
  const result = isPlainObject(picked) ? { ...picked } : {};
  for (const { name } of keys) {
    if (Object.hasOwn(item, name) && !Object.hasOwn(result, name)) setOwn(result, name, item[name]);
  }
  return result;
}

function pickKeys(shape: MapShape, object: PlainObject, { set, isExtract }: Choice) {
  const result: PlainObject = {};
  for (const [key, value] of Object.entries(object)) {
    const element = fieldElement(key);
    const below = belowElement(set, element);
    const isIn = hasElement(set, element);
    const inner = shapeOfKey(shape, key);
    if (isIn && !isExtract) continue;
    if (inner && below) setOwn(result, key, pick(inner, value, { set: below, isExtract }));
    else if (isIn || !isExtract) setOwn(result, key, value);
  }
  return Object.keys(result).length > 0 ? result : null;
}

/**
 * The set with the declared fields on the way to its members: what owns `spec.replicas` then has
 * `spec`, too, though what owns a label does not have all labels.
 */
export function withNamedFields(shape: Shape | undefined, set: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  if (set['.']) result['.'] = set['.'];
  for (const element of elementsOf(set)) {
    const { inner, isNamed } = placeOf(shape, element);
    const node = set[element]!;
    // A node without children is a member already.
    const below = elementsOf(node).length > 0 ? withNamedFields(inner, node) : node;
    result[element] = isNamed ? withItself(below) : below;
  }
  return result;
}

function placeOf(shape: Shape | undefined, element: string) {
  const isField = element.startsWith('f:');
  if (shape?.is === 'free') return { inner: isField ? shape : undefined, isNamed: false };
  if (shape?.is === 'map' && isField) {
    const key = element.slice(2);
    return { inner: shapeOfKey(shape, key), isNamed: shape.fields.has(key) };
  }
  return { inner: shape?.is === 'list' ? shape.item : undefined, isNamed: false };
}
