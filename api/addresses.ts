/** IP addresses and blocks of them, of both families, as numbers. */
import { isIpv4Address, isIpv6Address } from './names.ts';

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface Block extends Address {
  readonly prefix: number;
  /** The block's own address, without bits beyond the prefix. */
  readonly network: bigint;
}

/** Undefined for what is no address. Leading zeros, once octal to some, make it none. */
export function parseAddress(text: string): Address | undefined {
  if (isIpv4Address(text)) return { bits: 32, value: ipv4Value(text) };
  if (isIpv6Address(text)) return { bits: 128, value: ipv6Value(text) };
  return undefined;
}

/** Undefined for what is no block. Bits beyond the prefix are no reason: see `network`. */
export function parseBlock(text: string): Block | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (!address || !/^(0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  const prefix = Number(digits);
  if (prefix > address.bits) return undefined;
  const free = BigInt(address.bits - prefix);
  return { ...address, prefix, network: (address.value >> free) << free };
}

/** The one way to write it: for IPv6 that of RFC 5952. */
export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return groupsOf(value, 4, 8n).join('.');
  const groups = groupsOf(value, 8, 16n).map((group) => group.toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

export const formatBlock = (block: Block): string => `${formatAddress(block)}/${block.prefix}`;

/** Whether the inner block lies in the outer one; a block lies in itself. */
export function containsBlock(outer: Block, inner: Block): boolean {
  if (outer.bits !== inner.bits || outer.prefix > inner.prefix) return false;
  const free = BigInt(outer.bits - outer.prefix);
  return outer.network >> free === inner.network >> free;
}

const ipv4Value = (text: string) =>
  text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);

function ipv6Value(text: string): bigint {
  const tail = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  const end = tail === undefined ? '' : ipv4Groups(tail);
  const plain = tail === undefined ? text : text.slice(0, -tail.length) + end;
  const [head = '', rest] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest ? rest.split(':') : [];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const groups = rest === undefined ? left : [...left, ...zeros, ...right];
  return groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n);
}

function ipv4Groups(text: string): string {
  const value = ipv4Value(text);
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function groupsOf(value: bigint, count: number, width: bigint): bigint[] {
  const mask = (1n << width) - 1n;
  return Array.from({ length: count }, (_, index) => {
    return (value >> (width * BigInt(count - 1 - index))) & mask;
  });
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
