/** What of a Service has no effect, or should be written in another way. */
import { formatAddress, formatBlock, parseAddress, parseBlock } from '../addresses.ts';
import type { Service, ServiceSpec } from '../types/core-v1.generated.ts';

export function serviceWarnings({ metadata, spec = {} }: Service): string[] {
  const warnings: string[] = [];
  if (metadata?.annotations?.[oldTopologyMark] !== undefined) {
    warnings.push(
      `annotation ${oldTopologyMark} is deprecated, please use ${topologyMark} instead`,
    );
  }
  if (spec.type === 'ExternalName' && spec.externalIPs?.length) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.clusterIP === 'None' && spec.sessionAffinity === 'ClientIP') {
    warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  return [...warnings, ...formWarnings(spec)];
}

const oldTopologyMark = 'service.kubernetes.io/topology-aware-hints';
const topologyMark = 'service.kubernetes.io/topology-mode';

/** Texts that mean the same address are not equal for whoever compares texts. */
function formWarnings(spec: ServiceSpec): string[] {
  const { clusterIPs = [], externalIPs = [], loadBalancerIP, loadBalancerSourceRanges = [] } = spec;
  const fields = Object.entries({ clusterIPs, externalIPs });
  const addresses = fields.flatMap(([field, list]) =>
    list.flatMap((ip, index) => addressWarning(`spec.${field}[${index}]`, ip)),
  );
  return [
    ...addresses,
    ...(loadBalancerIP ? addressWarning('spec.loadBalancerIP', loadBalancerIP) : []),
    ...loadBalancerSourceRanges.flatMap((range, index) =>
      rangeWarning(`spec.loadBalancerSourceRanges[${index}]`, range.trim()),
    ),
  ];
}

function addressWarning(path: string, text: string): string[] {
  const address = parseAddress(text);
  const wanted = address && formatAddress(address);
  if (wanted === undefined || wanted === text) return [];
  return [`${path}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${wanted}")`];
}

function rangeWarning(path: string, text: string): string[] {
  const block = parseBlock(text);
  if (!block) return [];
  const wanted = formatBlock({ ...block, value: block.network });
  if (wanted === text) return [];
  return block.network === block.value
    ? [`${path}: IPv6 prefix "${text}" should be in RFC 5952 canonical format ("${wanted}")`]
    : [`${path}: CIDR value "${text}" is ambiguous in this context (should be "${wanted}")`];
}
