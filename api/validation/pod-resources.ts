/** Amounts of CPU, memory and other resources that containers and pods ask for. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../names.ts';
import { aggregateRequests } from '../pod-requests.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import type {
  PodResourceClaim,
  PodSpec,
  ResourceClaim,
  ResourceRequirements,
} from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  notFoundValue,
  problemsOf,
  requiredValue,
} from './cause.ts';
import { notNegativeDetail } from './numbers.ts';
import type { PodScope } from './pod-scope.ts';
import {
  checkContainerResourceName,
  checkPodResourceName,
  checkResourceAmount,
  isHugePages,
  mayOvercommit,
} from './resource-names.ts';

type Amounts = Readonly<Record<string, string>>;
type NameCheck = (name: string, field: string) => StatusCause[];

export const checkResources = (
  resources: ResourceRequirements,
  path: string,
  { resourceClaims }: Pick<PodScope, 'resourceClaims'> = { resourceClaims: new Set() },
): StatusCause[] => [
  ...checkRequirements(resources, path, checkContainerResourceName),
  ...checkClaimNames(resources.claims ?? [], `${path}.claims`, resourceClaims),
];

/** What a pod needs beside its containers. */
export const checkOverhead = (overhead: Amounts, path: string): StatusCause[] =>
  checkRequirements({ limits: { ...overhead } }, path, checkContainerResourceName);

function checkRequirements(resources: ResourceRequirements, path: string, checkName: NameCheck) {
  const { limits = {}, requests = {} } = resources;
  const causes: StatusCause[] = [];
  for (const [list, amounts] of Object.entries({ limits, requests })) {
    for (const [name, amount] of Object.entries(amounts)) {
      const field = `${path}.${list}[${name}]`;
      causes.push(...checkName(name, field), ...checkResourceAmount(name, amount, field));
      causes.push(...checkPages(name, amount, field));
      if (list === 'requests') causes.push(...checkLimit(name, amount, { limits, path }));
    }
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    causes.push(forbiddenValue(path, 'HugePages require cpu or memory'));
  }
  return causes;
}

interface Limits {
  readonly limits: Amounts;
  readonly path: string;
}

function checkLimit(name: string, amount: string, { limits, path }: Limits): StatusCause[] {
  const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
  if (limit === undefined) {
    const detail = 'Limit must be set for non overcommitable resources';
    return mayOvercommit(name) ? [] : [requiredValue(`${path}.limits`, detail)];
  }
  const order = compareQuantities(amount, limit);
  if (order !== 0 && !mayOvercommit(name)) {
    const detail = `must be equal to ${name} limit of ${limit}`;
    return [invalidValue(`${path}.requests`, amount, detail)];
  }
  if (order <= 0) return [];
  const detail = `must be less than or equal to ${name} limit of ${limit}`;
  return [invalidValue(`${path}.requests`, amount, detail)];
}

/** Whole pages: `hugepages-2Mi: 100Mi`. */
function checkPages(name: string, amount: string, field: string): StatusCause[] {
  if (!isHugePages(name)) return [];
  const problem = invalidValue(
    field,
    amount,
    `${amount} is not positive integer multiple of ${name}`,
  );
  try {
    const page = parseQuantity(name.slice('hugepages-'.length)).nano;
    const isWhole = page > 0n && parseQuantity(amount).nano % page === 0n;
    return isWhole ? [] : [problem];
  } catch {
    return [problem];
  }
}

/** Devices: each claim, or each request in it, once. */
function checkClaimNames(
  claims: readonly ResourceClaim[],
  path: string,
  known: ReadonlySet<string>,
): StatusCause[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name, request = '' }, index) => {
    const field = `${path}[${index}]`;
    if (!name) return [requiredValue(field)];
    const key = request ? `${name}/${request}` : name;
    const causes = request ? problemsOf(`${field}.request`, request, isDns1123Label(request)) : [];
    const isCovered = seen.has(name) || seen.has(key);
    const coversOthers = !request && [...seen].some((each) => each.startsWith(`${name}/`));
    if (isCovered || coversOthers) causes.push(duplicateValue(field, seen.has(name) ? name : key));
    seen.add(key);
    if (!known.has(name)) causes.push(unknownClaim(field, name, known));
    return causes;
  });
}

function unknownClaim(field: string, name: string, known: ReadonlySet<string>): StatusCause {
  const names = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
  const cause = notFoundValue(field, name);
  return {
    ...cause,
    message: `${cause.message}: must be one of the names in pod.spec.resourceClaims${names}`,
  };
}

/** spec.resourceClaims: a claim that is there, or one to be made for the pod. */
export function checkResourceClaims(claims: readonly PodResourceClaim[], path: string) {
  const seen = new Set<string>();
  return claims.flatMap((claim, index) => {
    const at = `${path}[${index}]`;
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const causes: StatusCause[] = [];
    if (name === '') causes.push(requiredValue(`${at}.name`));
    else if (seen.has(name)) causes.push(duplicateValue(`${at}.name`, name));
    else if (name) causes.push(...problemsOf(`${at}.name`, name, isDns1123Label(name)));
    seen.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const detail =
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      causes.push(invalidValue(at, claim, detail));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const detail = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      causes.push(invalidValue(at, claim, detail));
    }
    for (const [field, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName })) {
      if (value === undefined) continue;
      causes.push(...problemsOf(`${at}.${field}`, value, isDns1123Subdomain(value)));
    }
    return causes;
  });
}

/** Of the whole pod: at least what its containers request, and no less than any one's limit. */
export function checkPodResources(spec: PodSpec, path: string): StatusCause[] {
  const { resources } = spec;
  if (!resources) return [];
  const causes: StatusCause[] = [];
  if (resources.claims) {
    const detail = 'claims cannot be set for Resources at pod-level';
    causes.push(forbiddenValue(`${path}.claims`, detail));
  }
  causes.push(...checkRequirements(resources, path, checkPodResourceName));
  const { requests = {}, limits = {} } = resources;
  for (const [name, sum] of aggregateRequests(spec)) {
    const amount = Object.hasOwn(requests, name) ? requests[name]! : '0';
    if (name.includes('/') || name === 'ephemeral-storage') continue; // No pod has these as a whole.
    if (compareQuantities(sum, amount) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${sum}`;
    causes.push(invalidValue(`${path}.requests[${name}]`, amount, detail));
  }
  for (const [index, container] of spec.containers.entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const ofPod = Object.hasOwn(limits, name) ? limits[name] : undefined;
      if (ofPod === undefined || compareQuantities(limit, ofPod) <= 0) continue;
      const detail = `must be less than or equal to pod limits of ${ofPod}`;
      causes.push(invalidValue(`${path}.containers[${index}][${name}].limits`, limit, detail));
    }
  }
  return causes;
}

/** Names and signs, for any list of resources. */
export function checkAmounts(amounts: Amounts = {}, path: string): StatusCause[] {
  return Object.entries(amounts).flatMap(([name, amount]) => {
    const field = `${path}[${name}]`;
    const causes = problemsOf(field, name, isQualifiedName(name));
    if (parseQuantity(amount).nano < 0n) {
      causes.push(invalidValue(field, amount, notNegativeDetail));
    }
    return causes;
  });
}
