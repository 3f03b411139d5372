/** How much a pod asks for. Cpu in millicores, everything else in whole units (bytes, pieces). */
import { quantityMilli, quantityValue } from '../api/quantity.ts';
import type { Container, PodSpec } from '../api/types/core-v1.generated.ts';

export type Amounts = Map<string, number>;

type Quantities = Readonly<Record<string, string>>;

export function parseAmounts(quantities: Quantities | undefined): Amounts {
  const entries = Object.entries(quantities ?? {});
  return new Map(
    entries.map(([name, text]) => [
      name,
      name === 'cpu' ? quantityMilli(text) : quantityValue(text),
    ]),
  );
}

/**
 * What the node must have free: all containers together, or an init container's peak if that is
 * more. Init containers run one after another, except sidecars (restartPolicy Always), which stay.
 */
export function podRequests(spec: PodSpec | undefined): Amounts {
  const total: Amounts = new Map();
  for (const container of spec?.containers ?? []) add(total, requestsOf(container));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of spec?.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(total, requests);
      add(sidecars, requests);
      raise(peak, sidecars);
    } else {
      add(requests, sidecars);
      raise(peak, requests);
    }
  }
  raise(total, peak);
  add(total, parseAmounts(spec?.overhead));
  return total;
}

/** For scoring only: what asks for nothing still takes something. */
const scoringDefaults = new Map([
  ['cpu', 100],
  ['memory', 200 * 1024 * 1024],
]);

export function scoringRequests(spec: PodSpec | undefined): Amounts {
  const total: Amounts = new Map();
  for (const container of spec?.containers ?? []) {
    const requests = requestsOf(container);
    for (const [name, amount] of scoringDefaults) {
      if (!requests.has(name)) requests.set(name, amount);
    }
    add(total, requests);
  }
  raise(total, podRequests(spec));
  return total;
}

export function add(to: Amounts, amounts: Amounts, sign: 1 | -1 = 1): void {
  for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + sign * amount);
}

function raise(to: Amounts, floor: Amounts): void {
  for (const [name, amount] of floor) to.set(name, Math.max(to.get(name) ?? 0, amount));
}

const requestsOf = ({ resources }: Container): Amounts => parseAmounts(resources?.requests);
