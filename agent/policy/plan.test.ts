import test from 'ava';
import type { NetworkPolicySpec } from '../../api/types/networking-v1.generated.ts';
import { describePlan, Planner } from './plan.ts';
import { createWorld, policyOf, setPolicy, type TestPod } from './testing.ts';

const web: TestPod = {
  namespace: 'a',
  name: 'web',
  labels: { app: 'web' },
  addresses: ['10.42.0.2', 'fd00::2'],
  ports: ['http=8080'],
};
const client: TestPod = {
  namespace: 'a',
  name: 'client',
  labels: { app: 'client' },
  addresses: ['10.42.0.3'],
};
const far: TestPod = {
  namespace: 'b',
  name: 'far',
  labels: { app: 'client' },
  addresses: ['10.42.1.2'],
  isLocal: false,
  ports: ['http=80'],
};
const namespaces = { a: { team: 'red' }, b: { team: 'blue' } };

const worldOf = (...specs: NetworkPolicySpec[]) =>
  createWorld({
    namespaces,
    pods: [web, client, far],
    policies: specs.map((spec, index) => policyOf(`a/p${index + 1}`, spec)),
  });
const describe = (...specs: NetworkPolicySpec[]) =>
  describePlan(new Planner('ipv4').plan(worldOf(...specs)));
const isWeb = { matchLabels: { app: 'web' } };
const webChain = 'ingress-pods 10.42.0.2 : isolate-ingress-1';
const webDrop = 'isolate-ingress-1: drop (a/p1)';
const webJump = 'isolate-ingress-1: jump ingress:a/p1';

test('no policy, no isolation: the table is empty', (t) => {
  t.deepEqual(describe(), []);
});

test('a policy without rules lets nobody in, and nothing else', (t) => {
  t.deepEqual(describe({ podSelector: isWeb }), [webChain, webDrop]);
});

test('an empty rule lets everybody in on every port', (t) => {
  t.deepEqual(describe({ podSelector: isWeb, ingress: [{}] }), [
    webChain,
    'ingress:a/p1: accept',
    webDrop,
    webJump,
  ]);
});

test('policyTypes: Ingress always, Egress when there are egress rules', (t) => {
  const lines = describe({ podSelector: isWeb, egress: [{}] });
  t.true(lines.includes('egress-pods 10.42.0.2 : isolate-egress-1'));
  t.true(lines.includes(webChain));
  t.false(
    lines.some((line) => line.startsWith('ingress:a/p1')),
    'no ingress rule lets nobody in',
  );
});

test('policyTypes: Egress alone leaves ingress open, whatever the rules', (t) => {
  t.deepEqual(describe({ podSelector: isWeb, policyTypes: ['Egress'], ingress: [{}] }), [
    'egress-pods 10.42.0.2 : isolate-egress-1',
    'isolate-egress-1: drop (a/p1)',
  ]);
});

const peerCases: [string, object, string][] = [
  [
    'podSelector: of its own namespace',
    { podSelector: {} },
    'set pods-1 pods a/ :  = 10.42.0.2, 10.42.0.3, fd00::2',
  ],
  [
    'namespaceSelector: all pods of those',
    { namespaceSelector: { matchLabels: { team: 'blue' } } },
    'set pods-1 pods team=blue :  = 10.42.1.2',
  ],
  [
    'both: pods of namespaces',
    {
      namespaceSelector: {},
      podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
    },
    'set pods-1 pods  : app notin (web) = 10.42.0.3, 10.42.1.2',
  ],
  [
    'ipBlock: without its exceptions, bits beyond the prefix cut',
    { ipBlock: { cidr: '10.1.2.3/8', except: ['10.1.0.0/16'] } },
    'set block-1 block 10.0.0.0/8 10.1.0.0/16',
  ],
];

for (const [name, peer, set] of peerCases) {
  test(`a peer by ${name}`, (t) => {
    const lines = describe({ podSelector: isWeb, ingress: [{ from: [peer] }] });
    t.true(lines.includes(set), lines.join('\n'));
    t.true(lines.some((line) => /^ingress:a\/p1: peer @(pods|block)-1 accept$/.test(line)));
  });
}

test('an ipBlock of the other family is nobody, not everybody', (t) => {
  const lines = describe({
    podSelector: isWeb,
    ingress: [{ from: [{ ipBlock: { cidr: 'fd00::/8' } }] }],
  });
  t.deepEqual(lines, [webChain, webDrop]);
});

const portCases: [string, object[], string][] = [
  ['a number', [{ port: 80 }], 'set ports-1 ports tcp/80'],
  ['a range', [{ port: 80, endPort: 90, protocol: 'UDP' }], 'set ports-1 ports udp/80-90'],
  ['a protocol alone', [{ protocol: 'SCTP' }], 'set ports-1 ports sctp/0-65535'],
  [
    'overlapping ranges as one',
    [{ port: 85, endPort: 95 }, { port: 80, endPort: 90 }, { port: 96 }, { port: 98 }],
    'set ports-1 ports tcp/80-96 tcp/98',
  ],
  [
    'a name, where each pod has it',
    [{ port: 'http' }],
    'set named-1 named http/tcp = 10.42.0.2 tcp 8080, 10.42.1.2 tcp 80, fd00::2 tcp 8080',
  ],
];

for (const [name, ports, set] of portCases) {
  test(`a port by ${name}`, (t) => {
    const lines = describe({ podSelector: isWeb, ingress: [{ ports }] });
    t.true(lines.includes(set), lines.join('\n'));
    t.true(lines.some((line) => /^ingress:a\/p1: (ports|named) @\w+-1 accept$/.test(line)));
  });
}

test('several policies unite: pods with the same ones share a chain', (t) => {
  const lines = describe(
    { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
    { podSelector: {}, ingress: [{ ports: [{ port: 80 }], from: [{ podSelector: isWeb }] }] },
    { podSelector: {} },
  );
  t.deepEqual(
    lines.filter((line) => !line.startsWith('set')),
    [
      'ingress-pods 10.42.0.2 : isolate-ingress-3',
      'ingress-pods 10.42.0.3 : isolate-ingress-3',
      'ingress:a/p1: ports @ports-1 accept',
      'ingress:a/p2: peer @pods-2 ports @ports-1 accept',
      'isolate-ingress-3: drop (a/p1, a/p2, a/p3)',
      'isolate-ingress-3: jump ingress:a/p1',
      'isolate-ingress-3: jump ingress:a/p2',
    ],
  );
});

test('a pod elsewhere is a peer, and never isolated here', (t) => {
  const policies = [policyOf('b/p', { podSelector: {} })];
  const world = createWorld({ namespaces, pods: [far], policies });
  t.deepEqual(describePlan(new Planner('ipv4').plan(world)), []);
});

test('the table of IPv6 has the same rules for the other addresses', (t) => {
  const world = worldOf({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] });
  t.deepEqual(
    describePlan(new Planner('ipv6').plan(world)).filter((line) => line.includes('-pods ')),
    ['ingress-pods fd00::2 : isolate-ingress-1'],
  );
});

test('what is the same as before is the same object, so that nothing is compared twice', (t) => {
  const world = worldOf({ podSelector: isWeb, ingress: [{ from: [{ podSelector: {} }] }] });
  const planner = new Planner('ipv4');
  const before = planner.plan(world);
  world.keep(new Set(before.sets.keys()));
  setPolicy(world, policyOf('a/other', { podSelector: { matchLabels: { app: 'client' } } }));
  const after = planner.plan(world);
  for (const [name, chain] of before.chains) t.is(after.chains.get(name), chain);
  for (const [name, set] of before.sets) t.is(after.sets.get(name), set);
});

test('a counter names who drops, as far as the kernel keeps it', (t) => {
  const long = 'x'.repeat(60);
  const policies = [1, 2, 3].map((each) => policyOf(`a/${long}${each}`, { podSelector: {} }));
  const world = createWorld({ namespaces, pods: [web], policies });
  const drop = describePlan(new Planner('ipv4').plan(world)).find((line) => line.includes('drop'));
  t.is(drop, `isolate-ingress-3: drop (a/${long}1, and 2 more)`);
});
