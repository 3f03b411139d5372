import { parseQuantity } from '../quantity.ts';
import type { Container, PodSpec, ResourceRequirements } from '../types/core-v1.generated.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/**
 * Guaranteed: every container limits CPU and memory and requests as much. BestEffort: none asks
 * for either. Resources of the whole pod, where given, decide alone.
 */
export function podQosClass(spec: PodSpec | undefined): QosClass {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const asked = spec?.resources ? [spec.resources] : containers.map(resourcesOf);
  if (asked.every((each) => !asksForAny(each))) return 'BestEffort';
  return asked.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

const compute = ['cpu', 'memory'] as const;
const resourcesOf = (container: Container): ResourceRequirements => container.resources ?? {};

const asksForAny = ({ requests = {}, limits = {} }: ResourceRequirements): boolean =>
  compute.some((name) => amount(requests[name]) > 0n || amount(limits[name]) > 0n);

const isGuaranteed = ({ requests = {}, limits = {} }: ResourceRequirements): boolean =>
  compute.every((name) => {
    const limit = amount(limits[name]);
    return limit > 0n && amount(requests[name] ?? limits[name]) === limit;
  });

const amount = (quantity: string | undefined) => (quantity ? parseQuantity(quantity).nano : 0n);
