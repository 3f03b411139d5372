/** The text of a pod's /etc/hosts, /etc/hostname and /etc/resolv.conf. Pure. */
import type { Pod } from '../api/types/core-v1.generated.ts';

export interface DnsSettings {
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The node's own resolv.conf. */
  readonly hostResolvConf: string;
}

/** The pod's name, or what its spec says; the node's in the node's network. */
export function hostnameOf(pod: Pod, nodeHostname: string, clusterDomain: string): string {
  if (pod.spec?.hostNetwork) return nodeHostname;
  const name = pod.spec?.hostname || (pod.metadata?.name ?? '');
  const short = name.slice(0, 63).replace(/[-.]+$/, '');
  const full = domainNameOf(pod, short, clusterDomain);
  return pod.spec?.setHostnameAsFQDN && full ? full : short;
}

export function planHosts(
  pod: Pod,
  own: { ips: readonly string[]; hostname: string },
  domain: string,
) {
  const [short = ''] = own.hostname.split('.');
  const full = domainNameOf(pod, short, domain);
  const names = full ? `${full}\t${short}` : own.hostname;
  const lines = [...hostsHead, ...own.ips.map((ip) => `${ip}\t${names}`)];
  return `${[...lines, ...aliasLines(pod)].join('\n')}\n`;
}

/** A pod in the node's network sees the node's hosts, with its own aliases added. */
export function planHostNetworkHosts(pod: Pod, hostFile: string): string {
  const aliases = aliasLines(pod);
  const head = '# Kubernetes-managed hosts file (host network).\n';
  return `${head}${hostFile}${aliases.map((line) => `${line}\n`).join('')}`;
}

/** As pod-dns describes: dnsPolicy chooses the base, dnsConfig adds to it. */
export function planResolvConf(pod: Pod, settings: DnsSettings): string {
  const { spec } = pod;
  const base = baseOf(pod, settings);
  const config = spec?.dnsConfig;
  const options = new Map(base.options);
  for (const { name = '', value } of config?.options ?? []) options.set(name, value ?? '');
  const nameservers = unique([...base.nameservers, ...(config?.nameservers ?? [])]);
  const searches = unique([...base.searches, ...(config?.searches ?? [])]);
  return [
    ...(searches.length > 0 ? [`search ${searches.slice(0, searchesMax).join(' ')}`] : []),
    ...nameservers.slice(0, nameserversMax).map((address) => `nameserver ${address}`),
    ...(options.size > 0 ? [`options ${[...options].map(formatOption).join(' ')}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

function baseOf(pod: Pod, { clusterDns, clusterDomain, hostResolvConf }: DnsSettings): ResolvConf {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { nameservers: [], searches: [], options: new Map() };
  const host = parseResolvConf(hostResolvConf);
  const isCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec?.hostNetwork);
  if (!isCluster || clusterDns.length === 0) return host;
  const services = `svc.${clusterDomain}`;
  const own = [`${pod.metadata?.namespace}.${services}`, services, clusterDomain];
  return {
    nameservers: clusterDns,
    searches: unique([...own, ...host.searches]),
    options: new Map([['ndots', '5']]),
  };
}

function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let searches: string[] = [];
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word === 'nameserver' && values[0]) nameservers.push(values[0]);
    if (word === 'search' || word === 'domain') searches = values.filter((each) => each !== '.');
    if (word !== 'options') continue;
    for (const option of values) {
      const [name = '', value = ''] = option.split(':');
      options.set(name, value);
    }
  }
  return { nameservers, searches, options };
}

function domainNameOf({ metadata, spec }: Pod, hostname: string, domain: string) {
  if (!spec?.subdomain) return undefined;
  return `${hostname}.${spec.subdomain}.${metadata?.namespace}.svc.${domain}`;
}

function aliasLines({ spec }: Pod): string[] {
  const aliases = spec?.hostAliases ?? [];
  if (aliases.length === 0) return [];
  const lines = aliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames].join('\t'));
  return ['', '# Entries added by HostAliases.', ...lines];
}

const hostsHead = [
  '# Kubernetes-managed hosts file.',
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

const formatOption = ([name, value]: [string, string]) => (value ? `${name}:${value}` : name);
const unique = (texts: readonly string[]) => [...new Set(texts)];
const nameserversMax = 3;
const searchesMax = 32;
