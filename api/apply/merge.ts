/** Lays an applied configuration over an object: what it says wins, what it leaves out stays. */
import { isPlainObject, type PlainObject, setOwn } from '../own.ts';
import { itemElement } from './path-element.ts';
import { type ListShape, type MapShape, type Shape, settleShape, shapeOfKey } from './shape.ts';

/** A new value that shares parts with both; neither is changed. */
export function mergeApplied(shape: Shape, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const settled = settleShape(shape, applied ?? live);
  if (settled.is === 'scalar' || isBare(applied)) return isKept(settled, live, applied);
  if (settled.is === 'list' && settled.relation !== 'atomic' && Array.isArray(applied)) {
    return mergeItems(settled, Array.isArray(live) ? live : [], applied);
  }
  if (settled.is === 'map' && !settled.isAtomic && isPlainObject(applied)) {
    return mergeKeys(settled, isPlainObject(live) ? live : {}, applied);
  }
  return applied;
}

/** Nothing, said of a map or list with owners inside, takes nothing away from it. */
function isKept(shape: Shape, live: unknown, applied: unknown): unknown {
  const hasParts =
    (shape.is === 'map' && !shape.isAtomic && isPlainObject(live)) ||
    (shape.is === 'list' && shape.relation !== 'atomic' && Array.isArray(live));
  return hasParts && !isBare(live) ? live : applied;
}

function isBare(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function mergeKeys(shape: MapShape, live: PlainObject, applied: PlainObject): PlainObject {
  const result = { ...live };
  for (const [key, value] of Object.entries(applied)) {
    const inner = shapeOfKey(shape, key);
    const before = Object.hasOwn(live, key) ? live[key] : undefined;
    if (inner) setOwn(result, key, mergeApplied(inner, before, value));
  }
  return result;
}

/**
 * Items that both have stand in the applied order; those that only the object has keep their
 * place among them.
 */
function mergeItems(shape: ListShape, live: readonly unknown[], applied: readonly unknown[]) {
  const before = index(shape, live);
  const after = index(shape, applied);
  const wanted = after.elements.filter((element) => before.byElement.has(element));
  const merged = new Set<string>();
  const result: unknown[] = [];
  const take = (element: string) => {
    merged.add(element);
    if (wanted[0] === element) wanted.shift();
    const old = before.byElement.get(element);
    result.push(mergeApplied(shape.item, old, after.byElement.get(element)));
  };
  let next = 0;
  for (let at = 0; at < live.length; at += 1) {
    const element = before.elements[at]!;
    if (!after.byElement.has(element)) {
      result.push(live[at]);
      continue;
    }
    // Only where the applied order allows it does a shared item stay where it was.
    if (merged.has(element) || wanted[0] !== element) continue;
    while (next < applied.length && !merged.has(element)) take(after.elements[next++]!);
  }
  while (next < applied.length) take(after.elements[next++]!);
  return result;
}

/** Items that the object has twice are not merged with what is applied, but replaced by it. */
function index(shape: ListShape, items: readonly unknown[]) {
  const elements = items.map((item) => itemElement(shape, item));
  const byElement = new Map<string, unknown>();
  for (const [at, element] of elements.entries()) {
    byElement.set(element, byElement.has(element) ? undefined : items[at]);
  }
  return { elements, byElement };
}
