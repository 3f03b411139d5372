/**
 * What counts as an address. Rules are written as text, so nothing but a well-formed address of
 * the right family may pass here.
 */
export type Family = 'ipv4' | 'ipv6';

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
const group = /^[0-9a-f]{1,4}$/i;

/** Well-formed in this family; IPv4-mapped IPv6 is not taken, as the API refuses it too. */
export function isAddress(text: string, family: Family): boolean {
  return family === 'ipv4' ? ipv4.test(text) : isIpv6(text);
}

/** `10.42.0.0/16`, `fd00::/8`. */
export function isCidr(text: string, family: Family): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  const lengthMax = family === 'ipv4' ? 32 : 128;
  return (
    rest.length === 0 &&
    isAddress(address, family) &&
    /^\d{1,3}$/.test(length) &&
    Number(length) <= lengthMax
  );
}

/**
 * Whether traffic may be sent to this address. Loopback and link-local ones would turn a Service
 * into a way to the node's own daemons and to cloud metadata.
 */
export function isUsableEndpoint(address: string, family: Family): boolean {
  if (!isAddress(address, family)) return false;
  if (family === 'ipv4') return !/^(0|127|169\.254|22[4-9]|23\d)\./.test(address);
  return !/^(fe[89ab]|ff|::1?$|(0+:)+0*1?$)/i.test(address);
}

/** `10.0.0.1/32`, as iptables-save prints a single address. */
export const hostCidr = (address: string, family: Family): string =>
  `${address}/${family === 'ipv4' ? 32 : 128}`;

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export const hostPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export const isPort = (port: number | undefined): port is number =>
  port !== undefined && Number.isInteger(port) && port > 0 && port < 65_536;

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((each) => group.test(each))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}
