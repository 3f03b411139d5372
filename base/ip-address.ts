/** IP addresses as text and as bytes in network order. */
import { isIP } from 'node:net';

/** 4 or 16 bytes. @throws RangeError for anything that is not an address (zones are not). */
export function parseIp(text: string): Buffer {
  const family = text.includes('%') ? 0 : isIP(text);
  if (family === 4) return Buffer.from(text.split('.').map(Number));
  if (family !== 6) throw new RangeError(`${JSON.stringify(text)} is not an IP address`);
  const [head = '', tail] = text.split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  const bytes = Buffer.alloc(16);
  first.forEach((group, index) => {
    bytes.writeUInt16BE(group, 2 * index);
  });
  last.forEach((group, index) => {
    bytes.writeUInt16BE(group, 16 - 2 * (last.length - index));
  });
  return bytes;
}

/** The canonical text (RFC 5952), so that one address has one name. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16)
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, 16);
  if (isMapped(view)) return `::ffff:${view.subarray(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, index) => view.readUInt16BE(2 * index));
  const [start, length] = longestZeros(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

export interface Cidr {
  readonly address: Buffer; // Host bits kept.
  readonly prefixLength: number;
}

/** `10.0.0.5/24`. @throws RangeError */
export function parseCidr(text: string): Cidr {
  const [ip = '', length = ''] = text.split('/', 2);
  const address = parseIp(ip);
  const prefixLength = Number(length);
  const isValid = /^\d{1,3}$/.test(length) && prefixLength <= address.length * 8;
  if (!isValid || text.split('/').length !== 2) {
    throw new RangeError(`${JSON.stringify(text)} is not an address with a prefix length`);
  }
  return { address, prefixLength };
}

export const formatCidr = ({ address, prefixLength }: Cidr): string =>
  `${formatIp(address)}/${prefixLength}`;

/** The address with its host bits cleared. */
export function networkOf({ address, prefixLength }: Cidr): Cidr {
  const bytes = address.map((byte, index) => byte & maskByte(prefixLength, index));
  return { address: Buffer.from(bytes), prefixLength };
}

export function contains(network: Cidr, address: Uint8Array): boolean {
  if (address.length !== network.address.length) return false;
  const cut = networkOf({ address: Buffer.from(address), prefixLength: network.prefixLength });
  return cut.address.equals(networkOf(network).address);
}

const maskByte = (prefixLength: number, index: number) =>
  (0xff << (8 - Math.min(8, Math.max(0, prefixLength - 8 * index)))) & 0xff;

/** An IPv4 address at the end of an IPv6 one counts as two groups. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

const isMapped = (bytes: Buffer) =>
  bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff;

function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
