/** Node ports on 127.0.0.1 and ::1, both protocols, both modes, in network namespaces. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

const prefix = `wpb${process.pid}`;
const dir = mkdtempSync(join(tmpdir(), prefix));
const children: ChildProcess[] = [];
const netns = (host: string) => `--net=/run/netns/${prefix}${host}`;

const sh = (host: string, command: string): string =>
  execFileSync('nsenter', [netns(host), 'bash', '-c', command], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

async function startChild(host: string, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('nsenter', [netns(host), process.execPath, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('it ended')));
  await Promise.race([once(child.stdout!, 'data'), ended]);
  ended.catch(() => {});
  return child;
}

const echo = `
const { createServer } = require('node:net');
createServer((s) => s.on('error', () => {}).end('tcp ' + s.remoteAddress + '\\n')).listen(8080, '::');
const udp = require('node:dgram').createSocket('udp6');
udp.on('message', (data, from) => udp.send('udp ' + from.address + '\\n', from.port, from.address));
udp.bind(8080, () => console.log('ready'));
`;

const endpoints = (addressType: string, address: string) => ({
  metadata: {
    namespace: 'default',
    name: `web-${addressType.toLowerCase()}`,
    labels: { 'kubernetes.io/service-name': 'web' },
  },
  addressType,
  ports: [
    { name: 'http', protocol: 'TCP', port: 8080 },
    { name: 'dns', protocol: 'UDP', port: 8080 },
  ],
  endpoints: [{ addresses: [address], conditions: { ready: true }, nodeName: 'node' }],
});

const world = {
  services: [
    {
      metadata: { namespace: 'default', name: 'web' },
      spec: {
        type: 'NodePort',
        clusterIP: '10.43.0.5',
        clusterIPs: ['10.43.0.5', 'fd43::5'],
        ipFamilies: ['IPv4', 'IPv6'],
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, nodePort: 30_080 },
          { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30_053 },
        ],
      },
    },
  ],
  slices: [endpoints('IPv4', '10.42.0.2'), endpoints('IPv6', 'fd42::2')],
};

test.before(async () => {
  writeFileSync(join(dir, 'world.json'), JSON.stringify(world));
  for (const host of ['node', 'pod']) {
    execFileSync('ip', ['netns', 'add', prefix + host]);
    sh(host, 'ip link set lo up');
  }
  sh('node', `ip link add v0 type veth peer name eth0 netns ${prefix}pod && ip link set v0 up`);
  sh('node', 'ip address add 10.42.0.1/24 dev v0; ip address add fd42::1/64 dev v0 nodad');
  sh('node', 'ip route add default dev v0; ip -6 route add default dev v0');
  sh('pod', 'ip link set eth0 up; ip address add 10.42.0.2/24 dev eth0');
  sh('pod', 'ip address add fd42::2/64 dev eth0 nodad');
  await startChild('pod', ['-e', echo]);
});
test.after.always(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const host of ['node', 'pod']) {
    try {
      execFileSync('ip', ['netns', 'delete', prefix + host], { stdio: 'ignore' });
    } catch {} // It was never made.
  }
  rmSync(dir, { recursive: true });
});

/** What the pod says, and whom it saw; `refused` where nobody listens. */
function ask(protocol: 'tcp' | 'udp', address: string, port: number): string {
  const begin = protocol === 'udp' ? 'echo hi >&3 &&' : '';
  const script = `exec 3<>/dev/${protocol}/${address}/${port} && ${begin} timeout 5 head -n1 <&3`;
  const answer = sh('node', `(${script}) 2>&1 | tail -n1`).trim();
  return /refused/.test(answer) ? 'refused' : answer.replace('::ffff:', '');
}

async function answersOnLoopback(t: ExecutionContext, mode: string, ...argv: string[]) {
  const flags = [`--proxy-mode=${mode}`, '--cluster-cidr=10.42.0.0/16,fd42::/48', ...argv];
  const words = ['test/netns/proxy-world-child.ts', join(dir, 'world.json'), ...flags];
  const child = await startChild('node', words);
  const answers = {
    'tcp 127.0.0.1': ask('tcp', '127.0.0.1', 30_080),
    'tcp ::1': ask('tcp', '::1', 30_080),
    'udp 127.0.0.1': ask('udp', '127.0.0.1', 30_053),
    'udp ::1': ask('udp', '::1', 30_053),
    node: ask('tcp', '10.42.0.1', 30_080),
  };
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  t.is(sh('node', 'cat /proc/sys/net/ipv4/conf/all/route_localnet').trim(), '0');
  return answers;
}

for (const mode of ['iptables', 'nftables']) {
  test.serial(`proxy X13, X14: node ports answer on 127.0.0.1 and ::1, ${mode}`, async (t) => {
    t.deepEqual(await answersOnLoopback(t, mode, '--nodeport-addresses=all'), {
      'tcp 127.0.0.1': 'tcp 10.42.0.1',
      'tcp ::1': 'tcp fd42::1',
      'udp 127.0.0.1': 'udp 10.42.0.1',
      'udp ::1': 'udp fd42::1',
      node: 'tcp 10.42.0.1',
    });
  });
}

test.serial('proxy X12: with localhost node ports answer on loopback alone', async (t) => {
  const answers = await answersOnLoopback(t, 'iptables', '--nodeport-addresses=localhost');
  t.is(answers['tcp 127.0.0.1'], 'tcp 10.42.0.1');
  t.is(answers.node, 'refused');
});

test.serial('proxy X13: --iptables-localhost-nodeports=false leaves loopback alone', async (t) => {
  const answers = await answersOnLoopback(t, 'iptables', '--iptables-localhost-nodeports=false');
  t.is(answers['tcp 127.0.0.1'], 'refused');
  t.is(answers['tcp ::1'], 'refused');
  t.is(answers.node, 'tcp 10.42.0.1');
});
