/** Paths inside volumes and on nodes. */
import type { StatusCause } from '../../base/errors.ts';
import type { KeyToPath } from '../types/core-v1.generated.ts';
import { invalidValue, requiredValue } from './cause.ts';

/** It may not lead out of where it begins. */
export function checkNoBacksteps(path: string | undefined, field: string): StatusCause[] {
  if (!path?.split('/').includes('..')) return [];
  return [invalidValue(field, path, "must not contain '..'")];
}

/** Below a volume. */
export function checkInsidePath(path: string | undefined, field: string): StatusCause[] {
  if (!path) return [];
  return [
    ...(path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : []),
    ...checkNoBacksteps(path, field),
  ];
}

/** Of a file that the agent writes: names that begin with two dots are its own. */
export function checkFilePath(path: string | undefined, field: string): StatusCause[] {
  const causes = checkInsidePath(path, field);
  if (path?.startsWith('..') && !path.startsWith('../') && causes.length === 0) {
    causes.push(invalidValue(field, path, "must not start with '..'"));
  }
  return causes;
}

const fileModeDetail = 'must be a number between 0 and 0777 (octal), both inclusive';

export function checkFileMode(mode: number | undefined, field: string): StatusCause[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalidValue(field, mode, fileModeDetail)];
}

/** A key of a ConfigMap or Secret as a file. */
export const checkKeyToPath = ({ key, path, mode }: KeyToPath, at: string): StatusCause[] => [
  ...(key === '' ? [requiredValue(`${at}.key`)] : []),
  ...(path === '' ? [requiredValue(`${at}.path`)] : []),
  ...checkFilePath(path, `${at}.path`),
  ...checkFileMode(mode, `${at}.mode`),
];
