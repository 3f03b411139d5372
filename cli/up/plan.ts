/** Which processes make a one-node cluster, and the flags of each. Pure. */
import type { Instance } from '../instance.ts';

export interface ClusterSettings {
  readonly instance: Instance;
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly clusterCidr: string;
  readonly podCidr: string; // This node's part of the cluster CIDR.
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly gateway: string; // The bridge's address: the first of the pod CIDR.
  readonly dnsPort: number;
  readonly apiPort: number;
  readonly agentPort: number;
  /** The API server's flags for an etcd; empty when the state is a file. */
  readonly etcd: readonly string[];
  readonly ports: {
    readonly agentHealthz: number;
    readonly proxyHealthz: number;
    readonly proxyMetrics: number;
    readonly scheduler: number;
    readonly controllers: number;
  };
  readonly loadBalancerPool: readonly string[];
  readonly proxyMode: 'iptables' | 'nftables' | 'ebpf';
  readonly logLevel: 'error' | 'info' | 'debug';
  readonly compact: boolean;
}

export interface ProcessPlan {
  readonly name: string;
  /** After `wherry`; several components in one process are joined by `+`. */
  readonly words: readonly string[];
}

/** The API server's process first: the others need it. */
export function planProcesses(settings: ClusterSettings): ProcessPlan[] {
  const components = [
    ['apiserver', apiserver(settings)],
    ['controller-manager', controllerManager(settings)],
    ['scheduler', scheduler(settings)],
    ['agent', agent(settings)],
    ['proxy', proxy(settings)],
    ['dns', dns(settings)],
  ] as const;
  const processes = components.map(([name, flags]) => ({ name, words: [name, ...flags] }));
  if (!settings.compact) return processes;
  const words = processes.flatMap((each, index) =>
    index === 0 ? each.words : ['+', ...each.words],
  );
  return [{ name: 'cluster', words }];
}

function apiserver({ instance, nodeIp, serviceCidr, apiPort, ...rest }: ClusterSettings) {
  const { pkiDir } = instance;
  return [
    `--bind-address=127.0.0.1,${nodeIp}`,
    `--advertise-address=${nodeIp}`,
    `--secure-port=${apiPort}`,
    `--data-file=${instance.stateFile}`,
    ...rest.etcd,
    `--encryption-provider-config=${pkiDir}/encryption.yaml`,
    `--tls-cert-file=${pkiDir}/apiserver.crt`,
    `--tls-private-key-file=${pkiDir}/apiserver.key`,
    `--client-ca-file=${pkiDir}/ca.crt`,
    `--service-account-key-file=${pkiDir}/sa.pub`,
    `--service-account-signing-key-file=${pkiDir}/sa.key`,
    `--service-account-issuer=https://kubernetes.default.svc.${rest.clusterDomain}`,
    `--service-cluster-ip-range=${serviceCidr}`,
    `--kubelet-client-certificate=${pkiDir}/apiserver-kubelet-client.crt`,
    `--kubelet-client-key=${pkiDir}/apiserver-kubelet-client.key`,
    `--kubelet-certificate-authority=${pkiDir}/ca.crt`,
    `--log-level=${rest.logLevel}`,
  ];
}

function controllerManager({ clusterCidr, ports, ...rest }: ClusterSettings) {
  return [
    ...common(rest, 'controller-manager'),
    `--cluster-cidr=${clusterCidr}`,
    `--root-ca-file=${rest.instance.pkiDir}/ca.crt`,
    `--cluster-signing-cert-file=${rest.instance.pkiDir}/ca.crt`,
    `--cluster-signing-key-file=${rest.instance.pkiDir}/ca.key`,
    `--healthz-port=${ports.controllers}`,
    `--load-balancer-pool=${rest.loadBalancerPool.join(',')}`,
  ];
}

function scheduler({ ports, ...rest }: ClusterSettings) {
  return [...common(rest, 'scheduler'), `--healthz-port=${ports.scheduler}`];
}

function agent({ instance, ports, ...rest }: ClusterSettings) {
  return [
    ...common({ instance, ...rest }, 'agent'),
    `--node-name=${rest.nodeName}`,
    `--node-ip=${rest.nodeIp}`,
    `--instance=${instance.name}`,
    `--root=${instance.root}`,
    `--run-dir=${instance.runDir}`,
    `--pod-cidr=${rest.podCidr}`,
    `--network-policy-kubeconfig=${instance.root}/network-policy.kubeconfig`,
    `--cluster-dns=${rest.clusterDns}`,
    `--cluster-domain=${rest.clusterDomain}`,
    `--address=${rest.nodeIp}`,
    `--port=${rest.agentPort}`,
    `--healthz-port=${ports.agentHealthz}`,
    `--tls-cert-file=${instance.pkiDir}/kubelet.crt`,
    `--tls-private-key-file=${instance.pkiDir}/kubelet.key`,
    `--client-ca-file=${instance.pkiDir}/ca.crt`,
    '--pods-on-exit=stop',
  ];
}

function proxy({ instance, clusterCidr, ports, ...rest }: ClusterSettings) {
  return [
    ...common({ instance, ...rest }, 'proxy'),
    `--instance=${instance.name}`,
    `--proxy-mode=${rest.proxyMode}`,
    `--hostname-override=${rest.nodeName}`,
    `--cluster-cidr=${clusterCidr}`,
    `--healthz-bind-address=127.0.0.1:${ports.proxyHealthz}`,
    `--metrics-bind-address=127.0.0.1:${ports.proxyMetrics}`,
    `--proxy-socket=${instance.runDir}/proxy.sock`,
  ];
}

function dns({ gateway, dnsPort, clusterDomain, ...rest }: ClusterSettings) {
  return [
    ...common(rest, 'dns'),
    `--listen-address=${gateway}`,
    `--port=${dnsPort}`,
    `--domain=${clusterDomain}`,
  ];
}

function common(
  { instance, logLevel }: Pick<ClusterSettings, 'instance' | 'logLevel'>,
  name: string,
): string[] {
  return [`--kubeconfig=${instance.root}/${name}.kubeconfig`, `--log-level=${logLevel}`];
}
