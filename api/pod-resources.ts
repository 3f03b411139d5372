/** What a pod asks for in all, as upstream's resource helpers count it. Pure. */

import { containersOf, isSidecar } from './pod-containers.ts';
import { type ParsedQuantity, parseQuantity } from './quantity.ts';
import type { PodSpec } from './types/core-v1.generated.ts';

/** Amounts by the name of the resource. */
export type Amounts = Map<string, ParsedQuantity>;

export type Kind = 'requests' | 'limits';

export const amountsOf = (list: Readonly<Record<string, string>> | undefined): Amounts =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

/**
 * The most that the pod needs at any time: its containers and sidecars together, or an init
 * container with the sidecars started before it. What the pod as a whole says goes before that.
 * Overhead comes on top.
 */
export function podAmounts(spec: PodSpec, kind: Kind): Amounts {
  const total: Amounts = new Map();
  const sidecars: Amounts = new Map();
  const starting: Amounts = new Map();
  for (const placed of containersOf(spec)) {
    if (placed.list === 'ephemeralContainers') continue;
    const own = amountsOf(placed.container.resources?.[kind]);
    if (placed.list === 'containers') addTo(total, own);
    else if (isSidecar(placed)) {
      addTo(total, own);
      addTo(sidecars, own);
      raiseTo(starting, sidecars);
    } else raiseTo(starting, sumOf(own, sidecars));
  }
  raiseTo(total, starting);
  for (const [name, amount] of amountsOf(spec.resources?.[kind])) {
    if (isPodLevel(name)) total.set(name, amount);
  }
  for (const [name, amount] of amountsOf(spec.overhead)) {
    // Without a limit there is nothing that the overhead could come on top of.
    if (kind === 'requests' || total.has(name)) addTo(total, new Map([[name, amount]]));
  }
  return total;
}

/** Resources that a pod may ask for as a whole (KEP-2837). */
export const isPodLevel = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** Changes `into`. */
export function addTo(into: Amounts, more: Amounts): void {
  for (const [name, { nano, format }] of more) {
    const before = into.get(name);
    const sum = { nano: (before?.nano ?? 0n) + nano, format: before?.format ?? format };
    into.set(name, before?.nano === 0n ? { ...sum, format } : sum);
  }
}

export function sumOf(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  addTo(sum, b);
  return sum;
}

function raiseTo(into: Amounts, least: Amounts): void {
  for (const [name, amount] of least) {
    const before = into.get(name);
    if (!before || before.nano < amount.nano) into.set(name, amount);
  }
}
