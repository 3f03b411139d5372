/** Whether two values say the same in JSON: an absent field and an undefined one are alike. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => isEqual(item, b[index]));
  }
  return isSameObject(a as Fields, b as Fields);
}

type Fields = Record<string, unknown>;

function isSameObject(a: Fields, b: Fields): boolean {
  let count = 0;
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue;
    if (!Object.hasOwn(b, key) || !isEqual(a[key], b[key])) return false;
    count += 1;
  }
  for (const key of Object.keys(b)) {
    if (b[key] !== undefined) count -= 1;
  }
  return count === 0;
}
