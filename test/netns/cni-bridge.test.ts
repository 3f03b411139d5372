/** The plugins against the kernel, by the rows of the CNI specification (C…) and options (R…). */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bridgeConf, createLab, type Lab } from './cni-lab.ts';

const held = ({ dir }: Lab) =>
  readdirSync(join(dir, 'ipam', 'lab')).filter((name) => /^(10\.|fd)/.test(name));

test('C1, R1, R2: ADD wires a pod that reaches the gateway and other pods', async (t) => {
  const lab = await createLab(t);
  const conf = bridgeConf(lab);
  const [a, b] = [await lab.pod('a'), await lab.pod('b')];
  const added = await lab.call('bridge', 'ADD', { conf, id: 'pod-a', netns: a });
  t.is(added.status, 0, JSON.stringify(added.body));
  t.like(added.body, {
    cniVersion: '1.1.0',
    ips: [
      { address: '10.66.0.2/24', gateway: '10.66.0.1', interface: 2 },
      { address: 'fd66::2/64', gateway: 'fd66::1', interface: 2 },
    ],
    routes: [
      { dst: '0.0.0.0/0', gw: '10.66.0.1' },
      { dst: '::/0', gw: 'fd66::1' },
    ],
    dns: {},
  });
  t.like(added.body.interfaces[2], { name: 'eth0', sandbox: a, mac: '0a:58:0a:42:00:02' });
  const second = await lab.call('bridge', 'ADD', { conf, id: 'pod-b', netns: b });
  t.is(second.body.ips[0].address, '10.66.0.3/24');
  for (const address of ['10.66.0.1', '10.66.0.3', 'fd66::1', 'fd66::3']) {
    const { code, stdout } = await lab.inside(a, 'busybox', 'ping', '-c1', '-W3', address);
    t.is(code, 0, stdout);
  }
  const forward = await lab.inside(lab.hostPath, 'cat', '/proc/sys/net/ipv4/ip_forward');
  t.is(forward.stdout.trim(), '1');
  const bridge = (await lab.links(lab.hostPath)).find(({ name }) => name === 'br0');
  t.like(bridge, { kind: 'bridge', mac: '0a:58:0a:42:00:01', isUp: true });
});

test('C3: DEL frees link and addresses, may be repeated, and needs no namespace', async (t) => {
  const lab = await createLab(t);
  const conf = bridgeConf(lab);
  const netns = await lab.pod('a');
  const id = 'pod-a';
  await lab.call('bridge', 'ADD', { conf, id, netns });
  t.is(held(lab).length, 2);
  for (let round = 0; round < 2; round++) {
    t.deepEqual(await lab.call('bridge', 'DEL', { conf, id, netns }), {
      status: 0,
      body: undefined,
    });
    t.deepEqual(held(lab), []);
    t.deepEqual(
      (await lab.links(netns)).map(({ name }) => name),
      ['lo'],
    );
  }
  await lab.call('bridge', 'ADD', { conf, id, netns });
  t.is((await lab.call('bridge', 'DEL', { conf, id })).status, 0, 'without CNI_NETNS');
  t.deepEqual(
    (await lab.links(lab.hostPath)).map(({ name }) => name),
    ['lo', 'br0'],
  );
  const missing = await lab.call('bridge', 'DEL', { conf, id, netns: `${netns}-gone` });
  t.is(missing.status, 0);
});

test('C2: a failed ADD undoes all of it', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const ipam = { ...bridgeConf(lab).ipam, routes: [{ dst: '10.99.0.0/16', gw: '192.0.2.1' }] };
  const conf = bridgeConf(lab, { ipam });
  const failed = await lab.call('bridge', 'ADD', { conf, netns });
  t.is(failed.status, 1);
  t.like(failed.body, { code: 5, cniVersion: '1.1.0' });
  t.regex(failed.body.msg, /RTM_NEWROUTE: .*gateway/);
  t.deepEqual(held(lab), []);
  t.deepEqual(
    (await lab.links(netns)).map(({ name }) => name),
    ['lo'],
  );
});

test('C1: an interface that exists is an error, and stays', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const conf = bridgeConf(lab);
  await lab.call('bridge', 'ADD', { conf, id: 'first', netns });
  const again = await lab.call('bridge', 'ADD', { conf, id: 'second', netns });
  t.is(again.body.code, 101);
  t.is(held(lab).length, 2, "the first one's");
  const twice = await lab.call('bridge', 'ADD', { conf, id: 'first', netns });
  t.is(twice.body.code, 102);
  t.is(held(lab).length, 2);
  t.true((await lab.links(netns)).some(({ name }) => name === 'eth0'));
});

test('C4, R11: CHECK passes after ADD, and names what is missing', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const { body: prevResult } = await lab.call('bridge', 'ADD', { conf: bridgeConf(lab), netns });
  const check = (more: object = {}) =>
    lab.call('bridge', 'CHECK', { conf: bridgeConf(lab, { prevResult, ...more }), netns });
  t.deepEqual(await check(), { status: 0, body: undefined });
  t.is((await check({ prevResult: undefined })).body.code, 7);
  t.is((await check({ cniVersion: '0.3.1' })).body.code, 1);
  const breaks: readonly (readonly [RegExp, ...string[]])[] = [
    [/route to 0.0.0.0\/0/, 'ip', 'route', 'del', 'default'],
    [/address 10.66.0.2/, 'ip', 'addr', 'del', '10.66.0.2/24', 'dev', 'eth0'],
    [/down/, 'ip', 'link', 'set', 'eth0', 'down'],
    [/no link eth0/, 'ip', 'link', 'del', 'eth0'],
  ];
  for (const [message, file = '', ...args] of breaks) {
    t.is((await lab.inside(netns, file, ...args)).code, 0);
    const { body } = await check();
    t.regex(body.msg, message);
    t.is(body.code, 103);
  }
});

test('C5, C35: after kills between any two steps, GC leaves what is valid and nothing else', async (t) => {
  const lab = await createLab(t);
  const [a, b, c] = [await lab.pod('a'), await lab.pod('b'), await lab.pod('c')];
  await lab.call('bridge', 'ADD', { conf: bridgeConf(lab), id: 'pod-a', netns: a });
  await lab.call('bridge', 'ADD', { conf: bridgeConf(lab), id: 'pod-b', netns: b });
  // Addresses without a link, as a kill after IPAM leaves them.
  await lab.call('host-local', 'ADD', { conf: bridgeConf(lab), id: 'pod-c', netns: c });
  t.is(held(lab).length, 6);
  const valid = [{ containerID: 'pod-a', ifname: 'eth0' }];
  const conf = bridgeConf(lab, { 'cni.dev/valid-attachments': valid });
  t.deepEqual(await lab.call('bridge', 'GC', { conf }), { status: 0, body: undefined });
  t.deepEqual(held(lab).sort(), ['10.66.0.2', 'fd66::2']);
  t.is((await lab.links(lab.hostPath)).filter(({ kind }) => kind === 'veth').length, 1);
  t.deepEqual(
    (await lab.links(b)).map(({ name }) => name),
    ['lo'],
  );
  t.is(
    (await lab.call('bridge', 'GC', { conf: bridgeConf(lab) })).body.code,
    7,
    'without the list',
  );
  const other = bridgeConf(lab, { name: 'other', 'cni.dev/valid-attachments': [] });
  await lab.call('bridge', 'GC', { conf: other });
  t.is(held(lab).length, 2, "another network's GC");
  t.true((await lab.links(a)).some(({ name }) => name === 'eth0'));
});

test('an exhausted range says try again, and an address that is freed is given again', async (t) => {
  const lab = await createLab(t);
  const ipam = { ...bridgeConf(lab).ipam, ranges: [[{ subnet: '10.66.0.0/30' }]] };
  const conf = bridgeConf(lab, { ipam });
  const [a, b] = [await lab.pod('a'), await lab.pod('b')];
  t.is((await lab.call('bridge', 'ADD', { conf, id: 'pod-a', netns: a })).status, 0);
  t.is((await lab.call('bridge', 'ADD', { conf, id: 'pod-b', netns: b })).body.code, 11);
  t.deepEqual(
    (await lab.links(b)).map(({ name }) => name),
    ['lo'],
  );
  await lab.call('bridge', 'DEL', { conf, id: 'pod-a', netns: a });
  const { body } = await lab.call('bridge', 'ADD', { conf, id: 'pod-b', netns: b });
  t.is(body.ips[0].address, '10.66.0.2/30');
});

test('R4, R5, R10, R16: mtu, hairpin, MAC and IP by request', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const conf = bridgeConf(lab, { mtu: 1400, hairpinMode: true });
  const args = 'IgnoreUnknown=1;MAC=02:11:22:33:44:55;IP=10.66.0.77;K8S_POD_NAME=web-0';
  const { body } = await lab.call('bridge', 'ADD', { conf, netns, args });
  t.is(body.ips[0].address, '10.66.0.77/24');
  t.like(body.interfaces[2], { mac: '02:11:22:33:44:55', mtu: 1400 });
  const [, eth0] = await lab.links(netns);
  t.like(eth0, { name: 'eth0', mac: '02:11:22:33:44:55', mtu: 1400 });
  const port = body.interfaces[1].name;
  const hairpin = await lab.inside(lab.hostPath, 'bridge', '-d', 'link', 'show', 'dev', port);
  t.regex(hairpin.stdout, /hairpin on/);
  const taken = await lab.call('bridge', 'ADD', {
    conf,
    id: 'pod-2',
    netns: await lab.pod('b'),
    args: 'IP=10.66.0.77',
  });
  t.is(taken.body.code, 102);
  t.is(held(lab).length, 2);
});

test('R2: another address on the bridge is an error, unless forceAddress', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  await lab.call('bridge', 'ADD', { conf: bridgeConf(lab), netns });
  await lab.call('bridge', 'DEL', { conf: bridgeConf(lab), netns });
  const ipam = { ...bridgeConf(lab).ipam, ranges: [[{ subnet: '10.67.0.0/24' }]] };
  const refused = await lab.call('bridge', 'ADD', { conf: bridgeConf(lab, { ipam }), netns });
  t.is(refused.body.code, 7);
  t.deepEqual(held(lab), []);
  const conf = bridgeConf(lab, { ipam, forceAddress: true });
  t.is((await lab.call('bridge', 'ADD', { conf, netns })).status, 0);
  const shown = await lab.inside(lab.hostPath, 'ip', '-4', '-o', 'addr', 'show', 'br0');
  t.regex(shown.stdout, /10\.67\.0\.1\/24/);
  t.notRegex(shown.stdout, /10\.66\./);
});

test('bad input has the code of the specification, and changes nothing', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const conf = bridgeConf(lab);
  const cases: readonly (readonly [string, number, object])[] = [
    ['a version from the future', 1, { conf: { ...conf, cniVersion: '9.9.9' }, netns }],
    ['a namespace that is not there', 3, { conf, netns: `${netns}-no` }],
    ['a file that is no namespace', 3, { conf, netns: '/etc/hostname' }],
    ['no namespace', 4, { conf }],
    ['a hostile container id', 4, { conf, netns, id: '../../etc/passwd' }],
    ['a hostile interface name', 4, { conf, netns, ifName: 'eth0/../../x' }],
    ['a long interface name', 4, { conf, netns, ifName: 'an-interface-name' }],
    ['CNI_ARGS that are no pairs', 4, { conf, netns, args: 'x' }],
    ['no object', 6, { conf: [], netns }],
    ['a hostile network name', 7, { conf: { ...conf, name: '../x' }, netns }],
    ['a hostile IPAM type', 7, { conf: { ...conf, ipam: { type: '../x' } }, netns }],
    ['an IPAM that is not there', 7, { conf: { ...conf, ipam: { type: 'no-such' } }, netns }],
    ['a bridge that is a path', 7, { conf: { ...conf, bridge: 'a/b' }, netns }],
    ["the host's own namespace", 8, { conf, netns: lab.hostPath }],
  ];
  for (const [what, code, options] of cases) {
    const { status, body } = await lab.call('bridge', 'ADD', { conf, ...options });
    t.is(status, 1, what);
    t.is(body?.code, code, `${what}: ${body?.msg}`);
  }
  t.is((await lab.call('bridge', 'PUT', { conf, netns })).body.code, 4);
  t.deepEqual(
    (await lab.links(netns)).map(({ name }) => name),
    ['lo'],
  );
});

test('C7, C11: VERSION, and results in the words of older versions', async (t) => {
  const lab = await createLab(t);
  const { body } = await lab.call('bridge', 'VERSION', { conf: { cniVersion: '0.4.0' } });
  t.is(body.cniVersion, '0.4.0');
  t.is(body.supportedVersions.length, 7);
  const netns = await lab.pod('a');
  for (const cniVersion of ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0']) {
    const conf = bridgeConf(lab, { cniVersion });
    const added = await lab.call('bridge', 'ADD', { conf, netns });
    t.is(added.body.cniVersion, cniVersion);
    const ip = added.body.ip4?.ip ?? added.body.ips[0].address;
    t.regex(ip, /^10\.66\.0\.\d+\/24$/);
    t.is(added.body.ips?.[0].version, /^0\.[34]/.test(cniVersion) ? '4' : undefined);
    await lab.call('bridge', 'DEL', { conf, netns });
  }
});

test('C6: STATUS', async (t) => {
  const lab = await createLab(t);
  t.deepEqual(await lab.call('bridge', 'STATUS', { conf: bridgeConf(lab) }), {
    status: 0,
    body: undefined,
  });
  const old = await lab.call('bridge', 'STATUS', {
    conf: bridgeConf(lab, { cniVersion: '1.0.0' }),
  });
  t.is(old.body.code, 1);
});

test('R29: loopback tells the addresses of lo, and CHECK sees it go down', async (t) => {
  const lab = await createLab(t);
  const netns = await lab.pod('a');
  const conf = { cniVersion: '1.0.0', name: 'lo', type: 'loopback' };
  const { body } = await lab.call('loopback', 'ADD', { conf, netns, ifName: 'lo' });
  t.deepEqual(body.ips, [
    { address: '127.0.0.1/8', interface: 0 },
    { address: '::1/128', interface: 0 },
  ]);
  const checked = { conf: { ...conf, prevResult: body }, netns, ifName: 'lo' };
  t.is((await lab.call('loopback', 'CHECK', checked)).status, 0);
  t.is((await lab.call('loopback', 'DEL', { conf, netns, ifName: 'lo' })).status, 0);
  t.is((await lab.call('loopback', 'CHECK', checked)).body.code, 103);
  t.is((await lab.call('loopback', 'DEL', { conf, netns: '/no', ifName: 'lo' })).status, 0);
});

test('twenty ADDs at once get twenty addresses on one bridge', async (t) => {
  const lab = await createLab(t);
  const conf = bridgeConf(lab);
  const netnses = await Promise.all(Array.from({ length: 20 }, (_, index) => lab.pod(`p${index}`)));
  const added = await Promise.all(
    netnses.map((netns, index) => lab.call('bridge', 'ADD', { conf, id: `pod-${index}`, netns })),
  );
  t.deepEqual([...new Set(added.map(({ status }) => status))], [0]);
  t.is(new Set(added.map(({ body }) => body.ips[0].address)).size, 20);
});
