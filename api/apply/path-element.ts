/** What names one place among its neighbours: as managedFields writes it, and as people read it. */
import { isPlainObject, type PlainObject } from '../own.ts';
import type { ListShape } from './shape.ts';

export const fieldElement = (name: string): string => `f:${name}`;

/** Why an item of a list has no name; upstream's words. */
export class UnnamedItem extends Error {}

/**
 * The element of an item of a set or keyed list.
 * @throws UnnamedItem
 */
export function itemElement({ relation, keys }: ListShape, item: unknown): string {
  if (relation === 'set') return `v:${JSON.stringify(checkSetItem(item))}`;
  if (item === null)
    throw new UnnamedItem('associative list with keys may not have a null element');
  if (!isPlainObject(item)) {
    throw new UnnamedItem('associative list with keys may not have non-map elements');
  }
  let text = '';
  for (const key of keys) {
    const value = keyValue(item, key.name) ?? key.default;
    if (value === undefined) {
      throw new UnnamedItem(
        `associative list with keys has an element that omits key field "${key.name}" ` +
          "(and doesn't have default value)",
      );
    }
    text += `${text && ','}${JSON.stringify(key.name)}:${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}

const keyValue = (item: PlainObject, name: string): unknown =>
  Object.hasOwn(item, name) ? item[name] : undefined;

function checkSetItem(item: unknown): unknown {
  const what = "associative list without keys has an element that's";
  if (item === null || item === undefined) throw new UnnamedItem(`${what} an explicit null`);
  if (Array.isArray(item)) {
    throw new UnnamedItem('not supported: associative list with lists as elements');
  }
  if (typeof item === 'object') throw new UnnamedItem(`${what} a map type`);
  return item;
}

/** `.spec.containers[name="web"].image`. */
export const showPath = (path: readonly string[]): string => path.map(showElement).join('');

export function showElement(element: string): string {
  const text = element.slice(2);
  if (element.startsWith('f:')) return `.${text}`;
  if (element.startsWith('i:')) return `[${text}]`;
  if (element.startsWith('v:')) return `[=${text}]`;
  const pairs = Object.entries(JSON.parse(text) as PlainObject);
  return `[${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

/**
 * An element as a client wrote it, in the one spelling that is compared; undefined if it is none.
 */
export function canonicalElement(element: string): string | undefined {
  if (element === '.' || element.startsWith('f:')) return element;
  const [kind, text] = [element.slice(0, 2), element.slice(2)];
  if (kind === 'i:') return /^\d+$/.test(text) ? element : undefined;
  if (kind !== 'v:' && kind !== 'k:') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (kind === 'v:') return `v:${JSON.stringify(value)}`;
    if (!isPlainObject(value)) return undefined;
    const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const pairs = sorted.map(([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`);
    return `k:{${pairs.join(',')}}`;
  } catch {
    return undefined;
  }
}
