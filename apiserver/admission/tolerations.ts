/** Lists of tolerations put together. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Toleration } from '../../api/types/core-v1.generated.ts';

/** Those of the first list, then those of the second that nothing before them covers. */
export function mergeTolerations(
  first: readonly Toleration[],
  second: readonly Toleration[],
): Toleration[] {
  const all = [...first, ...second];
  return all.filter((one, index) => {
    const isEqualBefore = all.slice(0, index).some((each) => isDeepStrictEqual(each, one));
    const isCovered = all.some((each, other) => {
      return other !== index && !isDeepStrictEqual(each, one) && covers(each, one);
    });
    return !isEqualBefore && !isCovered;
  });
}

/** Whether everything that `narrow` tolerates is tolerated by `wide` too, for as long. */
export function covers(wide: Toleration, narrow: Toleration): boolean {
  if (wide.key ? wide.key !== narrow.key : wide.operator !== 'Exists') return false;
  if (wide.effect && wide.effect !== narrow.effect) return false;
  const seconds = wide.tolerationSeconds;
  if (seconds !== undefined && seconds !== null) {
    const asked = narrow.tolerationSeconds;
    if (asked === undefined || asked === null || asked > seconds) return false;
  }
  if (wide.operator === 'Exists') return true;
  return (
    narrow.operator !== 'Exists' &&
    (wide.operator ?? '') === (narrow.operator ?? '') &&
    (wide.value ?? '') === (narrow.value ?? '')
  );
}
