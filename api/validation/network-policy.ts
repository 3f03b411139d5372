import type { StatusCause } from '../../base/errors.ts';
import { containsBlock, parseBlock } from '../addresses.ts';
import { isPortName, isPortNumber, portProblem } from '../names.ts';
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../types/networking-v1.generated.ts';
import { checkBlock } from './addresses.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkSelector } from './selector.ts';

export const validateNetworkPolicy = (
  object: NetworkPolicy,
  old: NetworkPolicy | undefined,
): StatusCause[] => [
  ...validateMetadata(object, old, namespacedSubdomain),
  ...checkSpec(object.spec ?? {}, 'spec'),
];

function checkSpec(spec: NetworkPolicySpec, path: string): StatusCause[] {
  const { podSelector = {}, ingress = [], egress = [], policyTypes = [] } = spec;
  const causes = checkSelector(podSelector, `${path}.podSelector`);
  for (const [index, { ports, from }] of ingress.entries()) {
    const at = `${path}.ingress[${index}]`;
    causes.push(...checkPorts(ports, `${at}.ports`), ...checkPeers(from, `${at}.from`));
  }
  for (const [index, { ports, to }] of egress.entries()) {
    const at = `${path}.egress[${index}]`;
    causes.push(...checkPorts(ports, `${at}.ports`), ...checkPeers(to, `${at}.to`));
  }
  const types = ['Egress', 'Ingress'];
  if (policyTypes.length > types.length) {
    const detail = 'may not specify more than two policyTypes';
    return [...causes, invalidValue(`${path}.policyTypes`, policyTypes, detail)];
  }
  for (const [index, type] of policyTypes.entries()) {
    if (types.includes(type)) continue;
    causes.push(unsupportedValue(`${path}.policyTypes[${index}]`, type, types));
  }
  return causes;
}

const checkPorts = (ports: readonly NetworkPolicyPort[] = [], path: string) =>
  ports.flatMap((port, index) => checkPort(port, `${path}[${index}]`));

const protocols = ['TCP', 'UDP', 'SCTP'];

function checkPort({ protocol, port, endPort }: NetworkPolicyPort, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const refuseEnd = (value: unknown, detail: string) =>
    causes.push(invalidValue(`${path}.endPort`, value, detail));
  if (protocol !== undefined && !protocols.includes(protocol)) {
    causes.push(unsupportedValue(`${path}.protocol`, protocol, protocols));
  }
  if (port === undefined) {
    if (endPort !== undefined) {
      refuseEnd(endPort, 'may not be specified when `port` is not specified');
    }
  } else if (typeof port === 'string') {
    if (endPort !== undefined) {
      refuseEnd(endPort, 'may not be specified when `port` is non-numeric');
    }
    causes.push(...problemsOf(`${path}.port`, port, isPortName(port)));
  } else {
    if (!isPortNumber(port)) causes.push(invalidValue(`${path}.port`, port, portProblem));
    if (endPort === undefined) return causes;
    if (endPort < port) refuseEnd(port, 'must be greater than or equal to `port`');
    if (!isPortNumber(endPort)) refuseEnd(endPort, portProblem);
  }
  return causes;
}

const checkPeers = (peers: readonly NetworkPolicyPeer[] = [], path: string) =>
  peers.flatMap((peer, index) => checkPeer(peer, `${path}[${index}]`));

function checkPeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string) {
  const causes = [
    ...(podSelector ? checkSelector(podSelector, `${path}.podSelector`) : []),
    ...(namespaceSelector ? checkSelector(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...(ipBlock ? checkIpBlock(ipBlock, `${path}.ipBlock`) : []),
  ];
  const hasSelector = podSelector !== undefined || namespaceSelector !== undefined;
  if (!hasSelector && !ipBlock) causes.push(requiredValue(path, 'must specify a peer'));
  if (hasSelector && ipBlock) {
    causes.push(forbiddenValue(path, 'may not specify both ipBlock and another peer'));
  }
  return causes;
}

function checkIpBlock({ cidr, except = [] }: IPBlock, path: string): StatusCause[] {
  // An absent one is reported by the schema.
  if (cidr === undefined) return [];
  if (cidr === '') return [requiredValue(`${path}.cidr`)];
  const causes = checkBlock(`${path}.cidr`, cidr);
  const outer = parseBlock(cidr);
  if (!outer) return causes;
  for (const [index, text] of except.entries()) {
    const at = `${path}.except[${index}]`;
    const inner = parseBlock(text);
    causes.push(...checkBlock(at, text));
    if (!inner || (containsBlock(outer, inner) && inner.prefix > outer.prefix)) continue;
    causes.push(invalidValue(at, text, 'must be a strict subset of `cidr`'));
  }
  return causes;
}
