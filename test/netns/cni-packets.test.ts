/** Packets between pods, their node and the world, by the plugins' options. */
import { join } from 'node:path';
import test from 'ava';
import { bridgeConf, createLab, type Lab } from './cni-lab.ts';
import { makeWorld, nftTable, nodeAddress, startMachine, worldAddress } from './cni-machine.ts';
import { inBothWays } from './cni-ways.ts';

const ping = async (lab: Lab, netns: string, ...words: string[]) =>
  (await lab.inside(netns, 'busybox', 'ping', '-c1', '-W2', ...words)).code === 0;

inBothWays(
  'cni R3: ipMasq lends pods the address of the host, and DEL and GC end it',
  async (t, lab) => {
    const world = await makeWorld(lab);
    await startMachine(t, world, 'world');
    const [a, b] = [await lab.pod('a'), await lab.pod('b')];
    const conf = bridgeConf(lab, { ipMasq: true });
    const added = await lab.call('bridge', 'ADD', { conf, id: 'pod-a', netns: a });
    t.is(added.status, 0, JSON.stringify(added.body));
    await lab.call('bridge', 'ADD', { conf: bridgeConf(lab), id: 'pod-b', netns: b });
    const [pod, other] = [await startMachine(t, a, 'a'), await startMachine(t, b, 'b')];
    for (const protocol of ['tcp', 'udp'] as const) {
      const answers = [
        await pod.ask(worldAddress.v4, 8080, { protocol }),
        await pod.ask(worldAddress.v6, 8080, { protocol }),
      ];
      t.deepEqual(
        answers.map((line) => line.split(' ')[2]),
        [nodeAddress.v4, nodeAddress.v6],
        protocol,
      );
      // Not within the subnet.
      t.regex(await pod.ask('10.66.0.3', 8080, { protocol }), /^b 8080 10\.66\.0\.2 /);
    }
    t.is(await other.ask(worldAddress.v4, 8080, { patienceMs: 300 }), 'nothing', 'without');
    t.true(await ping(lab, a, worldAddress.v4));
    t.true(await ping(lab, a, worldAddress.v6));
    const checked = { conf: { ...conf, prevResult: added.body }, id: 'pod-a', netns: a };
    t.is((await lab.call('bridge', 'CHECK', checked)).status, 0);
    await lab.inside(lab.hostPath, '/usr/sbin/nft', 'flush', 'ruleset');
    t.is((await lab.call('bridge', 'CHECK', checked)).body.code, 103);
    t.is((await lab.call('bridge', 'DEL', { conf, id: 'pod-a', netns: a })).status, 0);
    // Again, and found without the result of the ADD.
    await lab.call('bridge', 'ADD', { conf, id: 'pod-a', netns: a });
    t.regex(await nftTable(lab, 'inet', 'cni-masquerade'), /10\.66\.0\.\d+ : goto masquerade4-/);
    await lab.call('bridge', 'DEL', { conf, id: 'pod-a', netns: a });
    t.notRegex(await nftTable(lab, 'inet', 'cni-masquerade'), /goto/);
    await lab.call('bridge', 'GC', { conf: { ...conf, 'cni.dev/valid-attachments': [] } });
    t.is(await nftTable(lab, 'inet', 'cni-masquerade'), '');
  },
);

test('cni R3: an address of a pod that crashed away leads to the pod that has it now', async (t) => {
  const lab = await createLab(t);
  const conf = bridgeConf(lab, { ipMasq: true });
  const ipam = { type: 'static', addresses: [{ address: '10.66.0.9/24', gateway: '10.66.0.1' }] };
  const own = { ...conf, ipam };
  const [a, b] = [await lab.pod('a'), await lab.pod('b')];
  await lab.call('bridge', 'ADD', { conf: own, id: 'pod-a', netns: a });
  const second = await lab.call('bridge', 'ADD', { conf: own, id: 'pod-b', netns: b });
  t.is(second.status, 0, JSON.stringify(second.body));
  const [, chain] = /10\.66\.0\.9 : goto (\S+)/.exec(
    await nftTable(lab, 'inet', 'cni-masquerade'),
  )!;
  await lab.call('bridge', 'DEL', { conf: own, id: 'pod-a', netns: a });
  const left = await nftTable(lab, 'inet', 'cni-masquerade');
  t.true(left.includes(`10.66.0.9 : goto ${chain}`), "the late DEL left the other's alone");
});

inBothWays(
  'cni R7: macspoofchk drops foreign MAC addresses and router advertisements',
  async (t, lab) => {
    const [a, b] = [await lab.pod('a'), await lab.pod('b')];
    const conf = bridgeConf(lab, { macspoofchk: true });
    const { body, status } = await lab.call('bridge', 'ADD', { conf, id: 'pod-a', netns: a });
    t.is(status, 0, JSON.stringify(body));
    await lab.call('bridge', 'ADD', { conf, id: 'pod-b', netns: b });
    t.true(await ping(lab, a, '10.66.0.3'));
    t.true(await ping(lab, a, 'fd66::3'));
    const shown = await nftTable(lab, 'bridge', 'cni-guard');
    t.regex(shown, /ether saddr != 0a:58:0a:42:00:02 drop/);
    await lab.inside(a, 'ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:99');
    t.false(await ping(lab, a, '10.66.0.3'));
    await lab.inside(a, 'ip', 'link', 'set', 'eth0', 'address', '0a:58:0a:42:00:02');
    t.true(await ping(lab, a, '10.66.0.3'));
    await lab.call('bridge', 'DEL', { conf, id: 'pod-a', netns: a });
    await lab.call('bridge', 'DEL', { conf, id: 'pod-b', netns: b });
    t.notRegex(await nftTable(lab, 'bridge', 'cni-guard'), /drop/);
  },
);

test('cni R7: ipspoofchk drops foreign IP addresses, and ARP about them', async (t) => {
  const lab = await createLab(t);
  const [a, b] = [await lab.pod('a'), await lab.pod('b')];
  const conf = bridgeConf(lab, { ipspoofchk: true });
  await lab.call('bridge', 'ADD', { conf, id: 'pod-a', netns: a });
  await lab.call('bridge', 'ADD', { conf, id: 'pod-b', netns: b });
  t.true(await ping(lab, a, '10.66.0.3'));
  t.true(await ping(lab, a, 'fd66::3'));
  await lab.inside(a, 'ip', 'address', 'add', '10.66.0.77/24', 'dev', 'eth0');
  await lab.inside(a, 'ip', '-6', 'address', 'add', 'fd66::77/64', 'dev', 'eth0', 'nodad');
  t.false(await ping(lab, a, '-I', '10.66.0.77', '10.66.0.3'));
  t.false(await ping(lab, a, '-I', 'fd66::77', 'fd66::3'));
  // Nobody learns that a has it.
  await lab.inside(b, 'ip', 'neigh', 'flush', 'all');
  t.false(await ping(lab, b, '10.66.0.77'));
  t.false(await ping(lab, b, 'fd66::77'));
  t.true(await ping(lab, b, '10.66.0.2'));
});

inBothWays('cni R9: ports in isolation reach the bridge, and not each other', async (t, lab) => {
  const [a, b] = [await lab.pod('a'), await lab.pod('b')];
  const conf = bridgeConf(lab, { portIsolation: true });
  const { body, status } = await lab.call('bridge', 'ADD', { conf, id: 'pod-a', netns: a });
  t.is(status, 0, JSON.stringify(body));
  await lab.call('bridge', 'ADD', { conf, id: 'pod-b', netns: b });
  t.true(await ping(lab, a, '10.66.0.1'));
  t.false(await ping(lab, a, '10.66.0.3'));
  t.false(await ping(lab, a, 'fd66::3'));
});

test('cni R4: without mtu pods are as wide as the way out, and what does not fit is told', async (t) => {
  const lab = await createLab(t);
  await makeWorld(lab, 1400);
  const a = await lab.pod('a');
  const conf = bridgeConf(lab, { ipMasq: true });
  const { body } = await lab.call('bridge', 'ADD', { conf, netns: a });
  t.deepEqual(
    body.interfaces.map(({ mtu }: { mtu: number }) => mtu),
    [1400, 1400, 1400],
  );
  // UDP with "do not fragment".
  const isSent = async (bytes: number) => {
    const script = `use Socket; socket(S, PF_INET, SOCK_DGRAM, 17); setsockopt(S, 0, 10, pack("i", 2));
      exit !send(S, "x" x ${bytes - 28}, 0, sockaddr_in(9, inet_aton("${worldAddress.v4}")))`;
    return (await lab.inside(a, 'perl', '-e', script)).code === 0;
  };
  t.true(await isSent(1400));
  t.false(await isSent(1401));
});

test('cni R6: a kernel without VLANs at bridges says so', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const { status, body } = await lab.call('bridge', 'ADD', {
    conf: bridgeConf(lab, { vlan: 100, isDefaultGateway: false, isGateway: false }),
    netns,
  });
  if (status === 0) {
    const shown = await lab.inside(lab.hostPath, 'bridge', 'vlan', 'show');
    t.regex(shown.stdout, /100 PVID Egress Untagged/);
    return;
  }
  t.is(body.code, 2);
  t.regex(body.msg, /VLAN/);
});

inBothWays(
  'cni R13: ptp wires a pod with routes to either end, and masquerades',
  async (t, lab) => {
    const world = await makeWorld(lab);
    await startMachine(t, world, 'world');
    const { ipam } = bridgeConf(lab);
    const routes = [{ dst: '0.0.0.0/0' }, { dst: '::/0' }];
    const conf = {
      cniVersion: '1.0.0',
      name: 'lab',
      type: 'ptp',
      ipMasq: true,
      mtu: 1400,
      dns: { nameservers: ['10.66.0.53'] },
      ipam: { ...ipam, routes },
    };
    const [a, b] = [await lab.pod('a'), await lab.pod('b')];
    const added = await lab.call('ptp', 'ADD', { conf, id: 'pod-a', netns: a });
    t.is(added.status, 0, JSON.stringify(added.body));
    t.is(added.body.interfaces.length, 2);
    t.like(added.body, { dns: { nameservers: ['10.66.0.53'] } });
    t.like(added.body.ips[0], { address: '10.66.0.2/24', gateway: '10.66.0.1', interface: 1 });
    t.is((await lab.call('ptp', 'ADD', { conf, id: 'pod-b', netns: b })).status, 0);
    for (const address of ['10.66.0.1', '10.66.0.3', 'fd66::1', 'fd66::3', worldAddress.v6]) {
      t.true(await ping(lab, a, address), address);
    }
    const pod = await startMachine(t, a, 'a');
    t.regex(await pod.ask(worldAddress.v4, 8080), new RegExp(`^world 8080 ${nodeAddress.v4} `));
    const checked = { conf: { ...conf, prevResult: added.body }, id: 'pod-a', netns: a };
    t.deepEqual(await lab.call('ptp', 'CHECK', checked), { status: 0, body: undefined });
    for (const [id, netns] of [
      ['pod-a', a],
      ['pod-b', b],
    ] as const) {
      t.is((await lab.call('ptp', 'DEL', { conf, id, netns })).status, 0);
      t.is((await lab.call('ptp', 'DEL', { conf, id, netns })).status, 0);
    }
    t.deepEqual(
      (await lab.links(lab.hostPath)).map(({ name }) => name),
      ['lo', 'up0'],
    );
    t.notRegex(await nftTable(lab, 'inet', 'cni-masquerade'), /goto/);
    t.is((await lab.call('ptp', 'CHECK', checked)).body.code, 103);
  },
);

inBothWays(
  'cni R31: macvlan gives a pod a link of its own on a device of the host',
  async (t, lab) => {
    const world = await makeWorld(lab);
    await startMachine(t, world, 'world');
    const ipam = { type: 'static', addresses: [{ address: '192.0.2.77/24' }] };
    const conf = { cniVersion: '1.1.0', name: 'lab', type: 'macvlan', ipam };
    const netns = await lab.pod('a');
    const args = 'MAC=02:11:22:33:44:66';
    const { body, status } = await lab.call('macvlan', 'ADD', { conf, netns, args });
    t.is(status, 0, JSON.stringify(body));
    t.like(body.interfaces[0], {
      name: 'eth0',
      mac: '02:11:22:33:44:66',
      sandbox: netns,
      mtu: 1500,
    });
    const pod = await startMachine(t, netns, 'a');
    t.regex(await pod.ask(worldAddress.v4, 8080), /^world 8080 192\.0\.2\.77 /);
    const checked = { conf: { ...conf, prevResult: body }, netns };
    t.is((await lab.call('macvlan', 'CHECK', checked)).status, 0);
    const again = await lab.call('macvlan', 'ADD', { conf, netns });
    t.is(again.body.code, 101);
    t.is((await lab.call('macvlan', 'DEL', { conf, netns })).status, 0);
    t.is((await lab.call('macvlan', 'DEL', { conf, netns: `${netns}-gone` })).status, 0);
    t.is((await lab.call('macvlan', 'CHECK', checked)).body.code, 103);
    const wrong = async (more: object) =>
      (await lab.call('macvlan', 'ADD', { conf: { ...conf, ...more }, netns })).body.code;
    t.is(await wrong({ mode: 'router' }), 7);
    t.is(await wrong({ master: 'no-such' }), 7);
    t.is(await wrong({ mtu: 9000 }), 7);
    t.deepEqual(
      (await lab.links(netns)).map(({ name }) => name),
      ['lo'],
    );
    t.is((await lab.call('macvlan', 'STATUS', { conf })).status, 0);
    t.is((await lab.call('macvlan', 'STATUS', { conf: { ...conf, master: 'x' } })).body.code, 50);
  },
);

test('cni R31: a macvlan that fails gives its address back', async (t) => {
  const lab = await createLab(t);
  await makeWorld(lab);
  const { ipam } = bridgeConf(lab);
  const routes = [{ dst: '10.99.0.0/16', gw: '203.0.113.1' }];
  const conf = { cniVersion: '1.1.0', name: 'lab', type: 'macvlan', ipam: { ...ipam, routes } };
  const netns = await lab.pod('a');
  t.is((await lab.call('macvlan', 'ADD', { conf, netns })).body.code, 5);
  const { stdout } = await lab.inside(netns, 'ls', join(lab.dir, 'ipam', 'lab'));
  t.notRegex(stdout, /^10\./m);
});
