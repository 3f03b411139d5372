/** A real etcd for a test, on loopback, with its data in a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = resolve('.setup/peers/usr/bin/etcd');
const client = resolve('.setup/peers/usr/bin/etcdctl');

export interface TestEtcd {
  readonly urls: readonly string[];
  /** Runs Debian's etcdctl against all members. */
  etcdctl(...words: string[]): string;
  /** Ends one member at once, as a crash does. */
  kill(member?: number): Promise<void>;
  /** Starts it again on what it had. */
  restart(member?: number): Promise<void>;
  /** SIGSTOP and SIGCONT: a member that is there and does not answer. */
  pause(member?: number): void;
  resume(member?: number): void;
  /** Ends all members and removes their data. */
  remove(): Promise<void>;
}

export interface EtcdCertificates {
  readonly cert: string; // Files.
  readonly key: string;
  readonly ca: string;
}

export interface EtcdOptions {
  readonly members?: number;
  /** Clients must come over TLS, with a certificate of this authority. */
  readonly tls?: EtcdCertificates;
  readonly flags?: readonly string[];
}

/** Resolves once every member answers. */
export async function startEtcd(options: EtcdOptions = {}): Promise<TestEtcd> {
  const { members = 1, tls } = options;
  const folder = mkdtempSync(join(tmpdir(), `wherry-etcd-${process.pid}-`));
  const ports = await findFreePorts(members * 2);
  const scheme = tls ? 'https' : 'http';
  const names = Array.from({ length: members }, (_, index) => `m${index}`);
  const urls = names.map((_, index) => `${scheme}://127.0.0.1:${ports[index]}`);
  const peers = names.map((_, index) => `http://127.0.0.1:${ports[members + index]}`);
  const running: (ChildProcess | undefined)[] = [];
  const start = async (index: number) => {
    const words = [
      `--name=${names[index]}`,
      `--data-dir=${folder}/${names[index]}`,
      `--listen-client-urls=${urls[index]}`,
      `--advertise-client-urls=${urls[index]}`,
      `--listen-peer-urls=${peers[index]}`,
      `--initial-advertise-peer-urls=${peers[index]}`,
      `--initial-cluster=${names.map((name, each) => `${name}=${peers[each]}`).join(',')}`,
      '--heartbeat-interval=50',
      '--election-timeout=500',
      '--log-level=error',
      ...(tls ? tlsFlags(tls) : []),
      ...(options.flags ?? []),
    ];
    // Should the test be killed, etcd ends with it.
    const orphanless = ['--pdeathsig', 'KILL', program, ...words];
    running[index] = spawn('setpriv', orphanless, { stdio: 'ignore' });
    await waitForPort(ports[index]!, running[index]);
  };
  const stop = async (index: number, signal: NodeJS.Signals) => {
    const child = running[index];
    running[index] = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const etcd: TestEtcd = {
    urls,
    etcdctl: (...words) => {
      const flags = [`--endpoints=${urls.join(',')}`, ...(tls ? clientFlags(tls) : [])];
      const env = { ETCDCTL_API: '3' };
      return execFileSync(client, [...flags, ...words], { encoding: 'utf8', env });
    },
    kill: (member = 0) => stop(member, 'SIGKILL'),
    restart: (member = 0) => start(member),
    pause: (member = 0) => void running[member]?.kill('SIGSTOP'),
    resume: (member = 0) => void running[member]?.kill('SIGCONT'),
    async remove() {
      await Promise.all(names.map((_, index) => stop(index, 'SIGKILL')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await Promise.all(names.map((_, index) => start(index)));
  return etcd;
}

const tlsFlags = ({ cert, key, ca }: EtcdCertificates) => [
  `--cert-file=${cert}`,
  `--key-file=${key}`,
  `--trusted-ca-file=${ca}`,
  '--client-cert-auth',
];

const clientFlags = ({ cert, key, ca }: EtcdCertificates) => [
  `--cert=${cert}`,
  `--key=${key}`,
  `--cacert=${ca}`,
];

async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** etcd listens for clients only once it has a leader. */
async function waitForPort(port: number, child: ChildProcess | undefined): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (!child || child.exitCode !== null) throw new Error(`etcd ended with ${child?.exitCode}`);
    if (await canConnect(port)) return;
    await sleep(25);
  }
  throw new Error(`etcd does not listen on ${port}`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
