/** The proxy's flags, with upstream's names where upstream has one. */
import {
  type ConfigOf,
  type Flag,
  integer,
  list,
  oneOf,
  optionalText,
  text,
  toggle,
} from '../base/config.ts';
import { UsageError } from '../base/errors.ts';
import type { SysctlWishes } from './conntrack/plan-sysctls.ts';
import { parseBindAddress } from './health.ts';
import { type Family, hostCidr, isAddress, isCidr } from './plan-address.ts';

const localModes = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'] as const;

export const flags = {
  config: optionalText('A KubeProxyConfiguration, for the flags that it has fields for.', 'FILE'),
  'proxy-mode': oneOf(
    'How packets are turned to pods.',
    ['iptables', 'nftables', 'ebpf'],
    'iptables',
  ),
  'ebpf-cgroup': optionalText("Whose sockets eBPF mode sees; the instance's own if none.", 'PATH'),
  'cluster-cidr': text("Pods' addresses; others are masqueraded.", '10.42.0.0/16', 'CIDR'),
  'detect-local-mode': oneOf('What tells pods.', localModes, 'ClusterCIDR'),
  'pod-bridge-interface': text('The bridge of pods, for BridgeInterface.', '', 'LINK'),
  'pod-interface-name-prefix': text("Of pods' links, for InterfaceNamePrefix.", '', 'TEXT'),
  'hostname-override': optionalText("This node's name, if it is not the host's.", 'NAME'),
  'node-name': optionalText('The same, as the agent calls it.', 'NAME'),
  'bind-address': text("The node's primary address, if not as its object says.", '0.0.0.0', 'IP'),
  'bind-address-hard-fail': toggle('End when a server cannot listen; else try again.', true),
  'oom-score-adj': integer("The process's own.", -999, { min: -1000, max: 1000 }),
  'healthz-bind-address': text('/healthz, /livez; empty: off.', '0.0.0.0:10256', 'ADDRESS'),
  'metrics-bind-address': text('/metrics, /proxyMode; empty: off.', '127.0.0.1:10249', 'ADDRESS'),
  'iptables-min-sync-period': duration('Least time from one write to the next.', 10),
  'iptables-sync-period': duration('How often rules are audited.', 30_000),
  'nodeport-addresses': list(
    'Where node ports answer: ranges, primary, localhost, all; empty: all, in nftables mode primary.',
    [],
    'CIDR,CIDR',
  ),
  'iptables-localhost-nodeports': toggle('Node ports answer on loopback, in every mode.', true),
  'masquerade-all': toggle('Masquerade all traffic to cluster IPs.'),
  'masquerade-bit': integer('The bit that marks what to masquerade.', 14, { max: 31 }),
  'iptables-backend': oneOf('Which iptables.', ['auto', 'legacy', 'nft'], 'auto'),
  'conntrack-max-per-core': integer('Connections per core; 0: as it is.', 32_768, { min: 0 }),
  'conntrack-min': integer('At least so many, whatever the cores.', 131_072, { min: 0 }),
  'conntrack-tcp-timeout-established': duration('Idle TCP connections; 0: as it is.', 86_400_000),
  'conntrack-tcp-timeout-close-wait': duration('Half closed ones; 0: as it is.', 3_600_000),
  'conntrack-tcp-be-liberal': toggle('Packets outside of the window pass.'),
  'conntrack-udp-timeout': duration('UDP without an answer; 0: as it is.', 0),
  'conntrack-udp-timeout-stream': duration('UDP with answers; 0: as it is.', 0),
  instance: text(
    'Whose rules these are, where several clusters share a machine.',
    'wherry',
    'NAME',
  ),
  'proxy-socket': text('Where the agent asks if a pod is drained; empty: off.', '', 'PATH'),
  cleanup: toggle('Remove all rules of this instance and end.'),
};

export type Config = ConfigOf<typeof flags>;

const nodePortWords: readonly string[] = ['primary', 'localhost', 'all'];

/** @throws UsageError with every problem that parsing a single flag could not see. */
export function checkConfig(config: Config): void {
  const problems: string[] = [];
  for (const cidr of splitList(config.clusterCidr)) {
    if (!isCidr(cidr, 'ipv4') && !isCidr(cidr, 'ipv6')) {
      problems.push(`--cluster-cidr=${cidr}: must be a range such as 10.42.0.0/16`);
    }
  }
  for (const cidr of config.nodeportAddresses) {
    if (!nodePortWords.includes(cidr) && !isCidr(cidr, 'ipv4') && !isCidr(cidr, 'ipv6')) {
      problems.push(`--nodeport-addresses=${cidr}: must be a range, primary, localhost or all`);
    }
  }
  problems.push(...findLocalProblems(config));
  const { bindAddress } = config;
  if (!isAddress(bindAddress, 'ipv4') && !isAddress(bindAddress, 'ipv6')) {
    problems.push(`--bind-address=${bindAddress}: must be an address`);
  }
  if (!/^[\w.-]{1,63}$/.test(config.instance)) {
    problems.push('--instance: must be letters, digits, dots and dashes, at most 63');
  }
  for (const address of [config.healthzBindAddress, config.metricsBindAddress]) {
    if (address !== '') parseBindAddress(address);
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
}

function findLocalProblems(config: Config): string[] {
  const { detectLocalMode, podBridgeInterface, podInterfaceNamePrefix } = config;
  const isLink = (name: string) => /^[\w.@-]{1,15}$/.test(name);
  if (detectLocalMode === 'BridgeInterface' && !isLink(podBridgeInterface)) {
    return ['--pod-bridge-interface: BridgeInterface needs the name of a link'];
  }
  if (detectLocalMode === 'InterfaceNamePrefix' && !isLink(podInterfaceNamePrefix)) {
    return ['--pod-interface-name-prefix: InterfaceNamePrefix needs how names of links begin'];
  }
  return [];
}

/** The links that pods' packets come in by, where these tell pods; `veth+`: all that begin so. */
export function podLinkOf(config: Config): string | undefined {
  const { detectLocalMode, podBridgeInterface, podInterfaceNamePrefix } = config;
  if (detectLocalMode === 'BridgeInterface') return podBridgeInterface;
  return detectLocalMode === 'InterfaceNamePrefix' ? `${podInterfaceNamePrefix}+` : undefined;
}

/** The pod range of one family from `10.42.0.0/16,fd42::/48`. */
export const clusterCidrOf = (config: Config, family: Family): string | undefined =>
  splitList(config.clusterCidr).find((cidr) => isCidr(cidr, family));

/** Those that pods have addresses of; IPv4 where nothing is said about them. */
export function familiesOf(config: Config): readonly Family[] {
  const families = (['ipv4', 'ipv6'] as const).filter((family) => clusterCidrOf(config, family));
  return families.length > 0 ? families : ['ipv4'];
}

/** Where nobody says it, nftables (also beside eBPF) answers on the node's primary addresses, as upstream's does. */
export function nodePortAddressesOf({ proxyMode, nodeportAddresses, bindAddress }: Config) {
  const isDefault = proxyMode !== 'iptables' && nodeportAddresses.length === 0;
  const items = isDefault ? ['primary'] : nodeportAddresses;
  if (['', '0.0.0.0', '::'].includes(bindAddress)) return items;
  const primary = hostCidr(bindAddress, bindAddress.includes(':') ? 'ipv6' : 'ipv4');
  return items.map((item) => (item === 'primary' ? primary : item));
}

/** What is asked of the kernel's table of connections. */
export const sysctlWishesOf = (config: Config): SysctlWishes => ({
  maxPerCore: config.conntrackMaxPerCore,
  min: config.conntrackMin,
  tcpEstablishedMs: config.conntrackTcpTimeoutEstablished,
  tcpCloseWaitMs: config.conntrackTcpTimeoutCloseWait,
  udpMs: config.conntrackUdpTimeout,
  udpStreamMs: config.conntrackUdpTimeoutStream,
  isTcpLiberal: config.conntrackTcpBeLiberal,
});

const splitList = (value: string) => value.split(',').filter((item) => item !== '');

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `250ms`, `30s`, `1m30s`; in milliseconds. */
function duration(describe: string, fallbackMs: number): Flag<number> {
  const parse = (value: string) => {
    const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
    if (value !== '0' && (parts.length === 0 || parts.map(([all]) => all).join('') !== value)) {
      throw new Error('must be a duration such as 250ms, 30s or 1m');
    }
    return parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!, 0);
  };
  return { describe, default: fallbackMs, kind: 'value', placeholder: 'DURATION', parse };
}
