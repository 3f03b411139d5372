/** Endpoints and EndpointSlices. */
import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isIpv4Address,
  isIpv6Address,
  isPortNumber,
  isQualifiedName,
  portProblem,
} from '../names.ts';
import type { EndpointAddress, EndpointSubset, Endpoints } from '../types/core-v1.generated.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../types/discovery-v1.generated.ts';
import { checkOrdinary } from './addresses.ts';
import { duplicateValue, invalidValue, problemsOf, requiredValue, tooManyValues } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { checkLabels, namespacedSubdomain, validateMetadata } from './metadata.ts';

export const validateEndpoints = (object: Endpoints, old: Endpoints | undefined): StatusCause[] => [
  ...validateMetadata(object, old, namespacedSubdomain),
  ...(object.subsets ?? []).flatMap((subset, index) => checkSubset(subset, `subsets[${index}]`)),
];

function checkSubset(subset: EndpointSubset, path: string): StatusCause[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const causes: StatusCause[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    causes.push(requiredValue(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [field, list] of Object.entries({ addresses, notReadyAddresses })) {
    for (const [index, address] of list.entries()) {
      causes.push(...checkTarget(address, `${path}.${field}[${index}]`));
    }
  }
  for (const [index, { port, name, appProtocol }] of ports.entries()) {
    const at = `${path}.ports[${index}]`;
    if (ports.length > 1 && !name) causes.push(requiredValue(`${at}.name`));
    if (name) causes.push(...problemsOf(`${at}.name`, name, isDns1123Label(name)));
    if (!isPortNumber(port)) causes.push(invalidValue(`${at}.port`, port, portProblem));
    causes.push(...checkProtocol(appProtocol, `${at}.appProtocol`));
  }
  return causes;
}

function checkTarget({ ip, hostname, nodeName }: EndpointAddress, path: string): StatusCause[] {
  return [
    ...checkOrdinary(`${path}.ip`, ip),
    ...(hostname ? problemsOf(`${path}.hostname`, hostname, isDns1123Label(hostname)) : []),
    ...checkNodeName(nodeName, `${path}.nodeName`),
  ];
}

const checkNodeName = (name: string | undefined, path: string): StatusCause[] =>
  name === undefined ? [] : problemsOf(path, name, isDns1123Subdomain(name));

const checkProtocol = (name: string | undefined, path: string): StatusCause[] =>
  name === undefined ? [] : problemsOf(path, name, isQualifiedName(name));

const endpointsMax = 1000;
const portsMax = 20_000;
const addressesMax = 100;
const topologyMax = 16;
const zonesMax = 8;

export function validateEndpointSlice(
  slice: EndpointSlice,
  old: EndpointSlice | undefined,
): StatusCause[] {
  const { endpoints, ports, addressType } = slice;
  return [
    ...validateMetadata(slice, old, namespacedSubdomain),
    ...checkMax(endpoints, 'endpoints', endpointsMax),
    ...(endpoints ?? []).flatMap((each, index) =>
      checkEndpoint(each, addressType, `endpoints[${index}]`),
    ),
    ...checkMax(ports, 'ports', portsMax),
    ...checkPorts(ports ?? []),
    ...(old ? checkImmutable('addressType', addressType, old.addressType) : []),
  ];
}

const checkMax = (list: readonly unknown[] | undefined, path: string, max: number) =>
  list && list.length > max ? [tooManyValues(path, list.length, max)] : [];

function checkPorts(ports: readonly EndpointPort[]): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, { name = '', port, appProtocol }] of ports.entries()) {
    const at = `ports[${index}]`;
    if (names.has(name)) causes.push(duplicateValue(`${at}.name`, name));
    names.add(name);
    if (name) causes.push(...problemsOf(`${at}.name`, name, isDns1123Label(name)));
    if (port !== undefined && !isPortNumber(port)) {
      causes.push(invalidValue(`${at}.port`, port, portProblem));
    }
    causes.push(...checkProtocol(appProtocol, `${at}.appProtocol`));
  }
  return causes;
}

function checkEndpoint(endpoint: Endpoint, type: string, path: string): StatusCause[] {
  const { addresses, hostname, nodeName, deprecatedTopology = {}, hints } = endpoint;
  const causes: StatusCause[] = [];
  // An absent list is reported by the schema.
  if (addresses?.length === 0) {
    causes.push(requiredValue(`${path}.addresses`, 'must contain at least 1 address'));
  }
  causes.push(...checkMax(addresses, `${path}.addresses`, addressesMax));
  for (const [index, address] of (addresses ?? []).entries()) {
    const at = `${path}.addresses[${index}]`;
    causes.push(...(addressChecks.get(type)?.(at, address) ?? []));
  }
  if (hostname !== undefined) {
    causes.push(...problemsOf(`${path}.hostname`, hostname, isDns1123Label(hostname)));
  }
  return [
    ...causes,
    ...checkNodeName(nodeName, `${path}.nodeName`),
    ...checkMax(Object.keys(deprecatedTopology), `${path}.deprecatedTopology`, topologyMax),
    ...checkLabels(deprecatedTopology, `${path}.deprecatedTopology`),
    ...checkMax(hints?.forZones, `${path}.hints.forZones`, zonesMax),
    ...checkMax(hints?.forNodes, `${path}.hints.forNodes`, zonesMax),
  ];
}

type AddressCheck = (path: string, address: string) => StatusCause[];

const addressChecks = new Map<string, AddressCheck>([
  [
    'IPv4',
    (path, ip) =>
      isIpv4Address(ip)
        ? checkOrdinary(path, ip)
        : [invalidValue(path, ip, 'must be a valid IPv4 address')],
  ],
  [
    'IPv6',
    (path, ip) =>
      isIpv6Address(ip)
        ? checkOrdinary(path, ip)
        : [invalidValue(path, ip, 'must be a valid IPv6 address')],
  ],
  ['FQDN', checkFullName],
]);

function checkFullName(path: string, text: string): StatusCause[] {
  if (text === '') return [requiredValue(path)];
  const name = text.replace(/\.$/, '');
  const problems = isDns1123Subdomain(name);
  if (problems.length > 0) return [invalidValue(path, name, problems.join(','))];
  if (name.includes('.')) return [];
  const detail = 'should be a domain with at least two segments separated by dots';
  return [invalidValue(path, name, detail)];
}
