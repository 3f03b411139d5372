/** Load balancer addresses on a real link: neighbours learn them, and forget where they were. */
import { execFileSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { announce, removeAddresses, setAddresses } from '../../proxy/announce/apply.ts';

const prefix = `wpa${process.pid}`;
const hosts = ['sw', 'a', 'b', 'client'];

const sh = (host: string, command: string): string =>
  execFileSync('nsenter', [`--net=/run/netns/${prefix}${host}`, 'bash', '-c', command], {
    encoding: 'utf8',
  });

const optionsOf = (host: string) => ({
  instance: 'lab',
  netnsPath: `/run/netns/${prefix}${host}`,
});

/** Two nodes and a client on one switch: 192.0.2.1, 192.0.2.2, 192.0.2.9, and the same in IPv6. */
test.before(() => {
  for (const host of hosts) execFileSync('ip', ['netns', 'add', prefix + host]);
  sh('sw', 'ip link add br0 type bridge && ip link set br0 up');
  for (const [host, number] of Object.entries({ a: 1, b: 2, client: 9 })) {
    sh('sw', `ip link add to${host} type veth peer name eth0 netns ${prefix}${host}`);
    sh('sw', `ip link set to${host} up master br0`);
    sh(host, 'ip link set lo up; ip link set eth0 up');
    sh(host, `ip address add 192.0.2.${number}/24 dev eth0`);
    sh(host, `ip address add 2001:db8::${number}/64 dev eth0 nodad`);
  }
});
test.after.always(() => {
  for (const host of hosts) {
    try {
      execFileSync('ip', ['netns', 'delete', prefix + host], { stdio: 'ignore' });
    } catch {} // It was never made.
  }
});

const macOf = (host: string) => sh(host, 'ip -o link show eth0').match(/link\/ether (\S+)/)![1]!;

/** Whom the client believes to have the address. */
const believed = (ip: string) => sh('client', `ip neigh show ${ip}`).match(/lladdr (\S+)/)?.[1];

/** Nobody listens there: who is reached refuses. */
const reaches = (ip: string): boolean =>
  sh('client', `timeout 2 bash -c 'exec 3<>/dev/tcp/${ip}/9' 2>&1 || true`).includes('refused');

async function learnsAndForgets(t: ExecutionContext, ip: string) {
  t.false(reaches(ip));
  t.deepEqual(await setAddresses(optionsOf('a'), [ip]), [ip]);
  t.deepEqual(await setAddresses(optionsOf('a'), [ip]), [], 'it is there already');
  await announce(optionsOf('a'), [ip]);
  t.true(reaches(ip));
  t.is(believed(ip), macOf('a'));
  // It moves: the other node says so, and nobody has to ask again.
  await setAddresses(optionsOf('a'), []);
  await setAddresses(optionsOf('b'), [ip]);
  await announce(optionsOf('b'), [ip]);
  t.is(believed(ip), macOf('b'));
  t.true(reaches(ip));
  await removeAddresses(optionsOf('b'));
  await removeAddresses(optionsOf('b'));
  for (const host of ['a', 'b']) {
    t.notRegex(sh(host, 'ip -o address'), new RegExp(`${ip}/`), 'nothing is left');
    t.notRegex(sh(host, 'ip -o link'), /lablb/);
  }
}

test.serial('pains P32: an address of the pool is answered by ARP, and moves at once', (t) =>
  learnsAndForgets(t, '192.0.2.100'),
);
test.serial('pains P32: an IPv6 address of the pool is answered by NDP, and moves at once', (t) =>
  learnsAndForgets(t, '2001:db8::100'),
);

test.serial('pains P32: only what is wanted stays, also after a kill in between', async (t) => {
  await setAddresses(optionsOf('a'), ['192.0.2.100', '192.0.2.101']);
  t.deepEqual(await setAddresses(optionsOf('a'), ['192.0.2.101', '2001:db8::101']), [
    '2001:db8::101',
  ]);
  const there = sh('a', 'ip -o address show');
  t.regex(there, /lablb.*192\.0\.2\.101\/32/);
  t.notRegex(there, /192\.0\.2\.100/);
  await removeAddresses(optionsOf('a'));
  t.notRegex(sh('a', 'ip -o address show'), /\.101|::101/);
});
