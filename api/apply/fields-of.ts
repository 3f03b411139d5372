/** From a value to the fields that it has: those that its applier owns, or those that are new. */
import { isPlainObject } from '../own.ts';
import { type FieldSet, leaf, makeNode, withItself } from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';
import {
  heldFieldsOf,
  type ListShape,
  type MapShape,
  type Shape,
  settleShape,
  shapeOfKey,
} from './shape.ts';

type Children = Record<string, FieldSet>;

/**
 * What an applied configuration claims. Declared fields on the way to a leaf are not claimed
 * themselves, keys of maps and items of lists are.
 */
export function appliedFieldsOf(shape: Shape, value: unknown): FieldSet | undefined {
  const settled = settleShape(shape, value);
  if (settled.is === 'scalar') return leaf;
  if (settled.is === 'list') {
    if (settled.relation === 'atomic') return leaf;
    if (!Array.isArray(value)) return undefined;
    const children = itemsOf(settled, value, (item) =>
      withItself(appliedFieldsOf(settled.item, item)),
    );
    return makeNode(false, children);
  }
  if (settled.isAtomic) return leaf;
  return isPlainObject(value) ? makeNode(false, appliedChildren(settled, value)) : undefined;
}

function appliedChildren(shape: MapShape, value: object): Children {
  const children: Children = {};
  for (const [key, each] of Object.entries(value)) {
    const field = shape.fields.get(key);
    if (each === undefined || field?.isTracked === false) continue;
    const below = appliedFieldsOf(shapeOfKey(shape, key)!, each);
    const isItself = !field || each === null || isEmptyObject(each);
    const node = isItself ? withItself(below) : below;
    if (node) children[field?.element ?? fieldElement(key)] = node;
  }
  return children;
}

/** A value that was not there before: every place in it is new. */
export function allFieldsOf(shape: Shape, value: unknown): FieldSet {
  const settled = settleShape(shape, value);
  if (settled.is === 'list' && settled.relation !== 'atomic' && Array.isArray(value)) {
    return makeNode(
      true,
      itemsOf(settled, value, (item) => allFieldsOf(settled.item, item)),
    )!;
  }
  if (settled.is !== 'map' || settled.isAtomic || !isPlainObject(value)) return leaf;
  const children: Children = {};
  for (const key of Object.keys(value)) {
    const each = value[key];
    const field = settled.fields.get(key);
    if (each === undefined || field?.isTracked === false) continue;
    const element = field?.element ?? fieldElement(key);
    children[element] = allFieldsOf(field?.shape ?? settled.values!, each);
  }
  for (const { name, element, shape: inner, zero } of heldFieldsOf(settled)) {
    if (value[name] === undefined) children[element] = allFieldsOf(inner, zero);
  }
  return makeNode(true, children)!;
}

/** Items that have their name twice are owned as one, without what is inside. */
function itemsOf(
  shape: ListShape,
  items: readonly unknown[],
  nodeOf: (item: unknown) => FieldSet,
): Children {
  const children: Children = {};
  for (const item of items) {
    const element = itemElement(shape, item);
    children[element] = children[element] ? leaf : nodeOf(item);
  }
  return children;
}

const isEmptyObject = (value: unknown): boolean =>
  isPlainObject(value) && Object.keys(value).length === 0;
