/** Writes one Service's plan as iptables rules, in the chains that Kubernetes users know. */

import type { PortPlan, ServicePlan } from '../plan.ts';
import { type Family, hostCidr, hostPort } from '../plan-address.ts';
import type { Endpoint } from '../plan-endpoints.ts';
import { chainName } from './chain-name.ts';
import { clusterIpChain, refuseChain, rejectOf } from './render-base.ts';
import { type ChainKey, comment, type Rendering } from './ruleset.ts';

export interface RenderOptions {
  readonly family: Family;
  /** Pods' addresses: traffic from elsewhere to a cluster IP is masqueraded. */
  readonly clusterCidr: string | undefined;
  /** Where links tell pods instead: `br0`, or `veth+` for all that begin so. */
  readonly podLink?: string | undefined;
  readonly masqueradeAll: boolean;
  readonly isTcpLiberal?: boolean | undefined;
}

type Draft = Map<ChainKey, string[]>;

/** The chains of one port, whether or not they come to be. */
interface Names {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

export function renderService(plan: ServicePlan, options: RenderOptions): Rendering {
  const own: Draft = new Map();
  const shared: Draft = new Map();
  for (const port of plan.ports) {
    const names = {
      cluster: chainName('KUBE-SVC-', port),
      local: chainName('KUBE-SVL-', port),
      external: chainName('KUBE-EXT-', port),
      firewall: chainName('KUBE-FW-', port),
    };
    renderClusterIp(port, names, { own, shared, ...options });
    renderExternal(port, names, { own, shared, ...options });
    renderEndpoints(port, names, { own, ...options });
  }
  const { healthCheck, ports } = plan;
  if (ports[0]) refuseOtherPorts(ports[0], serviceOf(plan), { shared, ...options });
  if (healthCheck) {
    const what = comment(`${serviceOf(plan)} health check node port`);
    const rule = `-p tcp ${what} -m tcp --dport ${healthCheck.port} -j ACCEPT`;
    add(shared, 'filter KUBE-NODEPORTS', rule);
  }
  return { own, shared };
}

/** `default/web` from the name of its first port. */
const serviceOf = ({ ports }: ServicePlan): string => ports[0]?.name.replace(/:.*$/, '') ?? '';

/** In a chain for what no rule has turned: an address without an endpoint is refused before. */
function refuseOtherPorts({ clusterIp }: PortPlan, service: string, { shared, family }: Shared) {
  const what = comment(`${service} has no such port`);
  const rule = `-d ${hostCidr(clusterIp, family)} ${what} -j ${refuseChain}`;
  add(shared, `filter ${clusterIpChain}`, rule);
}

interface Target extends RenderOptions {
  readonly own: Draft;
  readonly shared: Draft;
}

function renderClusterIp(port: PortPlan, names: Names, { shared, ...options }: Target): void {
  const match = matchAddress(port, port.clusterIp, options.family);
  const verdict = refusal(port, port.internalPolicy, options.family);
  if (verdict) {
    const why = comment(`${port.name} has no ${verdict.which}`);
    add(shared, 'filter KUBE-SERVICES', match(why, verdict.target));
    return;
  }
  const chain = port.internalPolicy === 'Local' ? names.local : names.cluster;
  const what = comment(`${port.name} cluster IP`);
  add(shared, 'nat KUBE-SERVICES', match(what, `-j ${chain}`));
}

/** NodePort, load balancer and external addresses, which share the chain KUBE-EXT. */
function renderExternal(port: PortPlan, names: Names, { own, shared, ...options }: Target): void {
  const { nodePort, loadBalancerIps, externalIps, name, protocol } = port;
  if (!isExternal(port)) return;
  const verdict = refusal(port, port.externalPolicy, options.family);
  if (verdict) refuseExternal(port, verdict, { shared, ...options });
  // Local without an endpoint here still serves this node and its pods from elsewhere.
  if (port.cluster.length === 0) return;
  const jump = (ip: string, what: string, chain: string) => {
    const rule = matchAddress(port, ip, options.family)(comment(`${name} ${what}`), `-j ${chain}`);
    add(shared, 'nat KUBE-SERVICES', rule);
  };
  const guarded = port.sourceRanges ? names.firewall : names.external;
  for (const ip of loadBalancerIps) jump(ip, 'loadbalancer IP', guarded);
  for (const ip of externalIps) jump(ip, 'external IP', names.external);
  if (nodePort !== undefined) {
    const match = `-p ${protocol} ${comment(name)} -m ${protocol} --dport ${nodePort}`;
    add(shared, 'nat KUBE-NODEPORTS', `${match} -j ${names.external}`);
  }
  own.set(`nat ${names.external}`, externalChain(port, names, options));
  if (loadBalancerIps.length > 0) renderFirewall(port, names, { own, shared, ...options });
}

const isExternal = ({ nodePort, loadBalancerIps, externalIps }: PortPlan): boolean =>
  nodePort !== undefined || loadBalancerIps.length > 0 || externalIps.length > 0;

type Shared = Omit<Target, 'own'>;

function refuseExternal(port: PortPlan, { which, target }: Refusal, { shared, family }: Shared) {
  const { nodePort, loadBalancerIps, externalIps, name, protocol } = port;
  const why = comment(`${name} has no ${which}`);
  if (nodePort !== undefined) {
    const at = `-m addrtype --dst-type LOCAL -m ${protocol} --dport ${nodePort}`;
    add(shared, 'filter KUBE-EXTERNAL-SERVICES', `-p ${protocol} ${why} ${at} ${target}`);
  }
  for (const ip of [...loadBalancerIps, ...externalIps]) {
    const rule = matchAddress(port, ip, family)(why, target);
    add(shared, 'filter KUBE-EXTERNAL-SERVICES', rule);
  }
}

/** Whose address is in no range keeps the load balancer's as its destination, and is dropped. */
function renderFirewall(port: PortPlan, names: Names, { own, shared, family }: Target): void {
  const { sourceRanges, loadBalancerIps, name } = port;
  if (!sourceRanges) return;
  const what = comment(`${name} loadbalancer IP`);
  own.set(
    `nat ${names.firewall}`,
    sourceRanges.map((range) => {
      const source = range.endsWith('/0') ? '' : `-s ${range} `;
      return `${source}${what} -j ${names.external}`;
    }),
  );
  const why = comment(`${name} traffic not accepted by ${names.firewall}`);
  for (const ip of loadBalancerIps) {
    add(shared, 'filter KUBE-PROXY-FIREWALL', matchAddress(port, ip, family)(why, '-j DROP'));
  }
}

function externalChain(port: PortPlan, names: Names, options: RenderOptions): string[] {
  const destinations = `${port.name} external destinations`;
  if (port.externalPolicy === 'Cluster') {
    return [
      `${comment(`masquerade traffic for ${destinations}`)} -j KUBE-MARK-MASQ`,
      `-j ${names.cluster}`,
    ];
  }
  const isLocal = '-m addrtype --src-type LOCAL';
  const rules = [
    `${comment(`masquerade LOCAL traffic for ${destinations}`)} ${isLocal} -j KUBE-MARK-MASQ`,
    `${comment(`route LOCAL traffic for ${destinations}`)} ${isLocal} -j ${names.cluster}`,
  ];
  const pods = fromPods(options);
  if (pods) {
    const what = comment(`pod traffic for ${destinations}`);
    rules.unshift(`${pods} ${what} -j ${names.cluster}`);
  }
  if (port.local.length > 0) rules.push(`-j ${names.local}`);
  return rules;
}

function renderEndpoints(
  port: PortPlan,
  names: Names,
  { own, ...options }: Omit<Target, 'shared'>,
) {
  const { externalPolicy, internalPolicy } = port;
  const usesLocal = internalPolicy === 'Local' || (isExternal(port) && externalPolicy === 'Local');
  const usesCluster = internalPolicy === 'Cluster' || isExternal(port);
  const chains: [string, readonly Endpoint[]][] = [];
  if (usesCluster && port.cluster.length > 0) chains.push([names.cluster, port.cluster]);
  if (usesLocal && port.local.length > 0) chains.push([names.local, port.local]);
  for (const [chain, endpoints] of chains) {
    own.set(`nat ${chain}`, [
      ...masqueradeRules(port, options),
      ...affinityRules(port, endpoints, options.family),
      ...choiceRules(port, endpoints),
    ]);
    for (const endpoint of endpoints) {
      own.set(
        `nat ${endpointChain(port, endpoint)}`,
        endpointRules(port, endpoint, options.family),
      );
    }
  }
}

/** What matches packets of pods; undefined where nothing tells them. */
const fromPods = ({ clusterCidr, podLink }: RenderOptions): string | undefined =>
  podLink !== undefined ? `-i ${podLink}` : clusterCidr && `-s ${clusterCidr}`;

/** Replies to a client outside the pod network must come back through this node. */
function masqueradeRules(port: PortPlan, options: RenderOptions): string[] {
  const { masqueradeAll, podLink, family } = options;
  const pods = fromPods(options);
  if (!masqueradeAll && !pods) return [];
  const match = matchAddress(port, port.clusterIp, family);
  const rule = match(comment(`${port.name} cluster IP`), '-j KUBE-MARK-MASQ');
  if (masqueradeAll) return [rule];
  // Links are printed after addresses.
  return [podLink === undefined ? `! ${pods} ${rule}` : rule.replace(' -p ', ` ! ${pods} -p `)];
}

/** A client seen within the time goes where it went before. */
function affinityRules(port: PortPlan, endpoints: readonly Endpoint[], family: Family): string[] {
  const { name, affinitySeconds } = port;
  if (affinitySeconds === undefined) return [];
  return endpoints.map((endpoint) => {
    const chain = endpointChain(port, endpoint);
    const what = comment(`${name} -> ${hostPort(endpoint.address, endpoint.port)}`);
    const seen = `--rcheck --seconds ${affinitySeconds} --reap --name ${chain}`;
    return `${what} -m recent ${seen} --mask ${fullMask(family)} --rsource -j ${chain}`;
  });
}

/** The first of n is taken one time in n, the next one in n - 1, the last always. */
function choiceRules(port: PortPlan, endpoints: readonly Endpoint[]): string[] {
  return endpoints.map((endpoint, index) => {
    const left = endpoints.length - index;
    const what = comment(`${port.name} -> ${hostPort(endpoint.address, endpoint.port)}`);
    const dice = left > 1 ? ` -m statistic --mode random --probability ${oneIn(left)}` : '';
    return `${what}${dice} -j ${endpointChain(port, endpoint)}`;
  });
}

function endpointRules(port: PortPlan, endpoint: Endpoint, family: Family): string[] {
  const { name, protocol, affinitySeconds } = port;
  const chain = endpointChain(port, endpoint);
  const recent = ` -m recent --set --name ${chain} --mask ${fullMask(family)} --rsource`;
  const remember = affinitySeconds === undefined ? '' : recent;
  const to = hostPort(endpoint.address, endpoint.port);
  return [
    // Hairpin: an endpoint that reaches itself must see another source, or it drops the answer.
    `-s ${hostCidr(endpoint.address, family)} ${comment(name)} -j KUBE-MARK-MASQ`,
    `-p ${protocol} ${comment(name)}${remember} -m ${protocol} -j DNAT --to-destination ${to}`,
  ];
}

interface Refusal {
  readonly which: string;
  readonly target: string;
}

/**
 * Why traffic under this policy finds nobody, and what then happens to it. Where `cluster` is
 * empty, so is `local`.
 */
function refusal(port: PortPlan, policy: 'Cluster' | 'Local', family: Family): Refusal | undefined {
  if (port.cluster.length === 0) {
    return { which: 'endpoints', target: rejectOf(port.protocol, family) };
  }
  if (policy === 'Local' && port.local.length === 0) {
    // Another node may have endpoints: a balancer in front must try there, so no refusal.
    return { which: 'local endpoints', target: '-j DROP' };
  }
  return undefined;
}

const matchAddress =
  ({ protocol, port }: PortPlan, address: string, family: Family) =>
  (what: string, verdict: string): string =>
    [
      `-d ${hostCidr(address, family)} -p ${protocol} ${what}`,
      `-m ${protocol} --dport ${port} ${verdict}`,
    ].join(' ');

const endpointChain = (port: PortPlan, { address, port: number }: Endpoint) =>
  chainName('KUBE-SEP-', port, hostPort(address, number));

const fullMask = (family: Family) =>
  family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** The kernel keeps probabilities in 1/2^31, and iptables-save prints what the kernel keeps. */
const oneIn = (n: number) => (Math.round(2 ** 31 / n) / 2 ** 31).toFixed(11);

function add(draft: Draft, key: ChainKey, rule: string): void {
  const rules = draft.get(key);
  if (rules) rules.push(rule);
  else draft.set(key, [rule]);
}
