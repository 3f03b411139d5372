import test from 'ava';
import type { Node } from '../api/types/core-v1.generated.ts';
import { parseFlags } from '../base/config.ts';
import { flags, nodePortAddressesOf } from './config.ts';
import { isLeaving, viewNode } from './plan-node.ts';

const node: Node = {
  metadata: { name: 'here', labels: { 'topology.kubernetes.io/zone': 'x' } },
  status: {
    addresses: [
      { type: 'Hostname', address: 'here' },
      { type: 'ExternalIP', address: '203.0.113.1' },
      { type: 'InternalIP', address: '192.0.2.1' },
      { type: 'InternalIP', address: '2001:db8::1' },
    ],
  },
};

const cases: readonly (readonly [string, string[], Node | undefined, string[], string[]])[] = [
  ['proxy X10: everywhere when nothing is said', [], node, [], []],
  ['proxy X11: primary', ['primary'], node, ['192.0.2.1/32'], ['2001:db8::1/128']],
  ['proxy X11: ranges', ['10.0.0.0/8', 'fd00::/8'], node, ['10.0.0.0/8'], ['fd00::/8']],
  [
    'proxy X11: nowhere in a family without a range',
    ['10.0.0.0/8'],
    node,
    ['10.0.0.0/8'],
    ['::/128'],
  ],
  ['proxy X11: everywhere in the range of all', ['0.0.0.0/0', '::/0', 'primary'], node, [], []],
  [
    'proxy X11: nowhere before it has registered',
    ['primary'],
    undefined,
    ['0.0.0.0/32'],
    ['::/128'],
  ],
];

for (const [name, nodePortAddresses, given, ipv4, ipv6] of cases) {
  test(`node ports answer: ${name}`, (t) => {
    const cidrs = (family: 'ipv4' | 'ipv6') =>
      viewNode(given, { nodeName: 'here', family, nodePortAddresses }).nodePortCidrs;
    t.deepEqual([cidrs('ipv4'), cidrs('ipv6')], [ipv4, ipv6]);
  });
}

test('proxy X10: nftables mode answers on primary addresses by default, iptables on all', (t) => {
  const of = (...argv: string[]) => nodePortAddressesOf(parseFlags(flags, argv).config);
  t.deepEqual(of('--proxy-mode=iptables'), []);
  t.deepEqual(of('--proxy-mode=nftables'), ['primary']);
  const range = '--nodeport-addresses=10.0.0.0/8';
  t.deepEqual(of('--proxy-mode=nftables', range), ['10.0.0.0/8']);
});

test('proxy X47: the zone is that of its label', (t) => {
  const query = { nodeName: 'here', family: 'ipv4', nodePortAddresses: [] } as const;
  t.is(viewNode(node, query).zone, 'x');
  t.is(viewNode(undefined, query).zone, undefined);
});

test('proxy X72: a node that the autoscaler or somebody else removes is on its way out', (t) => {
  const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' as const }];
  t.true(isLeaving({ ...node, spec: { taints } }));
  t.true(
    isLeaving({ ...node, metadata: { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' } }),
  );
  t.false(isLeaving(node));
  t.false(isLeaving(undefined));
});
