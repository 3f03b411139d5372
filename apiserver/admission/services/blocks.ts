/** Blocks of addresses that Services are given theirs from. Pure. */
import {
  type Block,
  formatAddress,
  formatBlock,
  parseAddress,
  parseBlock,
} from '../../../api/addresses.ts';

export type Family = 'IPv4' | 'IPv6';

/** As far as anybody will ever count: larger blocks are used up to here. */
const offsetMax = 2 ** 48;

/** @throws Error when the text is no block, or has bits beyond its prefix */
export function readBlock(text: string): Block {
  const block = parseBlock(text);
  if (!block) throw new Error(`${text} is no CIDR block`);
  if (block.network !== block.value) throw new Error(`${text} has bits set beyond its prefix`);
  return block;
}

/**
 * One block, or one of each family; the first is the cluster's own family.
 * @throws Error
 */
export function readBlocks(text: string): readonly Block[] {
  const blocks = text.split(',').map((part) => readBlock(part.trim()));
  const families = new Set(blocks.map(familyOf));
  if (families.size < blocks.length) throw new Error(`${text} has two blocks of one family`);
  return blocks;
}

export const familyOf = ({ bits }: { readonly bits: number }): Family =>
  bits === 32 ? 'IPv4' : 'IPv6';

export const familyOfText = (address: string): Family => (address.includes(':') ? 'IPv6' : 'IPv4');

/** Addresses in all; of huge blocks as many as are used. */
export function sizeOf({ bits, prefix }: Block): number {
  return Math.min(2 ** (bits - prefix), offsetMax);
}

/** Of the last address to give out: an IPv4 block keeps its broadcast address, if not tiny. */
export function lastOffset(block: Block): number {
  const size = sizeOf(block);
  return block.bits === 32 && size > 2 ? size - 2 : size - 1;
}

/** The address at an offset: 1 in 10.43.0.0/16 is 10.43.0.1. */
export const addressAt = ({ bits, network }: Block, offset: number): string =>
  formatAddress({ bits, value: network + BigInt(offset) });

/** Undefined for an address outside the block, its network and its broadcast address. */
export function offsetOf(block: Block, text: string): number | undefined {
  const address = parseAddress(text);
  if (address?.bits !== block.bits) return undefined;
  const offset = address.value - block.network;
  return offset >= 1n && offset <= BigInt(lastOffset(block)) ? Number(offset) : undefined;
}

/** As IPAddress objects are named. */
export function canonical(text: string): string {
  const address = parseAddress(text);
  return address ? formatAddress(address) : text;
}

export const describeBlocks = (blocks: readonly Block[]): string =>
  blocks.map(formatBlock).join(',');
