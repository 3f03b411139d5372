import test from 'ava';
import { type Flow, type Front, frontsOf, isStale, placeOf } from './plan.ts';

const front: Front = {
  protocol: 'udp',
  address: '10.43.0.5',
  port: 53,
  endpoints: new Set([placeOf('10.42.0.2', 8053)]),
};
const flow: Flow = {
  destination: '10.43.0.5',
  port: 53,
  endpoint: '10.42.0.2',
  endpointPort: 8053,
};
const { address: _, ...anyAddress } = front;
const nodePort: Front = { ...anyAddress, port: 30_053 };
const nobody = new Set<string>();

const cases: readonly (readonly [string, Flow, Front, boolean])[] = [
  ['proxy X55: a live flow is kept', flow, front, false],
  [
    'proxy X55: a flow to an endpoint that is gone',
    { ...flow, endpoint: '10.42.0.3' },
    front,
    true,
  ],
  ['a flow to another port of the endpoint', { ...flow, endpointPort: 53 }, front, true],
  [
    'proxy X56: a flow from the time without endpoints',
    { ...flow, endpoint: '10.43.0.5', endpointPort: 53 },
    front,
    true,
  ],
  ['proxy X57: a flow when no endpoint is left', flow, { ...front, endpoints: nobody }, true],
  ['a flow to another address', { ...flow, destination: '10.43.0.6', endpoint: 'x' }, front, false],
  ['a flow to another port', { ...flow, port: 54, endpoint: 'x' }, front, false],
  [
    'proxy X55: a flow to a node port whose endpoint is gone',
    { destination: '192.0.2.1', port: 30_053, endpoint: '10.42.0.9', endpointPort: 8053 },
    nodePort,
    true,
  ],
  [
    'a flow that this node forwards to the same port of another machine',
    { destination: '198.51.100.1', port: 30_053, endpoint: '198.51.100.1', endpointPort: 30_053 },
    nodePort,
    false,
  ],
];

for (const [name, given, through, want] of cases) {
  test(`isStale: ${name}`, (t) => {
    t.is(
      isStale(given, through, (address) => address === '192.0.2.1'),
      want,
    );
  });
}

test('fronts are those of UDP and SCTP, at every address', (t) => {
  const plan = {
    name: 'default/dns:dns',
    clusterIp: '10.43.0.5',
    port: 53,
    nodePort: 30_053,
    loadBalancerIps: ['203.0.113.1'],
    externalIps: ['203.0.113.2'],
    internalPolicy: 'Cluster',
    externalPolicy: 'Local',
    cluster: [{ address: '10.42.0.2', port: 8053, isLocal: true }],
    local: [{ address: '10.42.0.2', port: 8053, isLocal: true }],
  } as const;
  const fronts = frontsOf([
    { ...plan, protocol: 'udp' },
    { ...plan, protocol: 'tcp' },
  ]);
  t.deepEqual(
    fronts.map(({ address = 'node', port }) => `${address}:${port}`),
    ['10.43.0.5:53', '203.0.113.1:53', '203.0.113.2:53', 'node:30053'],
  );
});
