import test from 'ava';
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { silentLogger } from '../../base/log.ts';
import { Metrics } from '../metrics.ts';
import { FakeIptables } from './fake-iptables.ts';
import { RuleSync } from './sync.ts';
import { parseSave } from './transaction.ts';

const family = 'ipv4';

/** A node with a fake kernel; `set` changes a Service as informers would tell it. */
function node(instance = 'one', iptables = new FakeIptables()) {
  const services = new Map<string, Service>();
  const slices = new Map<string, EndpointSlice[]>();
  const logged: string[] = [];
  const sync = new RuleSync({
    world: {
      serviceKeys: () => services.keys(),
      service: (key) => services.get(key),
      slices: (key) => slices.get(key) ?? [],
      serviceRanges: () => [],
      node: () => ({
        nodeName: 'here',
        zone: undefined,
        family,
        nodePortCidrs: [],
      }),
    },
    iptables,
    generation: async () => 1,
    options: { family, clusterCidr: '10.42.0.0/16', masqueradeAll: false },
    instance,
    masqueradeBit: 14,
    clock: { now: () => 0, sleep: async () => {} },
    log: {
      ...silentLogger,
      info: (message, fields) => logged.push(`${message} ${JSON.stringify(fields ?? {})}`),
    },
    metrics: new Metrics().of(family),
  });
  const set = (
    name: string,
    spec: Partial<Service['spec']> | undefined,
    ...addresses: string[]
  ) => {
    const key = `default/${name}`;
    if (spec) {
      const clusterIP = `10.43.0.${name.charCodeAt(0)}`;
      services.set(key, {
        metadata: { namespace: 'default', name },
        spec: { clusterIP, ports: [{ port: 80 }], ...spec },
      });
    } else services.delete(key);
    slices.set(key, [
      {
        addressType: 'IPv4',
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
        endpoints: addresses.map((address) => ({ addresses: [address] })),
      },
    ]);
    sync.touch(key);
  };
  return { sync, iptables, set, logged };
}

test('proxy X62: a change writes the chains that it changes, and no others', async (t) => {
  const { sync, iptables, set } = node();
  set('a', {}, '10.42.0.2');
  set('b', {}, '10.42.0.3');
  await sync.write();
  set('a', {}, '10.42.0.2', '10.42.0.4');
  await sync.write();
  const text = iptables.transactions.at(-1)!;
  const chains = text.match(/^:KUBE-(SVC|SEP)/gm);
  t.deepEqual(chains, [':KUBE-SEP', ':KUBE-SVC']);
  t.false(text.includes('KUBE-SERVICES'), 'the cluster IP is as it was');
  t.false(text.includes('10.42.0.3'));
});

test('a Service that goes takes one rule out of the shared chain, and its own chains with it', async (t) => {
  const { sync, iptables, set } = node();
  set('a', {}, '10.42.0.2');
  set('b', {}, '10.42.0.3');
  await sync.write();
  set('a', undefined);
  await sync.write();
  const lines = iptables.transactions.at(-1)!.trim().split('\n');
  t.deepEqual(
    lines.map((line) => line.replace(/[A-Z2-7]{16}.*/, '…').replace(/ -d .*/, ' …')),
    [
      '*nat',
      ':KUBE-SEP-…',
      ':KUBE-SVC-…',
      '-D KUBE-SERVICES …',
      '-X KUBE-SVC-…',
      '-X KUBE-SEP-…',
      'COMMIT',
      '*filter',
      '-D KUBE-CLUSTER-IPS …',
      'COMMIT',
    ],
  );
});

test('proxy X62: a change that changes no rule writes nothing', async (t) => {
  const { sync, iptables, set } = node();
  set('a', {}, '10.42.0.2');
  await sync.write();
  set('a', {}, '10.42.0.2');
  await sync.write();
  t.is(iptables.transactions.length, 1);
});

test('proxy X63: after a failed write everything is written', async (t) => {
  const { sync, iptables, set } = node();
  set('a', {}, '10.42.0.2');
  await sync.write();
  iptables.failure = new Error('line 3 failed');
  set('b', {}, '10.42.0.3');
  await t.throwsAsync(sync.write(), { message: 'line 3 failed' });
  await sync.write();
  t.true([...(await iptables.save()).keys()].filter((key) => key.includes('SEP')).length === 2);
});

test('proxy X64: an audit repairs what was flushed, and is silent when all is well', async (t) => {
  const { sync, iptables, set } = node();
  set('a', {}, '10.42.0.2');
  await sync.write();
  const before = await iptables.save();
  await sync.audit();
  t.is(iptables.transactions.length, 1);
  for (const table of ['nat', 'filter']) {
    iptables.flush(table);
    await sync.audit();
    t.deepEqual(await iptables.save(), before, table);
  }
});

test('an audit gives comparing up when the kernel words rules in another way', async (t) => {
  const iptables = new FakeIptables();
  const save = iptables.save.bind(iptables);
  iptables.save = async () => {
    const chains = await save();
    return new Map(
      [...chains].map(([key, rules]) => [key, rules.map((r) => r.replace('/32', ''))]),
    );
  };
  const { sync, set, logged } = node('one', iptables);
  set('a', {}, '10.42.0.2');
  await sync.write();
  for (let audit = 0; audit < 5; audit++) await sync.audit();
  t.is(iptables.transactions.length, 4, 'three repairs that repair nothing, then none');
  t.regex(logged.join('\n'), /Could not compare rules/);
  iptables.flush('nat');
  await sync.audit();
  t.is(iptables.transactions.length, 5, 'the canary still tells');
});

test('another instance is told whose rules are there, and changes none', async (t) => {
  const first = node('one');
  await first.sync.write();
  const second = node('two', first.iptables);
  await t.throwsAsync(second.sync.claim(), { message: /belong to the proxy instance "one"/ });
  await t.throwsAsync(second.sync.write(), { message: /belong to the proxy instance "one"/ });
  t.is(first.iptables.transactions.length, 1);
  await t.notThrowsAsync(node('one', first.iptables).sync.claim());
});

test('an endpoint that nothing is sent to is logged once, and again when others come', async (t) => {
  const { sync, set, logged } = node();
  const told = () => logged.filter((line) => line.includes('nothing is sent')).length;
  set('a', {}, '127.0.0.1');
  await sync.write();
  set('a', { sessionAffinity: 'ClientIP' }, '127.0.0.1');
  await sync.write();
  t.is(told(), 1);
  set('a', {}, '127.0.0.1', '127.0.0.2');
  await sync.write();
  t.is(told(), 2);
});

test('parseSave reads chains and rules of the tables that we write to', (t) => {
  const text = [
    '# Generated by iptables-save',
    '*mangle',
    ':PREROUTING ACCEPT [0:0]',
    '-A PREROUTING -j ACCEPT',
    'COMMIT',
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':KUBE-SERVICES - [0:0]',
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    'COMMIT',
    '',
  ].join('\n');
  t.deepEqual(
    [...parseSave(text)],
    [
      ['nat PREROUTING', ['-m comment --comment "kubernetes service portals" -j KUBE-SERVICES']],
      ['nat KUBE-SERVICES', []],
    ],
  );
});
