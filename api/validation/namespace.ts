import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label } from '../names.ts';
import type { Namespace } from '../types/core-v1.generated.ts';
import { invalidValue } from './cause.ts';
import { checkFinalizers, validateMetadata } from './metadata.ts';

export const validateNamespace = (
  namespace: Namespace,
  old: Namespace | undefined,
): StatusCause[] => [
  ...validateMetadata(namespace, old, { namespaced: false, name: isDns1123Label }),
  ...checkFinalizers(namespace.spec?.finalizers ?? [], 'spec.finalizers'),
  ...checkPhase(namespace),
];

function checkPhase({ metadata, status }: Namespace): StatusCause[] {
  const phase = status?.phase ?? '';
  if (phase === '') return [];
  const isEnding = metadata?.deletionTimestamp !== undefined;
  if (phase === (isEnding ? 'Terminating' : 'Active')) return [];
  const detail = isEnding
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalidValue('status.Phase', phase, detail)];
}
