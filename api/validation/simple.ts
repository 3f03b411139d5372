/** Kinds with few rules of their own. */
import type { StatusCause } from '../../base/errors.ts';
import type { Lease } from '../types/coordination-v1.generated.ts';
import type { ServiceAccount } from '../types/core-v1.generated.ts';
import { invalidValue, requiredValue } from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';

export const validateServiceAccount = (account: ServiceAccount, old: ServiceAccount | undefined) =>
  validateMetadata(account, old, namespacedSubdomain);

export function validateLease(lease: Lease, old: Lease | undefined): StatusCause[] {
  const causes = validateMetadata(lease, old, namespacedSubdomain);
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = lease.spec ?? {};
  if (seconds !== undefined && seconds <= 0) {
    causes.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  }
  if (transitions !== undefined && transitions < 0) {
    const detail = 'must be greater than or equal to 0';
    causes.push(invalidValue('spec.leaseTransitions', transitions, detail));
  }
  const { strategy, preferredHolder } = lease.spec ?? {};
  if (strategy === '') causes.push(invalidValue('spec.strategy', '', 'must not be empty'));
  if (preferredHolder && !strategy) {
    causes.push(requiredValue('spec.strategy', 'must be specified when `preferredHolder` is set'));
  }
  return causes;
}
