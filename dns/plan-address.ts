/** Addresses as names: `4.3.2.1.in-addr.arpa` and the like. Pure. */

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

export const isIpv4 = (text: string): boolean => ipv4.test(text);

export const isIpv6 = (text: string): boolean => expandIpv6(text) !== undefined;

/** The address that a name in the reverse zones stands for, IPv6 written in full. */
export function addressOfReverse(name: string): string | undefined {
  const v4 = /^([\d.]+)\.in-addr\.arpa$/.exec(name)?.[1]?.split('.').reverse().join('.');
  if (v4 !== undefined) return isIpv4(v4) ? v4 : undefined;
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  const nibbles = v6?.split('.').reverse().join('');
  return nibbles?.match(/.{4}/g)?.join(':');
}

/** One spelling for each address, as `addressOfReverse` gives it: what an index is keyed by. */
export const canonicalAddress = (address: string): string => expandIpv6(address) ?? address;

/** `fd00::1` → `fd00:0000:…:0001`; undefined when it is not IPv6. */
function expandIpv6(text: string): string | undefined {
  const halves = text.toLowerCase().split('::');
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length > 2 || (halves.length === 1 ? missing !== 0 : missing < 1)) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => group.padStart(4, '0')).join(':');
}
