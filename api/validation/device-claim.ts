/** Requests for devices: claims, and templates of claims. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain, isPathSegmentName } from '../names.ts';
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimTemplate,
} from '../types/resource-v1.generated.ts';
import {
  duplicateValue,
  invalidValue,
  problemsOf,
  requiredValue,
  tooManyValues,
  unsupportedValue,
} from './cause.ts';
import { checkAttributeName, checkDeviceConfig, checkDeviceSelectors } from './device-class.ts';
import { checkImmutable } from './immutable.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';

export const validateResourceClaim = (object: ResourceClaim, old: ResourceClaim | undefined) => [
  ...validateMetadata(object, old, namespacedSubdomain),
  ...checkClaim(object.spec?.devices ?? {}, 'spec.devices'),
  ...checkUsers(object.status?.reservedFor ?? [], 'status.reservedFor'),
  ...(old ? checkImmutable('spec', object.spec, old.spec) : []),
  ...checkAllocation(object, old),
];

export const validateResourceClaimTemplate = (
  object: ResourceClaimTemplate,
  old: ResourceClaimTemplate | undefined,
): StatusCause[] => [
  ...validateMetadata(object, old, namespacedSubdomain),
  ...checkClaim(object.spec?.spec?.devices ?? {}, 'spec.spec.devices'),
  ...(old ? checkImmutable('spec', object.spec, old.spec) : []),
];

const listMax = 32;
const choicesMax = 8;

function checkClaim(claim: DeviceClaim, path: string): StatusCause[] {
  const { requests = [], constraints = [], config = [] } = claim;
  const names = new Set(requests.flatMap(namesOf));
  const checkNames = (list: readonly string[] = [], at: string) =>
    list
      .map((name, index) => ({ name, at: `${at}[${index}]` }))
      .filter(({ name }) => !names.has(name))
      .map((each) => invalidValue(each.at, each.name, unknownRequest));
  return [
    ...checkMax(requests, `${path}.requests`, listMax),
    ...checkMax(constraints, `${path}.constraints`, listMax),
    ...checkMax(config, `${path}.config`, listMax),
    ...checkUnique(requests, `${path}.requests`),
    ...requests.flatMap((each, index) => checkRequest(each, `${path}.requests[${index}]`)),
    ...constraints.flatMap((each, index) => {
      const at = `${path}.constraints[${index}]`;
      return [...checkNames(each.requests, `${at}.requests`), ...checkConstraint(each, at)];
    }),
    ...config.flatMap((each, index) => {
      const at = `${path}.config[${index}]`;
      return [...checkNames(each.requests, `${at}.requests`), ...checkDeviceConfig(each, at)];
    }),
  ];
}

const unknownRequest =
  'must be the name of a request in the claim or the name of a request and a subrequest ' +
  "separated by '/'";

const namesOf = ({ name, firstAvailable = [] }: DeviceRequest): string[] => [
  name,
  ...firstAvailable.map((each) => `${name}/${each.name}`),
];

export const checkMax = (list: readonly unknown[], path: string, max: number): StatusCause[] =>
  list.length > max ? [tooManyValues(path, list.length, max)] : [];

export function checkUnique(list: readonly { readonly name: string }[], path: string) {
  const names = list.map(({ name }) => name);
  return names
    .map((name, index) => ({
      name,
      at: `${path}[${index}].name`,
      first: names.indexOf(name) === index,
    }))
    .filter(({ first }) => !first)
    .map(({ name, at }) => duplicateValue(at, name));
}

function checkRequest(request: DeviceRequest, path: string): StatusCause[] {
  const { name, exactly, firstAvailable = [] } = request;
  const causes = checkName(name, `${path}.name`);
  const detail = 'exactly one of `exactly` or `firstAvailable` is required';
  if (!exactly && firstAvailable.length === 0) causes.push(requiredValue(path, detail));
  if (exactly && firstAvailable.length > 0) {
    causes.push(invalidValue(path, undefined, `${detail}, but multiple fields are set`));
  }
  if (exactly) causes.push(...checkWanted(exactly, `${path}.exactly`));
  const at = `${path}.firstAvailable`;
  causes.push(...checkMax(firstAvailable, at, choicesMax), ...checkUnique(firstAvailable, at));
  for (const [index, each] of firstAvailable.entries()) {
    causes.push(...checkName(each.name, `${at}[${index}].name`));
    causes.push(...checkWanted(each, `${at}[${index}]`));
  }
  return causes;
}

const checkName = (name: string | undefined, path: string): StatusCause[] =>
  name === undefined ? [] : problemsOf(path, name, isDns1123Label(name));

function checkWanted(wanted: ExactDeviceRequest | DeviceSubRequest, path: string): StatusCause[] {
  const { deviceClassName: name, selectors = [], allocationMode: mode = '', count = 0 } = wanted;
  const causes = checkDeviceSelectors(selectors, `${path}.selectors`);
  if (name === '') causes.push(requiredValue(`${path}.deviceClassName`));
  else if (name !== undefined) {
    causes.push(...problemsOf(`${path}.deviceClassName`, name, isDns1123Subdomain(name)));
  }
  if (mode === 'All') {
    if (count === 0) return causes;
    const detail = "must not be specified when allocationMode is 'All'";
    causes.push(invalidValue(`${path}.count`, count, detail));
  } else if (mode !== 'ExactCount') {
    causes.push(unsupportedValue(`${path}.allocationMode`, mode, ['All', 'ExactCount']));
  } else if (count <= 0) {
    causes.push(invalidValue(`${path}.count`, count, 'must be greater than zero'));
  }
  return causes;
}

function checkConstraint({ matchAttribute, distinctAttribute }: DeviceConstraint, path: string) {
  if (matchAttribute !== undefined) {
    return checkAttributeName(matchAttribute, `${path}.matchAttribute`);
  }
  if (distinctAttribute !== undefined) {
    return checkAttributeName(distinctAttribute, `${path}.distinctAttribute`);
  }
  return [requiredValue(`${path}.matchAttribute`)];
}

const usersMax = 256;

function checkUsers(users: readonly ResourceClaimConsumerReference[], path: string) {
  const causes = checkMax(users, path, usersMax);
  const uids = users.map(({ uid }) => uid);
  for (const [index, { apiGroup, resource, name, uid }] of users.entries()) {
    const at = `${path}[${index}]`;
    if (apiGroup) {
      causes.push(...problemsOf(`${at}.apiGroup`, apiGroup, isDns1123Subdomain(apiGroup)));
    }
    for (const [field, value] of Object.entries({ resource, name, uid })) {
      if (!value) causes.push(requiredValue(`${at}.${field}`));
      else if (field === 'name') {
        causes.push(...problemsOf(`${at}.name`, value, isPathSegmentName(value)));
      }
    }
    if (uids.indexOf(uid) < index) causes.push(duplicateValue(`${at}.uid`, uid));
  }
  return causes;
}

/** Who uses a claim holds on to what was given: it may come and go, but not change. */
function checkAllocation({ status }: ResourceClaim, old: ResourceClaim | undefined) {
  const path = 'status.allocation';
  const users = status?.reservedFor?.length ?? 0;
  if (users > 0 && !status?.allocation) {
    const detail = 'may not be specified when `allocated` is not set';
    return [invalidValue('status.reservedFor', status?.reservedFor, detail)];
  }
  if (!old?.status?.allocation || !status?.allocation) return [];
  return checkImmutable(path, status.allocation, old.status.allocation);
}
