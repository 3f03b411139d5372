/**
 * `conditionsV4` and `conditionsV6`: what else must hold for a port to be mapped, in the words of
 * iptables (`["!", "-s", "10.0.0.0/8", "-i", "eth0"]`) or of nft (`["ip saddr != 10.0.0.0/8"]`,
 * `["iifname", "eth0"]`). Those about addresses and interfaces are understood. Pure.
 */
import { formatCidr, parseCidr, parseIp } from '../../../base/ip-address.ts';
import { CniError } from '../../error.ts';

export interface Condition {
  readonly field: 'source' | 'destination' | 'interface';
  /** A network, or an interface's name. */
  readonly value: string;
  readonly isNot: boolean;
}

const fields: ReadonlyMap<string, Condition['field']> = new Map([
  ['-s', 'source'],
  ['--source', 'source'],
  ['--src', 'source'],
  ['saddr', 'source'],
  ['-d', 'destination'],
  ['--destination', 'destination'],
  ['--dst', 'destination'],
  ['daddr', 'destination'],
  ['-i', 'interface'],
  ['--in-interface', 'interface'],
  ['iifname', 'interface'],
]);

/** @throws CniError 2 for what is not understood, 7 */
export function parseConditions(raw: unknown, what: string): Condition[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw) || raw.some((each) => typeof each !== 'string')) {
    throw new CniError('invalidConfig', `${what} must be a list of words`);
  }
  const words = raw.flatMap((each: string) => each.split(/\s+/)).filter((word) => word !== '');
  const conditions: Condition[] = [];
  for (let at = 0; at < words.length; ) {
    let isNot = words[at] === '!';
    if (isNot) at++;
    if (words[at] === 'ip' || words[at] === 'ip6') at++;
    const field = fields.get(words[at] ?? '');
    if (field === undefined) {
      const shown = words.slice(at).join(' ');
      throw new CniError('unsupportedField', `${what}: ${shown} is not understood`);
    }
    at++;
    if (words[at] === '!=' || words[at] === '==') isNot = words[at++] === '!=' || isNot;
    const value = (words[at++] ?? '').replaceAll('"', '');
    conditions.push({
      field,
      isNot,
      value: field === 'interface' ? value : networkOf(value, what),
    });
  }
  return conditions;
}

function networkOf(text: string, what: string): string {
  try {
    if (text.includes('/')) return formatCidr(parseCidr(text));
    return `${text}/${parseIp(text).length * 8}`;
  } catch (cause) {
    throw new CniError('invalidConfig', `${what}: ${(cause as Error).message}`, { cause });
  }
}
