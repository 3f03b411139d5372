import type { StatusCause } from '../../base/errors.ts';
import type { ControllerRevision } from '../types/apps-v1.generated.ts';
import { requiredValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { notNegative } from './numbers.ts';

/** A state that was: its number may change, what it holds may not. */
export const validateControllerRevision = (
  revision: ControllerRevision,
  old: ControllerRevision | undefined,
): StatusCause[] => [
  ...validateMetadata(revision, old, namespacedSubdomain),
  ...(revision.data === undefined ? [requiredValue('data', 'data is mandatory')] : []),
  ...notNegative('revision', revision.revision),
  ...(old ? checkImmutable('data', revision.data, old.data) : []),
];
