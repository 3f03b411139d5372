import type { ServiceAccount } from '../../api/types/core-v1.generated.ts';

/** Undefined when it is there: what others wrote into it is theirs. */
export function planServiceAccount(
  namespace: string,
  known: ServiceAccount | undefined,
): ServiceAccount | undefined {
  return known ? undefined : { metadata: { name: 'default', namespace } };
}
