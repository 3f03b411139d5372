/** A host and pods for CNI tests: network namespaces of the test's own, never the machine's. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { CniError } from '../../cni/error.ts';
import { createHost, type Host } from '../../cni/plugin.ts';
import { answerCall } from '../../cni/protocol.ts';
import { kernel } from '../../native/index.ts';
import { getLinks, type Link, openNetlink, parseLinks } from '../../native/netlink.ts';
import { type RunResult, run } from '../../native/run.ts';

export interface Lab {
  readonly dir: string;
  readonly hostPath: string;
  readonly host: Host;
  /** Makes a namespace for a pod. */
  pod(name: string): Promise<string>;
  /** Calls a plugin in process, as an executable would be called. */
  call(plugin: string, command: string, options: CallOptions): Promise<Called>;
  links(netnsPath: string): Promise<Link[]>;
  /** Runs a program inside a namespace. */
  inside(netnsPath: string, file: string, ...args: string[]): Promise<RunResult>;
}

export interface CallOptions {
  readonly conf: object;
  readonly id?: string;
  readonly netns?: string;
  readonly ifName?: string;
  readonly args?: string;
  readonly path?: string;
}

export interface Called {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read into whatever was printed.
  readonly body: any;
}

const detach = 2; // MNT_DETACH

export async function createLab(t: ExecutionContext): Promise<Lab> {
  const dir = mkdtempSync(join(tmpdir(), `wherry-cni-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const make = async (name: string) => {
    const path = join(dir, name);
    await kernel.createNetns(path);
    t.teardown(() => kernel.umount(path, detach));
    return path;
  };
  const hostPath = await make('host');
  const host = createHost(hostPath);
  t.teardown(() => host.close());
  mkdirSync(join(dir, 'ipam'));
  return {
    dir,
    hostPath,
    host,
    pod: make,
    call: async (plugin, command, options) => {
      const env = environmentOf(command, options);
      const answer = await answerCall({ plugin, env, stdin: JSON.stringify(options.conf) }, host);
      return { status: answer.status, body: answer.stdout ? JSON.parse(answer.stdout) : undefined };
    },
    links: async (netnsPath) => {
      const socket = await openNetlink(0, netnsPath);
      try {
        return parseLinks(await socket.send(getLinks()));
      } finally {
        socket.close();
      }
    },
    inside: (netnsPath, file, ...args) => run('nsenter', [`--net=${netnsPath}`, file, ...args]),
  };
}

export function environmentOf(command: string, options: CallOptions): Record<string, string> {
  const { id = 'pod-1', netns = '', ifName = 'eth0', args = '', path = '/usr/lib/cni' } = options;
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: id,
    CNI_NETNS: netns,
    CNI_IFNAME: ifName,
    CNI_ARGS: args,
    CNI_PATH: path,
  };
}

export const bridgeConf = (lab: Lab, more: object = {}) => ({
  cniVersion: '1.1.0',
  name: 'lab',
  type: 'bridge',
  bridge: 'br0',
  isDefaultGateway: true,
  ipam: {
    type: 'host-local',
    dataDir: join(lab.dir, 'ipam'),
    ranges: [[{ subnet: '10.66.0.0/24' }], [{ subnet: 'fd66::/64' }]],
  },
  ...more,
});

export const codeOf = (error: unknown) => (error as CniError).code;
