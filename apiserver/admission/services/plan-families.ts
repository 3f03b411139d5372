/**
 * Which families of addresses a Service has. Pure.
 *
 * Much of it is what the user did not say: it follows from the addresses, from what the Service
 * had before, and from the families that the cluster has.
 */
import type { Service, ServiceSpec } from '../../../api/types/core-v1.generated.ts';
import { invalidValue } from '../../../api/validation/cause.ts';
import type { StatusCause } from '../../../base/errors.ts';
import { type Family, familyOfText } from './blocks.ts';
import { clusterIpsOf, isSameList, needsClusterIp } from './plan-service.ts';

const both: readonly Family[] = ['IPv4', 'IPv6'];

/** `families`: what the cluster has, its own first. Changes the spec; all problems at once. */
export function planFamilies(
  spec: ServiceSpec,
  old: Service | undefined,
  families: readonly Family[],
): StatusCause[] {
  if (!needsClusterIp(spec)) return [];
  const before = old?.spec && needsClusterIp(old.spec) ? old.spec : undefined;
  // A cluster that gets a second family must not change Services that nobody touches.
  if (before && isSettled(spec, before)) return [];
  if (before) inherit(spec, before);
  const causes = inferFromAddresses(spec, families);
  if (causes.length > 0) return causes;
  if (clusterIpsOf(spec)[0] === 'None' && Object.keys(spec.selector ?? {}).length === 0) {
    planWithoutSelector(spec, families[0]!);
    return [];
  }
  causes.push(...checkRequested(spec, families));
  if (causes.length > 0) return causes;
  const isDual = (spec.ipFamilies?.length ?? 0) > 1 || clusterIpsOf(spec).length > 1;
  spec.ipFamilyPolicy ??= isDual ? 'RequireDualStack' : 'SingleStack';
  if (spec.ipFamilyPolicy === 'SingleStack' && isDual) return [refuseDual(spec)];
  spec.ipFamilies = complete(
    spec,
    families[0]!,
    spec.ipFamilyPolicy === 'SingleStack' ? [] : families,
  );
  return [];
}

function isSettled(spec: ServiceSpec, before: ServiceSpec): boolean {
  return (
    before.ipFamilyPolicy === 'PreferDualStack' &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    isSameList(spec.ipFamilies, before.ipFamilies) &&
    isSameList(clusterIpsOf(spec), clusterIpsOf(before))
  );
}

/** Clients that know nothing of families leave them out; who goes back to one says only so. */
function inherit(spec: ServiceSpec, before: ServiceSpec): void {
  const isNewlyDual = (spec.ipFamilies?.length ?? 0) > (before.ipFamilies?.length ?? 0);
  if (!isNewlyDual && before.ipFamilyPolicy) spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  if (!spec.ipFamilies?.length && before.ipFamilies) spec.ipFamilies = [...before.ipFamilies];
  if (spec.ipFamilyPolicy !== 'SingleStack' || before.ipFamilyPolicy === 'SingleStack') return;
  const { ipFamilies, clusterIPs } = spec;
  if (ipFamilies && isSameList(ipFamilies, before.ipFamilies)) {
    spec.ipFamilies = ipFamilies.slice(0, 1);
  }
  if (clusterIPs && isSameList(clusterIPs, before.clusterIPs)) {
    spec.clusterIPs = clusterIPs.slice(0, 1);
  }
}

function inferFromAddresses(spec: ServiceSpec, families: readonly Family[]): StatusCause[] {
  const causes: StatusCause[] = [];
  const known = [...(spec.ipFamilies ?? [])];
  for (const [index, address] of clusterIpsOf(spec).entries()) {
    if (address === 'None' || index < known.length) continue;
    const family = familyOfText(address);
    if (families.includes(family)) known.push(family);
    else {
      const detail = `${family} is not configured on this cluster`;
      causes.push(invalidValue(`spec.clusterIPs[${index}]`, spec.clusterIPs, detail));
    }
  }
  if (known.length > 0) spec.ipFamilies = known;
  return causes;
}

/** Whoever writes the endpoints by hand may write those of any family. */
function planWithoutSelector(spec: ServiceSpec, own: Family): void {
  spec.ipFamilyPolicy ??= 'RequireDualStack';
  spec.ipFamilies = complete(spec, own, spec.ipFamilyPolicy === 'SingleStack' ? [] : both);
}

function checkRequested(spec: ServiceSpec, families: readonly Family[]): StatusCause[] {
  const { ipFamilies = [], ipFamilyPolicy } = spec;
  const causes = ipFamilies.flatMap((family, index) =>
    families.includes(family as Family)
      ? []
      : [invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
  );
  const [first, second] = ipFamilies;
  if (first !== undefined && first === second) {
    causes.push(invalidValue('spec.ipFamilies[1]', second, 'must not be the same as the first'));
  }
  if (ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    const detail = 'this cluster is not configured for dual-stack services';
    causes.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, detail));
  }
  for (const [index, address] of clusterIpsOf(spec).entries()) {
    const family = ipFamilies[index];
    if (address === 'None' || !family || familyOfText(address) === family) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    causes.push(invalidValue(`spec.clusterIPs[${index}]`, address, detail));
  }
  return causes;
}

function refuseDual({ ipFamilyPolicy, ipFamilies = [] }: ServiceSpec): StatusCause {
  const what = ipFamilies.length > 1 ? 'IP families' : 'cluster IPs';
  const detail = `must be RequireDualStack or PreferDualStack when multiple ${what} are specified`;
  return invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, detail);
}

/** The families there are to be, those that the user named first. */
function complete(spec: ServiceSpec, own: Family, more: readonly Family[]): Family[] {
  const named = spec.ipFamilies as Family[] | undefined;
  const start = named?.length ? named : [own];
  return [...start, ...more.filter((family) => !start.includes(family))];
}
