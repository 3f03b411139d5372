/** From `up`'s flags to settled facts: every default that depends on the machine is filled in. */
import { hostname } from 'node:os';
import {
  type ConfigOf,
  type FlagTable,
  list,
  oneOf,
  optionalText,
  port,
  text,
  toggle,
} from '../../base/config.ts';
import { UsageError } from '../../base/errors.ts';
import { etcdFlags } from '../../store/index.ts';
import { instanceFlags, instanceOf } from '../instance.ts';
import { addressAt, findFreePort, findNodeIp, firstBlock } from '../network.ts';
import type { ClusterSettings } from './plan.ts';

export const upFlags = {
  ...instanceFlags,
  compact: toggle('Everything in one process, for small machines.'),
  detach: toggle('Run in the background; `down` stops it.'),
  wait: toggle('With --detach: return only once the cluster is ready.'),
  'node-name': optionalText("This node's name; absent: the machine's.", 'NAME'),
  'node-ip': optionalText("This node's address; absent: the default route's.", 'ADDRESS'),
  'cluster-cidr': text('Where pods get their addresses; a /24 a node.', '10.42.0.0/16', 'CIDR'),
  'service-cidr': text('Where Services get their addresses.', '10.43.0.0/16', 'CIDR'),
  'cluster-domain': text('What names in the cluster end in.', 'cluster.local', 'DOMAIN'),
  'dns-port': port("Cluster DNS's port on the bridge's address.", 10_053),
  'api-port': port('The API server.', 6443),
  ...etcdFlags,
  'agent-port': port("The agent's API (logs, exec).", 10_250),
  'agent-healthz-port': port("The agent's health, on loopback.", 10_248),
  'proxy-mode': oneOf('How Services work.', ['iptables', 'nftables', 'ebpf'], 'iptables'),
  'load-balancer-pool': list("Load balancers' addresses; none: the node's.", [], 'CIDR,CIDR'),
  'proxy-healthz-port': port("The proxy's health, on loopback.", 10_256),
  'proxy-metrics-port': port("The proxy's metrics, on loopback.", 10_249),
  'scheduler-port': port("The scheduler's health and metrics, on loopback.", 10_259),
  'controllers-port': port("The controllers' health and metrics, on loopback.", 10_257),
  'log-level': oneOf('The least that is logged.', ['error', 'info', 'debug'], 'info'),
} satisfies FlagTable;

/** @throws UsageError for what cannot work, before anything is touched. */
export async function settle(config: ConfigOf<typeof upFlags>): Promise<ClusterSettings> {
  const podCidr = firstBlock(config.clusterCidr, 24);
  const nodeName = (config.nodeName ?? hostname()).toLowerCase();
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(nodeName)) {
    throw new UsageError(`--node-name=${nodeName}: must be a DNS name`);
  }
  return {
    instance: instanceOf(config),
    nodeName,
    nodeIp: config.nodeIp ?? findNodeIp(),
    clusterCidr: config.clusterCidr,
    podCidr,
    gateway: addressAt(podCidr, 1),
    serviceCidr: config.serviceCidr,
    clusterDns: addressAt(config.serviceCidr, 10),
    clusterDomain: config.clusterDomain,
    // Others are told these two before anybody listens on them.
    dnsPort: config.dnsPort || (await findFreePort()),
    apiPort: config.apiPort || (await findFreePort()),
    agentPort: config.agentPort,
    ports: {
      agentHealthz: config.agentHealthzPort,
      proxyHealthz: config.proxyHealthzPort,
      proxyMetrics: config.proxyMetricsPort,
      scheduler: config.schedulerPort,
      controllers: config.controllersPort,
    },
    proxyMode: config.proxyMode,
    loadBalancerPool: config.loadBalancerPool,
    etcd: etcdWords(config),
    logLevel: config.logLevel,
    compact: config.compact,
  };
}

/** What the API server is told of its etcd: nothing when the state is a file. */
function etcdWords(config: ConfigOf<typeof upFlags>): string[] {
  if (config.etcdServers.length === 0) return [];
  const { etcdServers, etcdCafile, etcdCertfile, etcdKeyfile, etcdPrefix } = config;
  const words = {
    'etcd-servers': etcdServers.join(','),
    'etcd-cafile': etcdCafile,
    'etcd-certfile': etcdCertfile,
    'etcd-keyfile': etcdKeyfile,
    'etcd-prefix': etcdPrefix,
  };
  return Object.entries(words).flatMap(([name, value]) => (value ? [`--${name}=${value}`] : []));
}
