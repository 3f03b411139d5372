/** Writes the files that all containers of a pod share: hosts, hostname, resolv.conf. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentContext } from '../context.ts';
import { podDir } from '../paths.ts';
import { hostnameOf, planHostNetworkHosts, planHosts, planResolvConf } from '../plan-files.ts';
import type { PodState } from '../state.ts';

/** Once an address is known. Written in place: running containers hold them by bind mount. */
export async function writePodFiles(context: AgentContext, state: PodState): Promise<void> {
  const { settings, paths } = context;
  const { pod } = state;
  const dir = podDir(paths, state.uid);
  const hostname = hostnameOf(pod, settings.hostname, settings.clusterDomain);
  const hosts = pod.spec?.hostNetwork
    ? planHostNetworkHosts(pod, read('/etc/hosts'))
    : planHosts(pod, { ips: state.sandbox?.ips ?? [], hostname }, settings.clusterDomain);
  const dns = { ...settings, hostResolvConf: readHostResolvConf() };
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  writeOnce(join(dir, 'etc-hosts'), hosts);
  writeOnce(join(dir, 'etc-hostname'), `${hostname}\n`);
  writeOnce(join(dir, 'resolv.conf'), planResolvConf(pod, dns));
}

/** systemd-resolved's stub on 127.0.0.53 cannot be reached from a pod; its upstreams can. */
function readHostResolvConf(): string {
  const own = read('/etc/resolv.conf');
  const isStub = /^nameserver\s+127\./m.test(own);
  return (isStub && read('/run/systemd/resolve/resolv.conf')) || own;
}

function writeOnce(path: string, text: string): void {
  if (read(path) !== text) writeFileSync(path, text, { mode: 0o644 });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
