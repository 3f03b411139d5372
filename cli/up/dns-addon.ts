/**
 * The Service that pods' resolv.conf points at. It has no selector: cluster DNS is a process of
 * the node, so its EndpointSlice is written here and names the bridge's address. Pure.
 */
import type { ClusterSettings } from './plan.ts';

export function dnsManifest({ clusterDns, gateway, dnsPort }: ClusterSettings): string {
  const labels = {
    'k8s-app': 'kube-dns',
    'kubernetes.io/cluster-service': 'true',
    'kubernetes.io/name': 'CoreDNS',
  };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
    spec: {
      clusterIP: clusterDns,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: dnsPort },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: dnsPort },
      ],
    },
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kube-dns-node',
      namespace: 'kube-system',
      labels: { ...labels, 'kubernetes.io/service-name': 'kube-dns' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [gateway], conditions: { ready: true } }],
    ports: [
      { name: 'dns', port: dnsPort, protocol: 'UDP' },
      { name: 'dns-tcp', port: dnsPort, protocol: 'TCP' },
    ],
  };
  // JSON is YAML: nothing needs a writer of its own.
  return `# Written by \`wherry up\` at each start.\n${[service, slice]
    .map((object) => JSON.stringify(object, undefined, 2))
    .join('\n---\n')}\n`;
}
