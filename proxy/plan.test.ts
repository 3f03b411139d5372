import test from 'ava';
import type { Service } from '../api/types/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { type NodeFacts, type PortPlan, planService, type ServicePlan } from './plan.ts';

type Spec = NonNullable<Service['spec']>;

interface Case {
  readonly name: string;
  readonly service: Service;
  readonly slices?: readonly EndpointSlice[];
  readonly facts?: Partial<NodeFacts>;
  readonly want: readonly string[];
  readonly notes?: readonly string[];
  readonly healthCheck?: ServicePlan['healthCheck'];
}

const cases: Case[] = [
  {
    name: 'proxy X3: spreads over the ready endpoints',
    service: service({}),
    slices: [slice(8080, '10.42.0.3 ready', '10.42.0.2 ready')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080 10.42.0.3:8080'],
  },
  {
    name: 'proxy X51: leaves out an endpoint that is not ready',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 ready', '10.42.0.3 starting')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080'],
  },
  {
    name: 'proxy X51: takes an endpoint that says nothing about itself as ready',
    service: service({}),
    slices: [slice(8080, '10.42.0.2')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080'],
  },
  {
    name: 'proxy X38: keeps the port of a Service without endpoints, so that clients are refused at once',
    service: service({}),
    want: ['web:http 10.43.0.5 tcp/80 -> nobody'],
  },
  {
    name: 'proxy X50: goes to terminating endpoints that still serve when no ready one is left',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 serving terminating', '10.42.0.3 terminating')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080'],
  },
  {
    name: 'proxy X50: leaves terminating endpoints alone while a ready one is there',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 serving terminating', '10.42.0.3 ready')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.3:8080'],
  },
  {
    name: 'proxy X7, X8: merges slices in which one named port has several numbers',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 ready'), slice(9090, '10.42.0.3 ready')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080 10.42.0.3:9090'],
  },
  {
    name: 'proxy X8: counts an endpoint once while it moves between slices, and believes the better report',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 starting'), slice(8080, '10.42.0.2 ready')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080'],
  },
  {
    name: 'proxy X5, X6: tells ports apart by name and by protocol',
    service: service({
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53 },
      ],
    }),
    slices: [
      { ...slice(0, '10.42.0.2 ready'), ports: [{ name: 'dns', protocol: 'UDP', port: 5353 }] },
    ],
    want: ['web:dns 10.43.0.5 udp/53 -> 10.42.0.2:5353', 'web:dns-tcp 10.43.0.5 tcp/53 -> nobody'],
  },
  {
    name: 'names an unnamed port after its Service alone',
    service: service({ ports: [{ port: 80 }] }),
    slices: [{ ...slice(0, '10.42.0.2 ready'), ports: [{ name: '', port: 80 }] }],
    want: ['web 10.43.0.5 tcp/80 -> 10.42.0.2:80'],
  },
  {
    name: 'proxy X4: gives SCTP its own chain of ports',
    service: service({ ports: [{ name: 'http', protocol: 'SCTP', port: 80 }] }),
    want: ['web:http 10.43.0.5 sctp/80 -> nobody'],
  },
  {
    name: 'proxy X34: has nothing for a headless Service',
    service: service({ clusterIP: 'None' }),
    want: [],
  },
  {
    name: 'proxy X35: has nothing for an ExternalName Service',
    service: service({ type: 'ExternalName' }),
    want: [],
  },
  {
    name: 'proxy X36: has nothing for a Service that another proxy serves',
    service: service({}, { 'service.kubernetes.io/service-proxy-name': 'other' }),
    want: [],
  },
  {
    name: 'proxy X37: leaves out slices that are for DNS only',
    service: service({}),
    slices: [labelled(slice(8080, '10.42.0.2 ready'), 'service.kubernetes.io/headless')],
    want: ['web:http 10.43.0.5 tcp/80 -> nobody'],
  },
  {
    name: 'proxy X53: has nothing for an address of the other family',
    service: service({ clusterIP: 'fd43::5' }),
    want: [],
  },
  {
    name: 'proxy X52, X53: finds the address of its own family among two',
    service: service({ clusterIP: '10.43.0.5', clusterIPs: ['10.43.0.5', 'fd43::5'] }),
    slices: [{ ...slice(8080, 'fd42::2 ready'), addressType: 'IPv6' }],
    facts: { family: 'ipv6' },
    want: ['web:http fd43::5 tcp/80 -> fd42::2:8080'],
  },
  {
    name: 'sends nothing to loopback, link-local or multicast addresses, nor to bad text',
    service: service({}),
    slices: [
      slice(
        8080,
        '127.0.0.1 ready',
        '169.254.169.254 ready',
        '224.0.0.1 ready',
        '0.0.0.0 ready',
        '10.42.0.256 ready',
        '10.42.0.2\n-A ready',
        '10.42.0.2 ready',
      ),
    ],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080'],
    notes: [
      'nothing is sent to ["0.0.0.0","10.42.0.2\\n-A","10.42.0.256","127.0.0.1","169.254.169.254"]',
    ],
  },
  {
    name: 'leaves out ports beyond the possible',
    service: service({ ports: [{ name: 'http', port: 70_000 }] }),
    want: [],
  },
  {
    name: 'knows which endpoints are on this node',
    service: service({ internalTrafficPolicy: 'Local' }),
    slices: [slice(8080, '10.42.0.2 ready @here', '10.42.1.2 ready @there')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080 10.42.1.2:8080 (local 10.42.0.2:8080)'],
  },
  {
    name: 'proxy X25, X50: falls back to terminating endpoints for the node and for the cluster apart',
    service: service({ internalTrafficPolicy: 'Local' }),
    slices: [slice(8080, '10.42.0.2 serving terminating @here', '10.42.1.2 ready @there')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.1.2:8080 (local 10.42.0.2:8080)'],
  },
  {
    name: 'proxy X47, X49: keeps to the zone when every endpoint has a hint',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 ready zone=a', '10.42.0.3 ready zone=b')],
    facts: { zone: 'b' },
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.3:8080'],
  },
  {
    name: 'proxy X48: passes over hints when one endpoint has none',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 ready zone=a', '10.42.0.3 ready')],
    facts: { zone: 'a' },
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080 10.42.0.3:8080'],
  },
  {
    name: 'proxy X48: passes over hints when none names its zone',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 ready zone=a', '10.42.0.3 ready zone=a')],
    facts: { zone: 'c' },
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080 10.42.0.3:8080'],
  },
  {
    name: 'proxy X49: prefers hints for the node to those for the zone',
    service: service({}),
    slices: [slice(8080, '10.42.0.2 ready zone=a node=here', '10.42.0.3 ready zone=a node=there')],
    facts: { zone: 'a' },
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080'],
  },
  {
    name: 'proxy X10, X16, X17, X30, X31: carries node port, affinity and load balancer addresses',
    service: {
      ...service({
        type: 'LoadBalancer',
        sessionAffinity: 'ClientIP',
        ports: [{ name: 'http', port: 80, nodePort: 30_080 }],
      }),
      status: {
        loadBalancer: {
          ingress: [
            { ip: '203.0.113.9' },
            { ip: '203.0.113.10', ipMode: 'Proxy' },
            { hostname: 'x' },
          ],
        },
      },
    },
    want: [
      'web:http 10.43.0.5 tcp/80 -> nobody (node port 30080) (203.0.113.9) (affinity 10800 s)',
    ],
  },
  {
    name: 'proxy X15, X18: carries external addresses, and the ranges that may use the load balancer',
    service: {
      ...service({
        type: 'LoadBalancer',
        externalIPs: ['203.0.113.1'],
        loadBalancerSourceRanges: [' 192.0.2.7/24', 'fd00::/8'],
      }),
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
    },
    want: [
      'web:http 10.43.0.5 tcp/80 -> nobody (203.0.113.9) (also 203.0.113.1) (from 192.0.2.0/24)',
    ],
  },
  {
    name: 'proxy X15, X16: counts an address once, as that of the load balancer before an external one',
    service: {
      ...service({
        type: 'LoadBalancer',
        externalIPs: ['203.0.113.9', '10.43.0.5', '203.0.113.1'],
      }),
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }, { ip: '203.0.113.9' }] } },
    },
    want: ['web:http 10.43.0.5 tcp/80 -> nobody (203.0.113.9) (also 203.0.113.1)'],
  },
  {
    name: 'proxy X18: lets nobody in by a load balancer whose ranges are all of the other family',
    service: {
      ...service({ type: 'LoadBalancer', loadBalancerSourceRanges: ['fd00::/8'] }),
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
    },
    want: ['web:http 10.43.0.5 tcp/80 -> nobody (203.0.113.9) (from nobody)'],
  },
  {
    name: 'proxy X26: counts what is ready here for the health check of a Local load balancer',
    service: service({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30_999,
    }),
    slices: [slice(8080, '10.42.0.2 ready @here', '10.42.0.3 serving terminating @here')],
    want: ['web:http 10.43.0.5 tcp/80 -> 10.42.0.2:8080 (local 10.42.0.2:8080)'],
    healthCheck: { port: 30_999, endpoints: 1 },
  },
];

for (const { name, service, slices = [], facts = {}, want, notes = [], ...rest } of cases) {
  test(name.startsWith('proxy X') ? name : `planService ${name}`, (t) => {
    const here: NodeFacts = { nodeName: 'here', zone: undefined, family: 'ipv4', ...facts };
    const plan = planService(service, slices, here);
    t.deepEqual(plan.ports.map(format), want);
    t.deepEqual(plan.notes, notes);
    t.deepEqual(plan.healthCheck, rest.healthCheck);
    t.deepEqual(planService(service, slices.toReversed(), here), plan, 'whatever the order');
  });
}

/** One port as one line. */
function format(port: PortPlan): string {
  const places = (list: PortPlan['cluster']) =>
    list.map(({ address, port: number }) => `${address}:${number}`).join(' ');
  const isLocal = port.internalPolicy === 'Local' || port.externalPolicy === 'Local';
  return [
    port.name.replace('default/', ''),
    port.clusterIp,
    `${port.protocol}/${port.port}`,
    '->',
    places(port.cluster) || 'nobody',
    isLocal ? `(local ${places(port.local)})` : '',
    port.nodePort ? `(node port ${port.nodePort})` : '',
    ...port.loadBalancerIps.map((ip) => `(${ip})`),
    ...port.externalIps.map((ip) => `(also ${ip})`),
    port.sourceRanges ? `(from ${port.sourceRanges.join(' ') || 'nobody'})` : '',
    port.affinitySeconds ? `(affinity ${port.affinitySeconds} s)` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function service(spec: Partial<Spec>, labels: Record<string, string> = {}): Service {
  return {
    metadata: { namespace: 'default', name: 'web', labels },
    spec: { clusterIP: '10.43.0.5', ports: [{ name: 'http', port: 80 }], ...spec },
  };
}

/** Endpoints as `address state… @node zone=z node=n`. */
function slice(port: number, ...endpoints: string[]): EndpointSlice {
  return {
    metadata: {
      namespace: 'default',
      name: 'web-1',
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port }],
    endpoints: endpoints.map(endpoint),
  };
}

function endpoint(text: string): Endpoint {
  const [address = '', ...words] = text.split(' ');
  const valuesOf = (key: string) =>
    words.filter((word) => word.startsWith(key)).map((word) => word.slice(key.length));
  const states = words.filter((word) => /^[a-z]+$/.test(word));
  const [nodeName] = valuesOf('@');
  const forZones = valuesOf('zone=').map((name) => ({ name }));
  const forNodes = valuesOf('node=').map((name) => ({ name }));
  return {
    addresses: [address],
    ...(states.length > 0 && {
      conditions: {
        ready: states.includes('ready'),
        serving: states.includes('ready') || states.includes('serving'),
        terminating: states.includes('terminating'),
      },
    }),
    ...(nodeName && { nodeName }),
    ...(forZones.length + forNodes.length > 0 && { hints: { forZones, forNodes } }),
  };
}

function labelled(slice: EndpointSlice, label: string): EndpointSlice {
  const labels = { ...slice.metadata?.labels, [label]: '' };
  return { ...slice, metadata: { ...slice.metadata, labels } };
}
