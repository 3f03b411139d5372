import test from 'ava';
import type { Node, Service, ServicePort, ServiceSpec } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import {
  announcerAnnotation,
  holdsBalancer,
  planBalancers,
  type Surroundings,
  wantsBalancer,
} from './plan.ts';
import { firstFree, isInPool, parsePool } from './pool.ts';

const port = (number: number, protocol?: string): ServicePort => ({
  port: number,
  ...(protocol && { protocol }),
});

interface Example {
  readonly spec?: ServiceSpec;
  readonly ips?: readonly string[];
  readonly announcer?: string;
  readonly created?: string;
}

function service(name: string, example: Example = {}): Service {
  const { spec = {}, ips = [], announcer, created = '2026-01-01T00:00:00Z' } = example;
  return {
    metadata: {
      namespace: 'default',
      name,
      creationTimestamp: created,
      ...(announcer && { annotations: { [announcerAnnotation]: announcer } }),
    },
    spec: { type: 'LoadBalancer', ports: [port(80)], ...spec },
    status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
  };
}

function node(name: string, address: string, rest: Partial<Node> = {}): Node {
  return {
    metadata: { name, ...rest.metadata },
    spec: { ...rest.spec },
    status: {
      addresses: [{ type: 'InternalIP', address }],
      conditions: [{ type: 'Ready', status: 'True' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      ...rest.status,
    },
  };
}

const nodes = [node('a', '192.0.2.1'), node('b', '192.0.2.2'), node('c', '2001:db8::3')];

function endpoints(...hosts: string[]): EndpointSlice {
  return {
    addressType: 'IPv4',
    endpoints: hosts.map((nodeName) => ({ addresses: ['10.42.0.9'], nodeName })),
  };
}

/** `default/web: 192.0.2.1 192.0.2.2 @b`, or what the problem is. */
function plan(services: Service[], around: Partial<Surroundings> = {}): string[] {
  const planned = planBalancers(services, {
    nodes,
    slicesOf: () => [],
    pool: [],
    apiPorts: [6443],
    ...around,
  });
  return [...planned].map(([key, { ingress, announcer, problem }]) => {
    const ips = ingress.map(({ ip }) => ip).join(' ');
    return `${key}: ${problem ?? ips}${announcer ? ` @${announcer}` : ''}`;
  });
}

const local = { externalTrafficPolicy: 'Local' };

const cases: {
  name: string;
  services: Service[];
  around?: Partial<Surroundings>;
  want: string[];
}[] = [
  {
    name: 'gives the addresses of all ready nodes of its family',
    services: [service('web')],
    want: ['default/web: 192.0.2.1 192.0.2.2'],
  },
  {
    name: 'gives both families to a Service that has both',
    services: [service('web', { spec: { ipFamilies: ['IPv4', 'IPv6'] } })],
    want: ['default/web: 192.0.2.1 192.0.2.2 2001:db8::3'],
  },
  {
    name: 'puts outer addresses first, and keeps the inner ones, to which a NAT sends',
    services: [service('web')],
    around: {
      nodes: [
        node('a', '192.0.2.1', {
          status: {
            addresses: [
              { type: 'InternalIP', address: '192.0.2.1' },
              { type: 'ExternalIP', address: '203.0.113.1' },
            ],
            conditions: [{ type: 'Ready', status: 'True' }],
          },
        }),
      ],
    },
    want: ['default/web: 203.0.113.1 192.0.2.1'],
  },
  {
    name: 'leaves out nodes that are not ready, excluded, or about to go',
    services: [service('web')],
    around: {
      nodes: [
        node('a', '192.0.2.1'),
        node('b', '192.0.2.2', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }),
        node('c', '192.0.2.3', {
          metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } },
        }),
        node('d', '192.0.2.4', {
          spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] },
        }),
        node('e', '192.0.2.5', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      ],
    },
    want: ['default/web: 192.0.2.1'],
  },
  {
    name: 'keeps to nodes with endpoints under the policy Local',
    services: [service('web', { spec: local })],
    around: { slicesOf: () => [endpoints('b')] },
    want: ['default/web: 192.0.2.2'],
  },
  {
    name: 'does not take the addresses away where there is no endpoint at all',
    services: [service('web', { spec: local })],
    want: ['default/web: 192.0.2.1 192.0.2.2'],
  },
  {
    name: 'says so when there is no node to serve',
    services: [service('web')],
    around: { nodes: [] },
    want: ['default/web: there are no available nodes'],
  },
  {
    name: 'gives a port of the nodes to one Service only: who has it, then the older one',
    services: [
      service('new', { created: '2026-01-03T00:00:00Z' }),
      service('old', { created: '2026-01-02T00:00:00Z' }),
      service('udp', { spec: { ports: [port(80, 'UDP')] } }),
    ],
    want: [
      'default/udp: 192.0.2.1 192.0.2.2',
      'default/old: 192.0.2.1 192.0.2.2',
      "default/new: port TCP/80 of the nodes' addresses is that of Service default/old",
    ],
  },
  {
    name: 'leaves the port with the Service that has it',
    services: [
      service('old'),
      service('has', { created: '2026-01-02T00:00:00Z', ips: ['192.0.2.1'] }),
    ],
    want: [
      'default/has: 192.0.2.1 192.0.2.2',
      "default/old: port TCP/80 of the nodes' addresses is that of Service default/has",
    ],
  },
  {
    name: 'lets nobody take over what keeps the nodes in reach',
    services: [
      service('api', { spec: { ports: [port(6443)] } }),
      service('agent', { spec: { ports: [port(10_250)] } }),
      service('shell', { spec: { ports: [port(22)] } }),
      service('udp', { spec: { ports: [port(22, 'UDP')] } }),
    ],
    want: [
      "default/agent: port TCP/10250 of the nodes' addresses is that of the nodes' agents",
      "default/api: port TCP/6443 of the nodes' addresses is that of the API server",
      "default/shell: port TCP/22 of the nodes' addresses is that of the remote shell",
      'default/udp: 192.0.2.1 192.0.2.2',
    ],
  },
  {
    name: 'gives the one address of the nodes that is asked for',
    services: [
      service('web', { spec: { loadBalancerIP: '192.0.2.2' } }),
      service('x', { spec: { loadBalancerIP: '192.0.2.9', ports: [port(81)] } }),
    ],
    want: [
      'default/web: 192.0.2.2',
      'default/x: spec.loadBalancerIP 192.0.2.9 is not an address of a node that can serve',
    ],
  },
];

const pool = ['198.51.100.4/31', '198.51.100.9/32', '2001:db8:1::/64'];

const poolCases: typeof cases = [
  {
    name: 'gives each Service an address of its own, and spreads who answers for them',
    services: [service('a'), service('b'), service('c')],
    want: [
      'default/a: 198.51.100.4 @a',
      'default/b: 198.51.100.5 @b',
      'default/c: 198.51.100.9 @c',
    ],
  },
  {
    name: 'keeps what a Service has and who answers for it',
    services: [service('a'), service('b', { ips: ['198.51.100.4'], announcer: 'c' })],
    want: ['default/b: 198.51.100.4 @c', 'default/a: 198.51.100.5 @a'],
  },
  {
    name: 'gives a new address to who has one that is not of the pool, and one of two who share',
    services: [
      service('a', { ips: ['203.0.113.7'] }),
      service('b', { ips: ['198.51.100.5'] }),
      service('c', { ips: ['198.51.100.5'] }),
    ],
    want: [
      'default/a: 198.51.100.4 @a',
      'default/b: 198.51.100.5 @b',
      'default/c: 198.51.100.9 @c',
    ],
  },
  {
    name: 'refuses to share an address that is asked for twice, or that is not its own',
    services: [
      service('a', { spec: { loadBalancerIP: '198.51.100.9' } }),
      service('b', { spec: { loadBalancerIP: '198.51.100.9' } }),
      service('c', { spec: { loadBalancerIP: '203.0.113.1' } }),
    ],
    want: [
      'default/a: 198.51.100.9 @a',
      'default/b: address 198.51.100.9 is that of Service default/a',
      'default/c: 203.0.113.1 is not in the pool of addresses',
    ],
  },
  {
    name: 'says so when nothing is left',
    services: ['a', 'b', 'c', 'd'].map((name) => service(name)),
    want: [
      'default/a: 198.51.100.4 @a',
      'default/b: 198.51.100.5 @b',
      'default/c: 198.51.100.9 @c',
      'default/d: the pool has no free IPv4 address',
    ],
  },
  {
    name: 'gives one address of each family',
    services: [service('a', { spec: { ipFamilies: ['IPv6', 'IPv4'] } })],
    want: ['default/a: 2001:db8:1:: 198.51.100.4 @a'],
  },
  {
    name: 'moves to another node when the one that answered cannot any more',
    services: [service('a', { ips: ['198.51.100.4'], announcer: 'gone' })],
    want: ['default/a: 198.51.100.4 @a'],
  },
  {
    name: 'has a node with endpoints answer under the policy Local',
    services: [service('a', { spec: local, announcer: 'a' })],
    around: { slicesOf: () => [endpoints('b')] },
    want: ['default/a: 198.51.100.4 @b'],
  },
];

for (const { name, services, around = {}, want } of cases) {
  test(`pains P32: planBalancers ${name}`, (t) => t.deepEqual(plan(services, around), want));
}
for (const { name, services, around = {}, want } of poolCases) {
  test(`pains P32: planBalancers with a pool ${name}`, (t) =>
    t.deepEqual(plan(services, { pool, ...around }), want));
}

test('an address says which ports it has, and that packets come to it', (t) => {
  const spec = { ports: [port(80), port(53, 'UDP')] };
  const [[, { ingress }]] = [
    ...planBalancers([service('web', { spec })], {
      nodes: [nodes[0]!],
      slicesOf: () => [],
      pool: [],
      apiPorts: [],
    }),
  ] as [[string, { ingress: unknown }]];
  const ports = [
    { port: 80, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ];
  t.deepEqual(ingress, [{ ip: '192.0.2.1', ipMode: 'VIP', ports }]);
});

test('proxy X20: a Service of another class is left to others', (t) => {
  t.true(wantsBalancer(service('web')));
  t.true(
    wantsBalancer(service('web', { spec: { loadBalancerClass: 'wherry.dev/load-balancer' } })),
  );
  const others = service('web', { spec: { loadBalancerClass: 'example.com/lb' } });
  others.metadata!.finalizers = ['service.kubernetes.io/load-balancer-cleanup'];
  t.false(wantsBalancer(others));
  t.false(holdsBalancer(others));
  t.false(wantsBalancer(service('web', { spec: { type: 'NodePort' } })));
});

test('a pool is ranges and single addresses', (t) => {
  const ranges = parsePool(['198.51.100.4/31', '203.0.113.7', '2001:db8::1']);
  t.deepEqual(ranges, ['198.51.100.4/31', '203.0.113.7/32', '2001:db8::1/128']);
  t.throws(() => parsePool(['198.51.100']));
  t.true(isInPool(ranges, '198.51.100.5'));
  t.false(isInPool(ranges, '198.51.100.6'));
  t.false(isInPool(ranges, '2001:db8::2'));
  t.is(
    firstFree(['10.0.0.254/23'], 'IPv4', (each) => each < '10.0.1'),
    '10.0.1.0',
  );
  t.is(
    firstFree(['10.0.0.0/8'], 'IPv6', () => false),
    undefined,
  );
});
