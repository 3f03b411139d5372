/**
 * eBPF mode on a cgroup of the test's own: a client there connects to a Service whose packets no
 * rule rewrites, since there is none. Needs root, and cgroup v2 somewhere.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import test from 'ava';
import type { Service } from '../../api/types/core-v1.generated.ts';
import { ConnectRules } from '../../proxy/ebpf/connect-rules.ts';
import type { Rules } from '../../proxy/world.ts';

const root = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) =>
  existsSync(`${path}/cgroup.procs`),
);

/** Enters the cgroup, listens as an endpoint, and asks the Service as its own client. */
const script = (cgroup: string, family: 4 | 6, own: string, service: string) => `
require('node:fs').writeFileSync('${cgroup}/cgroup.procs', String(process.pid));
const net = require('node:net');
const dgram = require('node:dgram');
const server = net.createServer((socket) => socket.end('tcp'));
server.listen(18080, '${own}', () => {
  const client = net.connect(80, '${service}');
  client.setTimeout(300, () => client.destroy(new Error('silence')));
  client.on('data', (text) => console.log(String(text), client.remoteAddress));
  client.on('error', ({ message }) => console.log('tcp', message));
});
const echo = dgram.createSocket('udp${family}');
echo.on('message', (text, from) => echo.send('udp', from.port, from.address));
echo.bind(18053, '${own}', () => {
  const client = dgram.createSocket('udp${family}');
  client.on('message', (text, from) => console.log(String(text), 'from', from.address, from.port));
  client.send('x', 53, '${service}');
});
setTimeout(() => process.exit(), 700);
`;

const families = [
  { family: 'ipv4', number: 4, own: '10.9.9.9', service: '10.43.0.5', length: 32 },
  { family: 'ipv6', number: 6, own: 'fd00:9::9', service: 'fd00:43::5', length: 128 },
] as const;

for (const { family, number, own, service, length } of families) {
  test.serial(
    `eBPF mode (${family}): a socket goes to an endpoint, and answers come from the Service`,
    async (t) => {
      if (!root) return t.fail('there is no cgroup v2 on this machine');
      const cgroup = `${root}/wherry-test-${process.pid}-${family}`;
      mkdirSync(cgroup);
      let object: Service | undefined = {
        metadata: { namespace: 'default', name: 'web' },
        spec: {
          clusterIP: service,
          ports: [
            { name: 'http', port: 80, protocol: 'TCP' },
            { name: 'dns', port: 53, protocol: 'UDP' },
          ],
        },
      };
      const rules = new ConnectRules({
        family,
        cgroup,
        packets: noPackets,
        world: {
          serviceKeys: () => ['default/web'],
          service: () => object,
          slices: () => [
            {
              addressType: family === 'ipv4' ? 'IPv4' : 'IPv6',
              ports: [
                { name: 'http', port: 18_080, protocol: 'TCP' },
                { name: 'dns', port: 18_053, protocol: 'UDP' },
              ],
              endpoints: [{ addresses: [own] }],
            },
          ],
          serviceRanges: () => [],
          node: () => ({ nodeName: 'here', zone: undefined, family, nodePortCidrs: [] }),
        },
      });
      const ask = () => {
        const setUp = `ip link set lo up; ip address add ${own}/${length} dev lo; exec "$0" -e "$1"`;
        const program = script(cgroup, number, own, service);
        const args = ['-n', 'sh', '-c', setUp, process.execPath, program];
        const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
        return [...stdout.trim().split('\n').sort(), stderr].filter(Boolean);
      };
      try {
        await rules.write();
        t.deepEqual(ask(), [`tcp ${own}`, `udp from ${service} 53`]);
        object = undefined;
        rules.touch('default/web');
        await rules.write();
        t.false(ask().some((line) => line === `tcp ${own}` || line.startsWith('udp from')));
      } finally {
        rules.close();
        rmdirSync(cgroup);
      }
    },
  );
}

test('eBPF mode says what it needs where there is no cgroup of version 2', async (t) => {
  const world = {
    serviceKeys: () => [],
    service: () => undefined,
    slices: () => [],
    serviceRanges: () => [],
    node: () => ({
      nodeName: 'here',
      zone: undefined,
      family: 'ipv4' as const,
      nodePortCidrs: [],
    }),
  };
  const rules = new ConnectRules({
    family: 'ipv4',
    cgroup: '/tmp/none',
    packets: noPackets,
    world,
  });
  await t.throwsAsync(rules.claim(), {
    message: /cannot use \/tmp\/none: it needs a cgroup of version 2/,
  });
});

const nothing = async () => {};
const noPackets: Rules = {
  touch: () => {},
  touchAll: () => {},
  claim: nothing,
  write: nothing,
  audit: nothing,
  look: nothing,
};
