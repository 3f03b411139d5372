/** Amounts of several resources at once. Pure. */

import type { Amounts } from '../pod-resources.ts';
import { formatQuantity, type ParsedQuantity, parseQuantity } from '../quantity.ts';

export const zero: ParsedQuantity = parseQuantity('0');
export const one: ParsedQuantity = parseQuantity('1');

export const whole = (count: number): ParsedQuantity => parseQuantity(count);

/** Only the names that are asked for. */
export const only = (amounts: Amounts, isMeant: (name: string) => boolean): Amounts =>
  new Map([...amounts].filter(([name]) => isMeant(name)));

/** Never below zero; only what is more than nothing. */
export function moreThan(now: Amounts, before: Amounts): Amounts {
  const more: Amounts = new Map();
  for (const [name, { nano, format }] of now) {
    const difference = nano - (before.get(name)?.nano ?? 0n);
    if (difference > 0n) more.set(name, { nano: difference, format });
  }
  return more;
}

/** Changes `from`; never below zero. */
export function takeFrom(from: Amounts, less: Amounts): void {
  for (const [name, { nano }] of less) {
    const before = from.get(name);
    if (!before) continue;
    const left = before.nano - nano;
    from.set(name, { nano: left < 0n ? 0n : left, format: before.format });
  }
}

/** `pods=1,requests.cpu=500m` in order of the names. */
export const describeAmounts = (amounts: Amounts): string =>
  [...amounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${formatQuantity(amount)}`)
    .join(',');

export const toList = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]));
