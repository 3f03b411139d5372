/** Counts, and shares as a number or a percentage. */
import type { StatusCause } from '../../base/errors.ts';
import type { IntOrString } from '../types/meta-v1.generated.ts';
import { invalidValue } from './cause.ts';

export const notNegativeDetail = 'must be greater than or equal to 0';

export function notNegative(field: string, value: number | undefined): StatusCause[] {
  if (value === undefined || value >= 0) return [];
  return [invalidValue(field, value, notNegativeDetail)];
}

/** A number of pods, or a share of them: 3, `25%`. */
export function checkShare(field: string, value: IntOrString | undefined): StatusCause[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return notNegative(field, value);
  if (isPercentage(value)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' " +
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalidValue(field, value, detail)];
}

export function checkAtMostAll(field: string, value: IntOrString | undefined): StatusCause[] {
  if (typeof value !== 'string' || !isPercentage(value) || shareOf(value) <= 100) return [];
  return [invalidValue(field, value, 'must not be greater than 100%')];
}

/** The number itself, or that of the percentage; 0 for other texts. */
export function shareOf(value: IntOrString | undefined): number {
  if (typeof value === 'number') return value;
  return value && isPercentage(value) ? Number.parseInt(value, 10) : 0;
}

const isPercentage = (text: string) => /^[0-9]+%$/.test(text);
