/** What "ready" means: the node says so, and a name is answered through the DNS Service's address. */
import { Resolver } from 'node:dns/promises';
import { nodes } from '../../api/resources.ts';
import { systemClock } from '../../base/clock.ts';
import { hasReason } from '../../base/errors.ts';
import type { Client } from '../../client/client.ts';
import type { ClusterSettings } from './plan.ts';

const patienceMs = 120_000; // An emulated machine takes half a minute.

export async function waitForNode(client: Client, { nodeName }: ClusterSettings): Promise<void> {
  const signal = AbortSignal.timeout(patienceMs);
  // A closed watch is opened again; without a resource version it begins with what is there now.
  while (!signal.aborted) {
    try {
      const fieldSelector = `metadata.name=${nodeName}`;
      for await (const { object } of client.watch(nodes, { fieldSelector, signal })) {
        const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
        if (ready?.status === 'True') return;
      }
    } catch (error) {
      if (!hasReason(error, 'Expired') && !signal.aborted) throw error;
    }
  }
  throw new Error(`node ${nodeName} was not ready within ${patienceMs / 1000} s`);
}

/** Through the Service's address: this proves the API server, the proxy's rules and DNS at once. */
export async function waitForDns({ clusterDns, clusterDomain }: ClusterSettings): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let last: unknown;
  while (Date.now() < deadline) {
    const resolver = new Resolver({ timeout: 250, tries: 1 });
    resolver.setServers([clusterDns]);
    try {
      await resolver.resolve4(`kubernetes.default.svc.${clusterDomain}`);
      return;
    } catch (error) {
      last = error;
      await systemClock.sleep(10);
    }
  }
  throw new Error(`DNS at ${clusterDns} did not answer within ${patienceMs / 1000} s`, {
    cause: last,
  });
}
