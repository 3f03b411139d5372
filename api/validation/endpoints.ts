/** Endpoints and EndpointSlices. */
import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isIpAddress,
  isIpv4Address,
  isIpv6Address,
  isPortNumber,
  portProblem,
} from '../names.ts';
import type { EndpointSubset, Endpoints } from '../types/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../types/discovery-v1.generated.ts';
import {
  duplicateValue,
  immutableDetail,
  invalidValue,
  problemsOf,
  requiredValue,
  tooManyValues,
} from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';

const ipProblem = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export const validateEndpoints = (object: Endpoints, old: Endpoints | undefined): StatusCause[] => [
  ...validateMetadata(object, old, namespacedSubdomain),
  ...(object.subsets ?? []).flatMap((subset, index) => checkSubset(subset, `subsets[${index}]`)),
];

function checkSubset(
  { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset,
  path: string,
) {
  const causes: StatusCause[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    causes.push(requiredValue(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [field, list] of Object.entries({ addresses, notReadyAddresses })) {
    for (const [index, { ip }] of list.entries()) {
      const at = `${path}.${field}[${index}].ip`;
      if (!isIpAddress(ip)) causes.push(invalidValue(at, ip, ipProblem));
      else if (isLocal(ip)) causes.push(invalidValue(at, ip, localProblem));
    }
  }
  for (const [index, { port, name }] of ports.entries()) {
    const at = `${path}.ports[${index}]`;
    if (ports.length > 1 && !name) causes.push(requiredValue(`${at}.name`));
    if (!isPortNumber(port)) causes.push(invalidValue(`${at}.port`, port, portProblem));
  }
  return causes;
}

// Such an address would let whoever writes Endpoints reach what listens on the nodes only.
const localProblem = 'may not be in the loopback range or the link-local range';
const isLocal = (ip: string) => /^(127\.|169\.254\.|::1$|fe80:)/i.test(ip);

export function validateEndpointSlice(
  slice: EndpointSlice,
  old: EndpointSlice | undefined,
): StatusCause[] {
  const { endpoints = [], ports = [], addressType } = slice;
  const causes = validateMetadata(slice, old, namespacedSubdomain);
  if (endpoints.length > 1000) causes.push(tooManyValues('endpoints', endpoints.length, 1000));
  if (ports.length > 100) causes.push(tooManyValues('ports', ports.length, 100));
  for (const [index, endpoint] of endpoints.entries()) {
    causes.push(...checkEndpoint(endpoint, addressType, `endpoints[${index}]`));
  }
  const names = new Set<string>();
  for (const [index, { name = '', port }] of ports.entries()) {
    const at = `ports[${index}]`;
    if (names.has(name)) causes.push(duplicateValue(`${at}.name`, name));
    names.add(name);
    if (name) causes.push(...problemsOf(`${at}.name`, name, isDns1123Label(name)));
    if (port !== undefined && !isPortNumber(port)) {
      causes.push(invalidValue(`${at}.port`, port, portProblem));
    }
  }
  if (old && old.addressType !== addressType) {
    causes.push(invalidValue('addressType', addressType, immutableDetail));
  }
  return causes;
}

function checkEndpoint({ addresses = [], hostname }: Endpoint, type: string, path: string) {
  const causes: StatusCause[] = [];
  if (addresses.length === 0) {
    causes.push(requiredValue(`${path}.addresses`, 'must contain at least 1 address'));
  }
  if (addresses.length > 100) {
    causes.push(tooManyValues(`${path}.addresses`, addresses.length, 100));
  }
  for (const [index, address] of addresses.entries()) {
    const at = `${path}.addresses[${index}]`;
    causes.push(...problemsOf(at, address, addressChecks.get(type)?.(address) ?? []));
  }
  if (hostname) causes.push(...problemsOf(`${path}.hostname`, hostname, isDns1123Label(hostname)));
  return causes;
}

const addressChecks = new Map<string, (address: string) => string[]>([
  ['IPv4', (ip) => (isIpv4Address(ip) ? localProblems(ip) : ['must be a valid IPv4 address'])],
  ['IPv6', (ip) => (isIpv6Address(ip) ? localProblems(ip) : ['must be a valid IPv6 address'])],
  ['FQDN', isDns1123Subdomain],
]);

const localProblems = (ip: string) => (isLocal(ip) ? [localProblem] : []);
