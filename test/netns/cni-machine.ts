/** Machines of the CNI lab that talk: each answers on ports 8080 and 9090, and asks others. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { Lab } from './cni-lab.ts';
import type { Request } from './proxy-host.ts';

export interface Machine {
  /** `NAME PORT CLIENT CLIENT-PORT`, or in one word why there is no answer. */
  ask(address: string, port: number, options?: Partial<Request>): Promise<string>;
}

/** In the namespace, until the test ends. */
export async function startMachine(
  t: ExecutionContext,
  netns: string,
  name: string,
): Promise<Machine> {
  const script = new URL('proxy-host.ts', import.meta.url).pathname;
  const child = spawn('nsenter', [`--net=${netns}`, process.execPath, script, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  const waiting = new Map<number, (answers: string[]) => void>();
  await once(child.stdout, 'data'); // It is ready.
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, answers } = JSON.parse(line) as { id: number; answers: string[] };
    waiting.get(id)?.(answers);
    waiting.delete(id);
  });
  let asked = 0;
  const machine: Machine = {
    ask: async (address, port, options = {}) => {
      const id = ++asked;
      const request: Request = {
        id,
        address,
        port,
        protocol: 'tcp',
        times: 1,
        patienceMs: 3_000,
        ...options,
      };
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const [answer = ''] = await new Promise<string[]>((resolve) => waiting.set(id, resolve));
      return answer;
    },
  };
  // It listens a moment after it has said so.
  while (!(await machine.ask('127.0.0.1', 8080)).startsWith(name)) {}
  return machine;
}

export const worldAddress = { v4: '192.0.2.2', v6: '2001:db8::2' } as const;
export const nodeAddress = { v4: '192.0.2.1', v6: '2001:db8::1' } as const;

/** A network beyond the host, which knows no way to pods. Gives its namespace. */
export async function makeWorld(lab: Lab, mtu = 1500): Promise<string> {
  const world = await lab.pod('world');
  const inHost = (...words: string[]) => must(lab.inside(lab.hostPath, 'ip', ...words));
  const inWorld = (...words: string[]) => must(lab.inside(world, 'ip', ...words));
  await inHost('link', 'add', 'up0', 'mtu', `${mtu}`, 'type', 'veth', 'peer', 'name', 'eth0');
  await must(lab.inside(lab.hostPath, 'ip', 'link', 'set', 'eth0', 'netns', world));
  await inHost('link', 'set', 'up0', 'up');
  await inWorld('link', 'set', 'eth0', 'up', 'mtu', `${mtu}`);
  await inHost('address', 'add', `${nodeAddress.v4}/24`, 'dev', 'up0');
  await inHost('address', 'add', `${nodeAddress.v6}/64`, 'dev', 'up0', 'nodad');
  await inWorld('address', 'add', `${worldAddress.v4}/24`, 'dev', 'eth0');
  await inWorld('address', 'add', `${worldAddress.v6}/64`, 'dev', 'eth0', 'nodad');
  await inHost('route', 'add', 'default', 'via', worldAddress.v4);
  await inHost('-6', 'route', 'add', 'default', 'via', worldAddress.v6);
  return world;
}

async function must(running: Promise<{ code: number; stderr: string }>): Promise<void> {
  const { code, stderr } = await running;
  if (code !== 0) throw new Error(stderr);
}

/** Rules of a table as nft prints them; empty where it is not there. By its path: npm has an nft. */
export async function nftTable(lab: Lab, family: string, name: string): Promise<string> {
  const { stdout } = await lab.inside(lab.hostPath, '/usr/sbin/nft', 'list', 'table', family, name);
  return stdout;
}
