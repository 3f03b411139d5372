/** What the containers of a pod request together. */
import { addQuantities, compareQuantities } from './quantity.ts';
import type { Container, PodSpec } from './types/core-v1.generated.ts';

/** Containers and sidecars run together; each init container beside the sidecars before it. */
export function aggregateRequests({
  containers = [],
  initContainers = [],
}: PodSpec): Map<string, string> {
  const sidecars = new Map<string, string>();
  const highest = new Map<string, string>();
  for (const init of initContainers) {
    const isSidecar = init.restartPolicy === 'Always';
    if (isSidecar) add(sidecars, init);
    const now = new Map(sidecars);
    if (!isSidecar) add(now, init);
    raise(highest, now);
  }
  for (const container of containers) add(sidecars, container);
  raise(highest, sidecars);
  return highest;
}

function add(sum: Map<string, string>, { resources }: Container): void {
  for (const [name, amount] of Object.entries(resources?.requests ?? {})) {
    sum.set(name, addQuantities(sum.get(name) ?? '0', amount));
  }
}

function raise(highest: Map<string, string>, now: ReadonlyMap<string, string>): void {
  for (const [name, amount] of now) {
    if (compareQuantities(amount, highest.get(name) ?? '0') > 0) highest.set(name, amount);
  }
}
