import type { StatusCause } from '../../base/errors.ts';
import { immutableDetail, invalidValue } from './cause.ts';
import { isSame } from './same.ts';

/** What was given when the object was made, and stays. */
export const checkImmutable = (
  path: string,
  value: unknown,
  old: unknown,
  detail = immutableDetail,
): StatusCause[] => (isSame(value, old) ? [] : [invalidValue(path, value, detail)]);
