/** The pod network: our own bridge and host-local through the CNI runner, called in process. */
import type { Pod } from '../api/types/core-v1.generated.ts';
import type { AttachmentSpec, NetworkRunner } from '../cni/index.ts';
import type { PodNetwork } from './context.ts';
import type { PortMapping, SandboxRecord } from './state.ts';

const ifName = 'eth0';

/** The configuration list that pods of this node are attached with. */
export function networkConfOf(node: {
  readonly name: string;
  readonly bridge: string;
  readonly podCidr: string;
  readonly dataDir: string; // host-local's reservations.
}) {
  return {
    cniVersion: '1.1.0',
    name: node.name,
    plugins: [
      {
        type: 'bridge',
        bridge: node.bridge,
        isDefaultGateway: true,
        // A pod that calls its own Service gets the packet back over the port it came from.
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: node.podCidr }]], dataDir: node.dataDir },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}

/** The ports of the node that the pod's containers ask for (`hostPort`). */
export function portMappingsOf({ spec }: Pod): PortMapping[] {
  const { containers = [], initContainers = [] } = spec ?? {};
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const ports = [...containers, ...sidecars].flatMap((container) => container.ports ?? []);
  return ports.flatMap(({ hostPort, containerPort, protocol = 'TCP', hostIP }) =>
    hostPort ? [{ hostPort, containerPort, protocol, ...(hostIP && { hostIP }) }] : [],
  );
}

export function createPodNetwork(runner: NetworkRunner): PodNetwork {
  return {
    async attach(record) {
      const { ips } = await runner.add(attachmentOf(record));
      return ips.map(({ address }) => address.split('/')[0]!);
    },
    detach: (record, next) =>
      runner.del({ ...attachmentOf(record), dropsNetns: next === 'dropsNetns' }),
    release: (keep) =>
      runner.gc(
        keep.filter(({ netnsPath }) => netnsPath).map(({ id }) => ({ containerId: id, ifName })),
      ),
  };
}

function attachmentOf(record: SandboxRecord) {
  const { id, netnsPath = '', namespace, name, podUid, portMappings } = record;
  return {
    containerId: id,
    netnsPath,
    ifName,
    args: {
      IgnoreUnknown: '1',
      K8S_POD_NAMESPACE: namespace,
      K8S_POD_NAME: name,
      K8S_POD_INFRA_CONTAINER_ID: id,
      K8S_POD_UID: podUid,
    },
    ...(portMappings && { capabilityArgs: { portMappings } }),
  } satisfies AttachmentSpec;
}
