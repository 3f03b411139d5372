import test from 'ava';
import type { PortPlan } from '../plan.ts';
import { Delta } from './delta.ts';
import { renderService } from './render.ts';

const a = { address: '10.42.0.2', port: 8080, isLocal: true };
const b = { address: '10.42.1.2', port: 8080, isLocal: false };

const plain: PortPlan = {
  name: 'default/web:http',
  protocol: 'tcp',
  clusterIp: '10.43.0.5',
  port: 80,
  loadBalancerIps: [],
  externalIps: [],
  internalPolicy: 'Cluster',
  externalPolicy: 'Cluster',
  cluster: [a, b],
  local: [a],
};

/** Each element in one word: its set, and how many bytes its key and value have. */
const show = (port: Partial<PortPlan>) =>
  renderService({ ports: [{ ...plain, ...port }], notes: [] })
    .fronts.flatMap(({ entries }) => entries)
    .map(({ set, key, data }) => `${set} ${key.length}${data ? `:${data.length}` : ''}`);

const balanced = { loadBalancerIps: ['203.0.113.7'], externalPolicy: 'Local' } as const;

const cases: readonly (readonly [string, Partial<PortPlan>, readonly string[]])[] = [
  ['proxy X1: a cluster IP', {}, ['services-2 12', 'endpoints 16:8', 'endpoints 16:8']],
  ['proxy X38: nobody serves it', { cluster: [], local: [] }, ['no-endpoints 12']],
  [
    'proxy X25: only endpoints here',
    { internalPolicy: 'Local' },
    ['services-internal-local-1 12', 'local-endpoints 16:8'],
  ],
  [
    'proxy X25: only endpoints here, and there are none',
    { internalPolicy: 'Local', local: [] },
    ['no-local-endpoints 12'],
  ],
  [
    'proxy X30: affinity',
    { affinitySeconds: 60 },
    ['services-2-sticky-60 12', 'endpoints 16:8', 'endpoints 16:8'],
  ],
];

for (const [name, port, want] of cases) {
  test(name, (t) => {
    t.deepEqual(show(port), ['cluster-ips 4', ...want]);
  });
}

test('proxy X10, X21: elements of a node port: known by protocol and port alone, and masqueraded', (t) => {
  t.deepEqual(show({ nodePort: 30_080 }).slice(-3), [
    'node-ports-external-2 8',
    'node-port-endpoints 12:8',
    'node-port-endpoints 12:8',
  ]);
});

test('proxy X22, X23, X24: elements of a load balancer: strangers are dropped where nobody is here', (t) => {
  t.deepEqual(show({ ...balanced, local: [] }).slice(-4), [
    'no-local-endpoints 12',
    'services-external-local-2-0 12',
    'endpoints 16:8',
    'endpoints 16:8',
  ]);
});

test('proxy X18: source ranges guard the load balancer address, one inside another counts once', (t) => {
  const sourceRanges = ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.0/24'];
  const entries = show({ ...balanced, sourceRanges });
  t.deepEqual(
    entries.filter((entry) => /^(guarded|allowed)/.test(entry)),
    ['guarded 12', 'allowed 16', 'allowed 16'],
  );
});

test('proxy X6, X46: a Service with several ports has its address once, and each local endpoint once', (t) => {
  const ports = [plain, { ...plain, name: 'default/web:dns', protocol: 'udp', port: 53 } as const];
  const { fronts, localEndpoints } = renderService({ ports, notes: [] });
  const entries = fronts.flatMap((front) => front.entries);
  t.is(entries.filter(({ set }) => set === 'cluster-ips').length, 1);
  t.is(localEndpoints.length, 1);
});

test('proxy X62: a change of one endpoint is one element away and one element more', (t) => {
  const entriesOf = (cluster: PortPlan['cluster']) =>
    renderService({ ports: [{ ...plain, cluster }], notes: [] }).fronts.flatMap(
      ({ entries }) => entries,
    );
  const delta = new Delta();
  delta.change(entriesOf([a, b]), entriesOf([a, { ...b, address: '10.42.1.9' }]));
  t.deepEqual(
    delta.messages({ family: 'ipv4', name: 'kube-proxy' }).map(({ name }) => name),
    ['NFT_MSG_DELSETELEM', 'NFT_MSG_NEWSETELEM'],
  );
});
