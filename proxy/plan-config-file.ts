/**
 * Reads upstream's configuration file (kubeproxy.config.k8s.io/v1alpha1, KubeProxyConfiguration) as
 * flags. Every field is either honoured or refused by its path; what says nothing passes. Pure.
 */
export interface FileWords {
  /** `--flag=value` */
  readonly words: readonly string[];
  /** One sentence each; with any, the words are not to be used. */
  readonly problems: readonly string[];
}

const apiVersion = 'kubeproxy.config.k8s.io/v1alpha1';
const kind = 'KubeProxyConfiguration';

/** A flag's name, or what is done with the value: a word, none, or an error with a sentence. */
type Rule = string | ((value: unknown) => string | undefined);

const only =
  (...accepted: readonly unknown[]): Rule =>
  (value) => {
    if (isNothing(value) || accepted.includes(value)) return undefined;
    throw new Error(
      accepted.length > 0 ? `only ${accepted.join(', ')} is supported` : 'is not supported',
    );
  };

const ofMode = (mode: string): Readonly<Record<string, Rule>> => ({
  [`${mode}.masqueradeBit`]: 'masquerade-bit',
  [`${mode}.masqueradeAll`]: 'masquerade-all',
  [`${mode}.syncPeriod`]: unlessEmpty('iptables-sync-period'),
  [`${mode}.minSyncPeriod`]: unlessEmpty('iptables-min-sync-period'),
});

const rules: Readonly<Record<string, Rule>> = {
  bindAddress: 'bind-address',
  healthzBindAddress: unlessEmpty('healthz-bind-address'),
  metricsBindAddress: unlessEmpty('metrics-bind-address'),
  bindAddressHardFail: 'bind-address-hard-fail',
  enableProfiling: only(),
  showHiddenMetricsForVersion: only(),
  mode: unlessEmpty('proxy-mode'),
  'iptables.localhostNodePorts': 'iptables-localhost-nodeports',
  detectLocalMode: unlessEmpty('detect-local-mode'),
  'detectLocal.bridgeInterface': 'pod-bridge-interface',
  'detectLocal.interfaceNamePrefix': 'pod-interface-name-prefix',
  clusterCIDR: unlessEmpty('cluster-cidr'),
  nodePortAddresses: (value) =>
    isNothing(value) ? undefined : `--nodeport-addresses=${(value as unknown[]).join(',')}`,
  oomScoreAdj: 'oom-score-adj',
  'conntrack.maxPerCore': 'conntrack-max-per-core',
  'conntrack.min': 'conntrack-min',
  'conntrack.tcpEstablishedTimeout': 'conntrack-tcp-timeout-established',
  'conntrack.tcpCloseWaitTimeout': 'conntrack-tcp-timeout-close-wait',
  'conntrack.tcpBeLiberal': 'conntrack-tcp-be-liberal',
  'conntrack.udpTimeout': 'conntrack-udp-timeout',
  'conntrack.udpStreamTimeout': 'conntrack-udp-timeout-stream',
  // Watches tell changes as they come: there is nothing to refresh.
  configSyncPeriod: only('15m0s', '15m'),
  portRange: only(),
  hostnameOverride: unlessEmpty('hostname-override'),
  'clientConnection.kubeconfig': unlessEmpty('kubeconfig'),
  'clientConnection.acceptContentTypes': only('application/json'),
  'clientConnection.contentType': only('application/json'),
  'clientConnection.qps': only(5),
  'clientConnection.burst': only(10),
  'logging.format': only('text'),
  'logging.flushFrequency': () => undefined, // Each line is written at once.
  'logging.verbosity': (value) =>
    Number(value) >= debugVerbosity ? '--log-level=debug' : undefined,
  'logging.vmodule': only(),
  windowsRunAsService: only(),
};

/** From here on upstream writes what only developers read. */
const debugVerbosity = 4;

/** Sections of which nothing may be asked. */
const refused = ['ipvs', 'winkernel', 'featureGates', 'logging.options'];
const sections = [
  'iptables',
  'nftables',
  'detectLocal',
  'conntrack',
  'clientConnection',
  'logging',
];

export function readConfigFile(document: unknown): FileWords {
  if (!isObject(document) || document.apiVersion !== apiVersion || document.kind !== kind) {
    return { words: [], problems: [`must be a ${kind} of ${apiVersion}`] };
  }
  const { apiVersion: _, kind: __, ...fields } = document;
  const known = { ...rules, ...ofMode(fields.mode === 'nftables' ? 'nftables' : 'iptables') };
  const other = ofMode(fields.mode === 'nftables' ? 'iptables' : 'nftables');
  const words: string[] = [];
  const problems: string[] = [];
  for (const [path, value] of leavesOf(fields, '')) {
    try {
      // What is for the other mode says nothing about this one.
      if (!Object.hasOwn(other, path)) words.push(...wordsOf(path, value, known));
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message}`);
    }
  }
  return { words, problems };
}

function wordsOf(path: string, value: unknown, known: Readonly<Record<string, Rule>>): string[] {
  const rule = Object.hasOwn(known, path) ? known[path]! : undefined;
  if (rule === undefined) {
    if (isRefused(path) && isNothing(value)) return [];
    throw new Error(isRefused(path) ? 'is not supported' : 'is no field of it');
  }
  if (typeof rule === 'function') return [rule(value) ?? []].flat();
  if (value === null || value === undefined) return [];
  if (isObject(value) || Array.isArray(value)) throw new Error('must be a single value');
  return [`--${rule}=${value}`];
}

function* leavesOf(
  fields: Readonly<Record<string, unknown>>,
  prefix: string,
): Iterable<readonly [string, unknown]> {
  for (const [name, value] of Object.entries(fields)) {
    const path = prefix + name;
    const isSection = sections.includes(path) || isRefused(path);
    if (isSection && isObject(value)) yield* leavesOf(value, `${path}.`);
    else if (!sections.includes(path) || value !== null) yield [path, value];
  }
}

/** Nothing, and zero, stand for the default there. */
function unlessEmpty(flag: string): Rule {
  return (value) => (isNothing(value) ? undefined : `--${flag}=${value}`);
}

const isRefused = (path: string): boolean =>
  refused.some((each) => path === each || path.startsWith(`${each}.`));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNothing = (value: unknown): boolean =>
  [undefined, null, '', 0, false, '0', '0s'].includes(value as never) ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.values(value).every(isNothing));

/** Flags that the file has fields for: given beside it they are ignored, as upstream's are. */
export const fileFlags: ReadonlySet<string> = new Set([
  ...['proxy-mode', 'detect-local-mode', 'cluster-cidr', 'nodeport-addresses', 'log-level'],
  ...['healthz-bind-address', 'metrics-bind-address'],
  ...['iptables-sync-period', 'iptables-min-sync-period', 'masquerade-bit', 'masquerade-all'],
  ...Object.values(rules).filter((rule) => typeof rule === 'string'),
]);
