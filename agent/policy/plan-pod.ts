/** What policies need to know of a pod. Pure. */

import type { Labels } from '../../api/labels.ts';
import { matchesRequirements } from '../../api/labels.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { Protocol, Source } from './plan-policy.ts';

export interface PodView {
  readonly namespace: string;
  readonly labels: Labels;
  readonly addresses: readonly string[];
  /** Ports of containers that have a name. */
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: Protocol;
    readonly port: number;
  }[];
}

/** A pod elsewhere, as the API shows it; undefined while it has no address of its own. */
export function viewRemotePod(pod: Pod): PodView | undefined {
  const { podIPs = [], podIP, phase } = pod.status ?? {};
  if (pod.spec?.hostNetwork || phase === 'Succeeded' || phase === 'Failed') return undefined;
  const listed = podIPs.flatMap(({ ip }) => (ip ? [ip] : []));
  const addresses = listed.length > 0 ? listed : podIP ? [podIP] : [];
  return addresses.length > 0 ? viewPod(pod, addresses) : undefined;
}

export function viewPod({ metadata, spec }: Pod, addresses: readonly string[]): PodView {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  const ports = [...sidecars, ...(spec?.containers ?? [])].flatMap((container) =>
    (container.ports ?? []).flatMap(({ name, containerPort, protocol = 'TCP' }) =>
      name ? [{ name, port: containerPort, protocol: protocol.toLowerCase() as Protocol }] : [],
    ),
  );
  return {
    namespace: metadata?.namespace ?? '',
    labels: metadata?.labels ?? {},
    addresses,
    ports,
  };
}

/** Whether two views are the same to every policy. */
export const isSameView = (one: PodView, other: PodView): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** What the pod puts into the set of a source: `10.42.0.7`, or `10.42.0.7 tcp 80`. */
export function membersOf(source: Source, pod: PodView, namespaceLabels: Labels): string[] {
  if (source.kind === 'named') {
    const own = pod.ports.filter(
      ({ name, protocol }) => name === source.name && protocol === source.protocol,
    );
    return pod.addresses.flatMap((address) =>
      own.map(({ protocol, port }) => `${address} ${protocol} ${port}`),
    );
  }
  if (source.kind !== 'pods') return [];
  const { namespace, namespaces, pods } = source;
  if (namespace !== undefined && namespace !== pod.namespace) return [];
  if (namespaces && !matchesRequirements(namespaces, namespaceLabels)) return [];
  return matchesRequirements(pods, pod.labels) ? [...pod.addresses] : [];
}
