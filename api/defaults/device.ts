import type {
  DeviceClaim,
  DeviceRequest,
  ResourceClaimSpec,
} from '../types/resource-v1.generated.ts';

/** What upstream fills into claims and their templates: one device for each request. */
export function defaultClaim(spec: ResourceClaimSpec | undefined): void {
  const { requests = [] }: DeviceClaim = spec?.devices ?? {};
  for (const { exactly, firstAvailable = [] } of requests as DeviceRequest[]) {
    for (const each of exactly ? [exactly, ...firstAvailable] : firstAvailable) {
      each.allocationMode ||= 'ExactCount';
      if (each.allocationMode === 'ExactCount') each.count ||= 1;
    }
  }
}
