/** portmap and firewall: packets from the world and from the host, by their options. */
import test from 'ava';
import { hasCode } from '../../base/errors.ts';
import { kernel } from '../../native/index.ts';
import { bridgeConf, createLab, type Lab } from './cni-lab.ts';
import {
  type Machine,
  makeWorld,
  nftTable,
  nodeAddress,
  startMachine,
  worldAddress,
} from './cni-machine.ts';
import { inBothWays } from './cni-ways.ts';

interface Mapped {
  readonly id: string;
  readonly netns: string;
  readonly portMappings: readonly object[];
  readonly more?: object;
}

/** bridge, then portmap, as a runtime would: gives how to undo the second. */
async function attach(lab: Lab, { id, netns, portMappings, more = {} }: Mapped) {
  // Where the kernel shows bridged packets to the IP families' rules, a pod's own go back by its port.
  const bridge = bridgeConf(lab, { hairpinMode: true });
  const first = await lab.call('bridge', 'ADD', { conf: bridge, id, netns });
  if (first.status !== 0) throw new Error(JSON.stringify(first.body));
  const conf = {
    cniVersion: '1.1.0',
    name: 'lab',
    type: 'portmap',
    runtimeConfig: { portMappings },
    ...more,
  };
  const options = { conf: { ...conf, prevResult: first.body }, id, netns };
  const added = await lab.call('portmap', 'ADD', options);
  return { added, options, conf };
}

const base = { protocol: 'tcp', containerPort: 8080 } as const;

inBothWays(
  'cni R21, R24: ports of the host lead to the pod, TCP and UDP, IPv4 and IPv6',
  async (t, lab) => {
    const world = await startMachine(t, await makeWorld(lab), 'world');
    const netns = await lab.pod('a');
    const portMappings = [
      { ...base, hostPort: 80 },
      { ...base, hostPort: 81, protocol: 'UDP', containerPort: 9090 },
      { ...base, hostPort: 82, protocol: 'sctp' },
      { ...base, hostPort: 83, hostIP: nodeAddress.v4 },
      { ...base, hostPort: 84, hostIP: '10.66.0.1' },
      { ...base, hostPort: 0 },
    ];
    const { added, options, conf } = await attach(lab, { id: 'pod-a', netns, portMappings });
    t.is(added.status, 0, JSON.stringify(added.body));
    t.deepEqual(added.body, options.conf.prevResult);
    await startMachine(t, netns, 'a');
    const patienceMs = 300;
    t.regex(await world.ask(nodeAddress.v4, 80), /^a 8080 192\.0\.2\.2 /);
    t.regex(await world.ask(nodeAddress.v6, 80), /^a 8080 2001:db8::2 /);
    t.regex(await world.ask(nodeAddress.v4, 81, { protocol: 'udp' }), /^a 9090 /);
    t.regex(await world.ask(nodeAddress.v6, 81, { protocol: 'udp' }), /^a 9090 /);
    t.regex(await world.ask(nodeAddress.v4, 83), /^a 8080 /);
    t.is(await world.ask(nodeAddress.v6, 83, { patienceMs }), 'refused', 'another family');
    t.is(await world.ask(nodeAddress.v4, 84, { patienceMs }), 'refused', 'another address');
    t.is(await world.ask(nodeAddress.v4, 81, { patienceMs }), 'refused', 'another protocol');
    t.regex(await nftTable(lab, 'inet', 'cni-hostport'), /sctp \. 82 : goto/);
    t.is((await lab.call('portmap', 'CHECK', options)).status, 0);
    t.is((await lab.call('portmap', 'DEL', options)).status, 0);
    t.is(await world.ask(nodeAddress.v4, 80, { patienceMs }), 'refused');
    t.notRegex(await nftTable(lab, 'inet', 'cni-hostport'), /goto/);
    t.is((await lab.call('portmap', 'CHECK', options)).body.code, 103);
    t.is((await lab.call('portmap', 'DEL', options)).status, 0, 'again');
    // Found without what the ADD was told.
    await lab.call('portmap', 'ADD', options);
    t.is(
      (await lab.call('portmap', 'DEL', { ...options, conf: { ...conf, runtimeConfig: {} } }))
        .status,
      0,
    );
    t.notRegex(await nftTable(lab, 'inet', 'cni-hostport'), /goto/);
  },
);

inBothWays(
  'cni R22, R25: snat lets the pod itself, its neighbours and localhost in',
  async (t, lab) => {
    await makeWorld(lab);
    const [a, b] = [await lab.pod('a'), await lab.pod('b')];
    const portMappings = [{ ...base, hostPort: 80 }];
    const { added, options } = await attach(lab, { id: 'pod-a', netns: a, portMappings });
    t.is(added.status, 0, JSON.stringify(added.body));
    await lab.call('bridge', 'ADD', { conf: bridgeConf(lab), id: 'pod-b', netns: b });
    const [pod, other] = [await startMachine(t, a, 'a'), await startMachine(t, b, 'b')];
    const node = await startMachine(t, lab.hostPath, 'node');
    for (const address of [nodeAddress.v4, nodeAddress.v6, '10.66.0.1']) {
      t.regex(await pod.ask(address, 80), /^a 8080 /, `itself by ${address}`);
      t.regex(await other.ask(address, 80), /^a 8080 /, `a neighbour by ${address}`);
      t.regex(await node.ask(address, 80), /^a 8080 /, `the host by ${address}`);
    }
    t.regex(await node.ask('127.0.0.1', 80), /^a 8080 10\.66\.0\.1 /);
    // A neighbour's packets keep their source where no port was mapped.
    t.regex(await other.ask('10.66.0.2', 8080), /^a 8080 10\.66\.0\.3 /);
    await lab.call('portmap', 'DEL', options);
    const conf = { ...options.conf, snat: false };
    await lab.call('portmap', 'ADD', { ...options, conf });
    t.notRegex(await nftTable(lab, 'inet', 'cni-hostport'), /masquerade/);
    t.regex(await node.ask(nodeAddress.v4, 80), /^a 8080 /);
  },
);

test('cni R22: masqAll hides every client; the mark is the configured bit', async (t) => {
  const lab = await createLab(t);
  const world = await startMachine(t, await makeWorld(lab), 'world');
  const netns = await lab.pod('a');
  const portMappings = [{ ...base, hostPort: 80 }];
  const more = { masqAll: true, markMasqBit: 9 };
  const { added } = await attach(lab, { id: 'pod-a', netns, portMappings, more });
  t.is(added.status, 0, JSON.stringify(added.body));
  await startMachine(t, netns, 'a');
  t.regex(await world.ask(nodeAddress.v4, 80), /^a 8080 10\.66\.0\.1 /);
  t.regex(await nftTable(lab, 'inet', 'cni-hostport'), /meta mark & 0x0*200 != 0x0+ masquerade/);
});

test('cni R23: conditions in the words of iptables and of nft', async (t) => {
  const lab = await createLab(t);
  const world = await startMachine(t, await makeWorld(lab), 'world');
  const netns = await lab.pod('a');
  await startMachine(t, netns, 'a');
  const portMappings = [{ ...base, hostPort: 80 }];
  const { options } = await attach(lab, { id: 'pod-a', netns, portMappings });
  const answers = async (conditionsV4: string[]) => {
    await lab.call('portmap', 'DEL', options);
    const conf = { ...options.conf, conditionsV4 };
    const { status, body } = await lab.call('portmap', 'ADD', { ...options, conf });
    if (status !== 0) return body.code;
    return (await world.ask(nodeAddress.v4, 80, { patienceMs: 300 })).split(' ')[0];
  };
  t.is(await answers(['-s', '192.0.2.0/24']), 'a');
  t.is(await answers(['!', '-s', '192.0.2.0/24']), 'refused');
  t.is(await answers(['ip saddr != 192.0.2.2']), 'refused');
  t.is(await answers(['ip', 'saddr', '192.0.2.2', 'iifname', 'up0']), 'a');
  t.is(await answers(['-i', 'eth9']), 'refused');
  t.is(await answers(['-m', 'time']), 2);
  t.is(await answers(['-s', 'x']), 7);
});

test('cni R25: the last writer has the port, and connections of UDP follow', async (t) => {
  const lab = await createLab(t);
  const world = await startMachine(t, await makeWorld(lab), 'world');
  const [a, b] = [await lab.pod('a'), await lab.pod('b')];
  await Promise.all([startMachine(t, a, 'a'), startMachine(t, b, 'b')]);
  const portMappings = [{ ...base, hostPort: 81, protocol: 'udp' }];
  // One client's port throughout: what the kernel remembers of it decides, until it is forgotten.
  const ask = () =>
    world.ask(nodeAddress.v4, 81, { protocol: 'udp', from: 40_000, patienceMs: 500 });
  t.is(await ask(), 'refused');
  const first = await attach(lab, { id: 'pod-a', netns: a, portMappings });
  t.regex(await ask(), /^a /);
  const second = await attach(lab, { id: 'pod-b', netns: b, portMappings });
  t.is(second.added.status, 0, JSON.stringify(second.added.body));
  t.regex(await ask(), /^b /);
  await lab.call('portmap', 'DEL', first.options);
  t.regex(await ask(), /^b /, "the first one's DEL leaves the second's alone");
  await lab.call('portmap', 'DEL', second.options);
  t.is(await ask(), 'refused');
  const listed = await lab.inside(lab.hostPath, 'cat', '/proc/net/nf_conntrack');
  t.notRegex(listed.stdout, /10\.66\.0\.[23] .*dport=81/);
});

test('cni R25: a mapped localhost is not open to the neighbours', async (t) => {
  const lab = await createLab(t);
  const worldPath = await makeWorld(lab);
  const netns = await lab.pod('a');
  const portMappings = [{ ...base, hostPort: 80, hostIP: '127.0.0.1' }];
  await attach(lab, { id: 'pod-a', netns, portMappings });
  await startMachine(t, netns, 'a');
  const node = await startMachine(t, lab.hostPath, 'node');
  t.regex(await node.ask('127.0.0.1', 80), /^a 8080 /);
  await kernel.writeSysctl('net/ipv4/conf/all/route_localnet', '1', lab.hostPath);
  await kernel.writeSysctl('net/ipv4/conf/all/route_localnet', '1', worldPath);
  await lab.inside(worldPath, 'ip', 'route', 'del', 'local', '127.0.0.0/8', 'table', 'local');
  await lab.inside(worldPath, 'ip', 'route', 'del', 'local', '127.0.0.1', 'table', 'local');
  await lab.inside(worldPath, 'ip', 'route', 'add', '127.0.0.0/8', 'via', nodeAddress.v4);
  const code = await kernel.connectTcp('127.0.0.1', 80, 500, worldPath).then(
    () => 'open',
    (error) => (hasCode(error, 'ETIMEDOUT') ? 'nothing' : String(error.code)),
  );
  t.is(code, 'nothing');
});

test('cni R21, R22: what portmap cannot do has the code of the specification', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const conf = { cniVersion: '1.1.0', name: 'lab', type: 'portmap' };
  const prevResult = { ips: [{ address: '10.66.0.2/24' }] };
  const ports = (mapping: object) => ({
    prevResult,
    runtimeConfig: { portMappings: [{ ...base, hostPort: 80, ...mapping }] },
  });
  const cases: readonly (readonly [object, number])[] = [
    [{}, 7],
    [{ ...ports({}), backend: 'ipvs' }, 7],
    [{ ...ports({}), backend: 'iptables' }, 2],
    [{ ...ports({}), externalSetMarkChain: 'KUBE-MARK-MASQ' }, 2],
    [{ ...ports({}), externalSetMarkChain: 'X', markMasqBit: 3 }, 7],
    [{ ...ports({}), markMasqBit: 32 }, 7],
    [ports({ hostPort: 65_536 }), 7],
    [ports({ containerPort: 0 }), 7],
    [ports({ protocol: 'icmp' }), 7],
    [ports({ hostIP: 'localhost' }), 7],
    [{ prevResult, runtimeConfig: { portMappings: {} } }, 6],
  ];
  for (const [more, code] of cases) {
    const { body } = await lab.call('portmap', 'ADD', { conf: { ...conf, ...more }, netns });
    t.is(body?.code, code, JSON.stringify(more));
  }
  t.is(await nftTable(lab, 'inet', 'cni-hostport'), '');
});

inBothWays('cni R26: same-bridge and isolated keep other pods off', async (t, lab) => {
  await makeWorld(lab);
  const world = await startMachine(t, `${lab.dir}/world`, 'world');
  const second = {
    name: 'second',
    bridge: 'br1',
    ipam: { ...bridgeConf(lab).ipam, ranges: [[{ subnet: '10.67.0.0/24' }]] },
  };
  const machines: { name: string; netns: string; prevResult: object; machine: Machine }[] = [];
  const pods = [
    ['a', {}],
    ['b', {}],
    ['c', second],
  ] as const;
  for (const [name, more] of pods) {
    const netns = await lab.pod(name);
    const conf = bridgeConf(lab, more);
    const { body } = await lab.call('bridge', 'ADD', { conf, id: name, netns });
    machines.push({ name, netns, prevResult: body, machine: await startMachine(t, netns, name) });
  }
  const [a, b, c] = machines.map(({ machine }) => machine);
  const policy = async (command: string, ingressPolicy: string) => {
    for (const { name, netns, prevResult } of machines) {
      const conf = { cniVersion: '1.1.0', name: name === 'c' ? 'second' : 'lab', type: 'firewall' };
      const options = { conf: { ...conf, ingressPolicy, prevResult }, id: name, netns };
      const { status, body } = await lab.call('firewall', command, options);
      t.is(status, 0, JSON.stringify(body));
    }
  };
  const patienceMs = 300;
  const seen = async () => [
    (await b!.ask('10.66.0.2', 8080, { patienceMs })).split(' ')[0],
    (await c!.ask('10.66.0.2', 8080, { patienceMs })).split(' ')[0],
    (await a!.ask('10.67.0.2', 8080, { patienceMs })).split(' ')[0],
  ];
  t.deepEqual(await seen(), ['a', 'a', 'c']);
  await policy('ADD', 'same-bridge');
  await policy('CHECK', 'same-bridge');
  t.deepEqual(await seen(), ['a', 'nothing', 'nothing']);
  await lab.inside(`${lab.dir}/world`, 'ip', 'route', 'add', '10.66.0.0/16', 'via', nodeAddress.v4);
  t.regex(await world.ask('10.66.0.2', 8080, { patienceMs }), /^a /, 'others may');
  await policy('DEL', 'same-bridge');
  t.deepEqual(await seen(), ['a', 'a', 'c']);
  await policy('ADD', 'isolated');
  t.deepEqual(await seen(), ['nothing', 'nothing', 'nothing']);
  t.regex(await a!.ask(worldAddress.v4, 8080, { patienceMs }), /^world /);
  await policy('DEL', 'isolated');
  t.notRegex(await nftTable(lab, 'inet', 'cni-firewall'), /drop/);
});
