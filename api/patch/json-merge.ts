/** JSON merge patch, RFC 7386. */
import { isPlainObject, setOwn } from '../own.ts';
import { checkDepth } from './patch-error.ts';

/** Changes `target`, which may be anything, and returns what it became. */
export function mergeJson(target: unknown, patch: unknown, depth = 0): unknown {
  checkDepth(depth);
  if (!isPlainObject(patch)) return patch;
  const result = isPlainObject(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else {
      const before = Object.hasOwn(result, key) ? result[key] : undefined;
      setOwn(result, key, mergeJson(before, value, depth + 1));
    }
  }
  return result;
}
