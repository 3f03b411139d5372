/** Addresses and blocks in fields, and the kinds that stand for them. */
import type { StatusCause } from '../../base/errors.ts';
import {
  containsBlock,
  formatAddress,
  formatBlock,
  parseAddress,
  parseBlock,
} from '../addresses.ts';
import { isDns1123Subdomain, isPathSegmentName, type NameCheck } from '../names.ts';
import type { IPAddress, ParentReference, ServiceCIDR } from '../types/networking-v1.generated.ts';
import { immutableDetail, invalidValue, problemsOf, requiredValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';

export const addressProblem = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
export const blockProblem = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

export const checkAddress = (path: string, text: string): StatusCause[] =>
  parseAddress(text) ? [] : [invalidValue(path, text, addressProblem)];

/**
 * Addresses that mean a machine's own: whoever could have traffic sent to them would reach what
 * listens on the nodes only.
 */
export function checkOrdinary(path: string, text: string): StatusCause[] {
  const inner = parseBlock(text.includes(':') ? `${text}/128` : `${text}/32`);
  if (!inner) return [invalidValue(path, text, addressProblem)];
  if (inner.value === 0n) return [invalidValue(path, text, `may not be unspecified (${text})`)];
  return specialRanges
    .filter(({ blocks }) => blocks.some((block) => containsBlock(block, inner)))
    .map(({ detail }) => invalidValue(path, text, detail));
}

const specialRanges = [
  { name: 'loopback range', texts: ['127.0.0.0/8', '::1/128'] },
  { name: 'link-local range', texts: ['169.254.0.0/16', 'fe80::/10'] },
  { name: 'link-local multicast range', texts: ['224.0.0.0/24', 'ff02::/10'] },
].map(({ name, texts }) => ({
  detail: `may not be in the ${name} (${texts.join(', ')})`,
  blocks: texts.flatMap((text) => parseBlock(text) ?? []),
}));

/** As old fields take it: with bits beyond the prefix, and any way to write it. */
export const checkBlock = (path: string, text: string): StatusCause[] =>
  parseBlock(text) ? [] : [invalidValue(path, text, blockProblem)];

/** As new fields want it: there is one way to write a block, so that texts can be compared. */
export function checkCanonicalBlock(path: string, text: string): StatusCause[] {
  const block = parseBlock(text);
  if (!block) return [invalidValue(path, text, blockProblem)];
  if (block.network !== block.value) {
    return [invalidValue(path, text, 'must not have bits set beyond the prefix length')];
  }
  const wanted = formatBlock(block);
  if (wanted === text) return [];
  return [invalidValue(path, text, `must be in canonical form ("${wanted}")`)];
}

const isAddressName: NameCheck = (value) => {
  const address = parseAddress(value);
  if (!address) return [addressProblem];
  const wanted = formatAddress(address);
  return wanted === value ? [] : [`must be in canonical form ("${wanted}")`];
};

export function validateIpAddress(object: IPAddress, old: IPAddress | undefined): StatusCause[] {
  const parent = object.spec?.parentRef;
  return [
    ...validateMetadata(object, old, { namespaced: false, name: isAddressName }),
    ...(parent ? checkParent(parent, 'spec.parentRef') : []),
    ...(old ? checkImmutable('spec.parentRef', parent, old.spec.parentRef) : []),
  ];
}

function checkParent(parent: ParentReference, path: string): StatusCause[] {
  const { group, resource, namespace, name } = parent;
  const causes = group ? problemsOf(`${path}.group`, group, isDns1123Subdomain(group)) : [];
  for (const [field, value] of Object.entries({ resource, name })) {
    if (value) causes.push(...problemsOf(`${path}.${field}`, value, isPathSegmentName(value)));
    else causes.push(requiredValue(`${path}.${field}`));
  }
  if (namespace) {
    causes.push(...problemsOf(`${path}.namespace`, namespace, isPathSegmentName(namespace)));
  }
  return causes;
}

export function validateServiceCidr(object: ServiceCIDR, old: ServiceCIDR | undefined) {
  const causes = validateMetadata(object, old, clusterSubdomain);
  const { cidrs = [] } = object.spec ?? {};
  const before = old?.spec?.cidrs ?? [];
  if (!old) return [...causes, ...checkServiceBlocks(cidrs)];
  const isGrown = before.length === 1 && cidrs.length === 2;
  if (cidrs.length !== before.length && !isGrown) {
    return [...causes, invalidValue('spec.cidrs', cidrs, immutableDetail)];
  }
  for (const [index, cidr] of before.entries()) {
    causes.push(...checkImmutable(`spec.cidrs[${index}]`, cidrs[index], cidr));
  }
  // A second family may come later.
  return isGrown ? [...causes, ...checkServiceBlocks(cidrs)] : causes;
}

function checkServiceBlocks(cidrs: readonly string[]): StatusCause[] {
  const path = 'spec.cidrs';
  if (cidrs.length === 0) return [requiredValue(path, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidValue(path, cidrs, 'may only hold up to 2 values')];
  const causes = cidrs.flatMap((cidr, index) => checkCanonicalBlock(`${path}[${index}]`, cidr));
  const families = new Set(cidrs.map((cidr) => parseBlock(cidr)?.bits));
  if (causes.length === 0 && families.size < cidrs.length) {
    const detail =
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    return [invalidValue(path, cidrs, detail)];
  }
  return causes;
}
