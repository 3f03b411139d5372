/**
 * Whether a JSON value has more than `max` levels. Asked before anything that walks a value to its
 * end (cloning, serialising): the stack ends some thousand levels down.
 */
export function isDeeperThan(value: unknown, max: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (max === 0) return true;
  return Object.values(value).some((each) => isDeeperThan(each, max - 1));
}
