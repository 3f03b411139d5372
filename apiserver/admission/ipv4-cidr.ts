/** IPv4 blocks: addresses as numbers within their block. Pure. */

export interface Cidr {
  readonly text: string; // `10.43.0.0/16`
  readonly base: number; // The network address.
  readonly size: number; // Addresses in all, network and broadcast included.
}

/** @throws Error when the text is no IPv4 block or has bits beyond its prefix */
export function parseCidr(text: string): Cidr {
  const [address = '', prefix = ''] = text.split('/');
  const base = parseAddress(address);
  const bits = /^\d{1,2}$/.test(prefix) ? Number(prefix) : 33;
  if (base === undefined || bits > 32) throw new Error(`${text} is no IPv4 CIDR block`);
  const size = 2 ** (32 - bits);
  if (base % size !== 0) throw new Error(`${text} has bits set beyond its prefix`);
  return { text, base, size };
}

/** Undefined unless it is four decimal numbers; leading zeros, once octal to some, are refused. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** The address at an offset: 1 in 10.43.0.0/16 is 10.43.0.1. */
export const addressAt = ({ base }: Cidr, offset: number): string => formatAddress(base + offset);

/** Undefined for an address outside the block, the network and the broadcast address. */
export function offsetOf({ base, size }: Cidr, address: string): number | undefined {
  const value = parseAddress(address);
  if (value === undefined) return undefined;
  const offset = value - base;
  return offset >= 1 && offset <= lastOffset({ size }) ? offset : undefined;
}

/** Of the last address to give out: the broadcast address stays free, except in tiny blocks. */
export const lastOffset = ({ size }: Pick<Cidr, 'size'>): number =>
  size > 2 ? size - 2 : size - 1;
