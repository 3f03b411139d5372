/** The node's agent: what a kubelet is elsewhere. Its flags, and its start. */
import { hostname, networkInterfaces } from 'node:os';
import { type ConfigOf, integer, list, oneOf, optionalText, port, text } from '../base/config.ts';
import { UsageError } from '../base/errors.ts';
import { parseCidr } from '../base/ip-address.ts';
import manifest from '../package.json' with { type: 'json' };
import { Agent, type AgentConfig, type AgentDeps, type RunningAgent } from './agent.ts';

export const flags = {
  'node-name': text("The node's name; empty: this machine's host name.", '', 'NAME'),
  'node-ip': list("The node's addresses; empty: the first that is found.", [], 'IP'),
  root: text('Where the data lives.', '/var/lib/wherry', 'DIR'),
  'run-dir': text('What dies with the machine.', '/run/wherry', 'DIR'),
  instance: text('Names the bridge (NAME0), the cgroup and the iptables chain.', 'wherry', 'NAME'),
  'pod-cidr': text("The pods' addresses; empty: as the node's object says.", '', 'CIDR'),
  'cluster-dns': list('Where pods ask for names.', [], 'IP'),
  'cluster-domain': text('The domain of Services.', 'cluster.local', 'DOMAIN'),
  port: port("The agent's API (logs, exec); 0 picks a free one.", 10_250),
  address: text("Where the agent's API listens.", '0.0.0.0', 'IP'),
  'healthz-port': port('/healthz on loopback; 0 picks a free one.', 10_248),
  'tls-cert-file': optionalText("The agent's certificate; absent: no API.", 'FILE'),
  'tls-private-key-file': optionalText('Its key.', 'FILE'),
  'client-ca-file': optionalText("Who signs the API server's client certificate.", 'FILE'),
  'proxy-socket': text(
    "The proxy's, which tells when a pod is drained; empty: in the run dir.",
    '',
    'PATH',
  ),
  'network-policy-kubeconfig': optionalText(
    'With whose rights policies and all pods are read; absent: policies are not enforced.',
    'FILE',
  ),
  'cgroup-root': text('Below each hierarchy; empty: /INSTANCE.', '', 'PATH'),
  'pods-on-exit': oneOf('What becomes of the pods when the agent ends.', ['keep', 'stop'], 'keep'),
  'max-pods': integer('Pods that fit on this node.', 110, { min: 1 }),
  'pod-max-pids': integer('Processes a pod may have; -1: no limit.', -1, { min: -1 }),
};

export type Config = ConfigOf<typeof flags>;

/** Resolves once the node is registered and its pods are taken over. */
export async function start(config: Config, deps: AgentDeps): Promise<RunningAgent> {
  const agent = new Agent(complete(config), deps);
  try {
    await agent.begin();
    return agent;
  } catch (error) {
    await agent.stop();
    throw error;
  }
}

/** @throws UsageError that names every flag that is wrong */
function complete(config: Config): AgentConfig {
  const { tlsCertFile, tlsPrivateKeyFile, clientCaFile, podCidr } = config;
  const tls = [tlsCertFile, tlsPrivateKeyFile, clientCaFile];
  const problems: string[] = [];
  if (tls.some(Boolean) && !tls.every(Boolean)) {
    problems.push('--tls-cert-file, --tls-private-key-file and --client-ca-file go together');
  }
  if (!/^[a-z][a-z0-9-]{0,12}$/.test(config.instance)) {
    problems.push(`--instance=${config.instance}: must be 1 to 13 of a-z, 0-9 and -`);
  }
  for (const dir of [config.root, config.runDir]) {
    if (!dir.startsWith('/')) problems.push(`${dir}: must be an absolute path`);
  }
  if (podCidr !== '' && !isCidr(podCidr)) problems.push(`--pod-cidr=${podCidr}: is no CIDR`);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    ...config,
    nodeName: config.nodeName || hostname().toLowerCase(),
    nodeIp: config.nodeIp.length > 0 ? config.nodeIp : [ownAddress()],
    cgroupRoot: config.cgroupRoot || `/${config.instance}`,
    hostname: hostname(),
    version: `v1.36.2+wherry.${manifest.version}`,
  };
}

function isCidr(text: string): boolean {
  try {
    parseCidr(text);
    return true;
  } catch {
    return false;
  }
}

function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? '127.0.0.1';
}
