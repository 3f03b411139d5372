import { isPlainObject } from '../own.ts';

/** Deep equality of JSON values; an absent field, an empty list and an empty map are alike. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a) && isEmpty(b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => isSame(each, b[index]));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const [left, right] = [ownOf(a, key), ownOf(b, key)];
    if (!isSame(left, right)) return false;
  }
  return true;
}

const ownOf = (object: Record<string, unknown>, key: string) =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** Lists and maps only: an empty string or a zero may well differ from nothing. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.length === 0;
}
