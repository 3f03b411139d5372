/** Whether a configuration fits its shape at all: one that does not is refused before any merge. */
import { isPlainObject } from '../own.ts';
import { fieldElement, itemElement, showElement, UnnamedItem } from './path-element.ts';
import {
  type ListShape,
  type MapShape,
  type ScalarShape,
  type Shape,
  settleShape,
} from './shape.ts';

/** What is wrong, in upstream's words: `.spec.imagee: field not declared in schema`. */
export function misfitsOf(shape: Shape, value: unknown): string[] {
  const misfits: string[] = [];
  check(shape, value, { path: '', misfits });
  return misfits;
}

/** One line, or a list. */
export const showMisfits = (misfits: readonly string[]): string =>
  misfits.length === 1
    ? misfits[0]!
    : ['errors:', ...misfits.map((each) => `  ${each}`)].join('\n');

interface Walk {
  readonly path: string;
  readonly misfits: string[];
}

const report = ({ path, misfits }: Walk, what: string): void => {
  misfits.push(path ? `${path}: ${what}` : what);
};

function check(shape: Shape, value: unknown, walk: Walk): void {
  if (value === null || value === undefined) return;
  const settled = settleShape(shape, value);
  if (settled.is === 'scalar') checkScalar(settled, value, walk);
  else if (settled.is === 'list') checkList(settled, value, walk);
  else checkMap(settled, value, walk);
}

function checkScalar({ kind }: ScalarShape, value: unknown, walk: Walk): void {
  const type = typeof value;
  if (kind === 'any') {
    if (type === 'object') report(walk, `expected any scalar, got ${shown(value)}`);
  } else if (kind === 'numeric') {
    if (type !== 'number' && type !== 'bigint')
      report(walk, `expected numeric (int or float), got ${goTypeOf(value)}`);
  } else if (type !== kind) {
    const text = `&value.valueUnstructured{Value:${shownBare(value)}}`;
    report(walk, `expected ${kind}, got ${kind === 'string' ? text : shown(value)}`);
  }
}

function checkList(shape: ListShape, value: unknown, walk: Walk): void {
  if (!Array.isArray(value)) report(walk, `expected list, got ${shown(value)}`);
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const element = elementOf(shape, { index, item }, walk);
    if (element === undefined) return;
    if (seen.has(element)) report(walk, `duplicate entries for key ${showElement(element)}`);
    seen.add(element);
    check(shape.item, item, { ...walk, path: walk.path + showElement(element) });
  }
}

function elementOf(
  shape: ListShape,
  { index, item }: { readonly index: number; readonly item: unknown },
  walk: Walk,
): string | undefined {
  if (shape.relation === 'atomic') return `i:${index}`;
  try {
    return itemElement(shape, item);
  } catch (error) {
    if (!(error instanceof UnnamedItem)) throw error;
    report(walk, `element ${index}: ${error.message}`);
    return undefined;
  }
}

function checkMap(shape: MapShape, value: unknown, walk: Walk): void {
  if (!isPlainObject(value)) report(walk, `expected map, got ${shown(value)}`);
  for (const [key, each] of Object.entries(isPlainObject(value) ? value : {})) {
    const inner = shape.fields.get(key)?.shape ?? shape.values;
    const below = { ...walk, path: walk.path + showElement(fieldElement(key)) };
    if (inner) check(inner, each, below);
    else report(below, 'field not declared in schema');
  }
}

const shown = (value: unknown): string => `&{${shownBare(value)}}`;
const shownBare = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'map[string]interface {}' : typeof value;
}
