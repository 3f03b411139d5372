import test from 'ava';
import { services } from '../../api/resources/service.ts';
import type { Service, ServicePort, ServiceSpec } from '../../api/types/core-v1.generated.ts';
import { StatusError } from '../../base/errors.ts';
import type { Reservation } from '../request.ts';
import { createFakeReader } from './fake-reader.ts';
import { createServiceAllocator } from './service-allocator.ts';
import { admissionRequest } from './testing.ts';

function setUp({ serviceCidr = '10.43.0.0/24', nodePortRange = '30000-30063' } = {}) {
  const reader = createFakeReader();
  const make = () =>
    createServiceAllocator({ reader, serviceCidr, nodePortRange, random: () => 0 });
  let plugin = make();
  const admit = (object: Service, old?: Service) =>
    plugin.mutate!(admissionRequest(services, { object, old })) as Reservation;
  return {
    reader,
    admit,
    restart: () => {
      plugin = make();
    },
    /** Admits, stores and commits, as the server does. */
    save: (object: Service, old?: Service) => {
      const reservation = admit(object, old);
      reader.put(services, object);
      reservation.commit();
      return object.spec!;
    },
  };
}

function service(name: string, spec: Partial<ServiceSpec> = {}, namespace = 'default'): Service {
  return {
    metadata: { name, namespace },
    spec: { type: 'ClusterIP', ports: [{ port: 80 }], ...spec },
  };
}

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'admitted';
};

test('a Service gets an address above the low band', (t) => {
  const { save } = setUp();
  t.like(save(service('a')), {
    clusterIP: '10.43.0.17',
    clusterIPs: ['10.43.0.17'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  });
  t.is(save(service('b')).clusterIP, '10.43.0.18');
});

test('a requested address is honoured, from the low band too', (t) => {
  const { save } = setUp();
  t.is(save(service('dns', { clusterIP: '10.43.0.10' })).clusterIP, '10.43.0.10');
  t.deepEqual(save(service('x', { clusterIPs: ['10.43.0.99'] })).clusterIPs, ['10.43.0.99']);
});

test('the first address is for kubernetes alone', (t) => {
  const { save, admit } = setUp();
  const ip = { clusterIP: '10.43.0.1' };
  t.regex(
    refusal(() => admit(service('thief', ip))),
    /provided IP is already allocated/,
  );
  t.regex(
    refusal(() => admit(service('kubernetes', ip, 'other'))),
    /already allocated/,
  );
  t.is(save(service('kubernetes', ip)).clusterIP, '10.43.0.1');
});

const refused: [string, Partial<ServiceSpec>, string][] = [
  [
    'an address of somebody else',
    { clusterIP: '10.43.0.10' },
    'spec.clusterIPs: Invalid value: ["10.43.0.10"]: failed to allocate IP 10.43.0.10: ' +
      'provided IP is already allocated',
  ],
  [
    'an address outside the block',
    { clusterIP: '10.99.0.1' },
    'spec.clusterIPs: Invalid value: ["10.99.0.1"]: failed to allocate IP 10.99.0.1: the provided ' +
      'IP (10.99.0.1) is not in the valid range. The range of valid IPs is 10.43.0.0/24',
  ],
  [
    'a node port outside the range',
    { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
    'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. ' +
      'The range of valid ports is 30000-30063',
  ],
  [
    'a node port of somebody else',
    { type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] },
    'spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
  ],
  [
    'a family that the cluster does not have',
    { ipFamilies: ['IPv6'] },
    'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ],
  [
    'two families',
    { ipFamilyPolicy: 'RequireDualStack' },
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": ' +
      'this cluster is not configured for dual-stack services',
  ],
];

for (const [name, spec, want] of refused) {
  test(`the allocator refuses ${name}`, (t) => {
    const { save, admit } = setUp();
    save(service('dns', { clusterIP: '10.43.0.10' }));
    save(service('np', { type: 'NodePort', ports: [{ port: 1, nodePort: 30_001 }] }));
    t.is(
      refusal(() => admit(service('x', spec))),
      `422 Service "x" is invalid: ${want}`,
    );
  });
}

test('headless and external Services get nothing', (t) => {
  const { save } = setUp();
  t.like(save(service('none', { clusterIP: 'None' })), { clusterIP: 'None', clusterIPs: ['None'] });
  const external = save(service('far', { type: 'ExternalName', externalName: 'example.com' }));
  t.is(external.clusterIP, undefined);
  t.like(save(service('none2', { clusterIP: 'None' })), { clusterIP: 'None' });
});

test('an address is free again once its Service is gone', (t) => {
  const { save, reader } = setUp();
  const spec = save(service('a'));
  reader.remove(services, 'a', 'default');
  t.is(save(service('b')).clusterIP, spec.clusterIP);
});

test('two writes under way never get the same, and a failed one gives back what it had', (t) => {
  const { admit } = setUp();
  const [a, b, c] = [service('a', np()), service('b', np()), service('c', np())];
  const first = admit(a);
  admit(b);
  t.not(a.spec!.clusterIP, b.spec!.clusterIP);
  t.not(nodePorts(a)[0], nodePorts(b)[0]);
  first.rollback();
  admit(c);
  t.is(c.spec!.clusterIP, a.spec!.clusterIP);
  t.deepEqual(nodePorts(c), nodePorts(a));
});

test('what is taken survives a restart', (t) => {
  const { save, restart } = setUp();
  const before = save(service('a', np()));
  restart();
  const after = save(service('b', np()));
  t.not(after.clusterIP, before.clusterIP);
  t.not(after.ports?.[0]?.nodePort, before.ports?.[0]?.nodePort);
});

test('a full block and a full range say so', (t) => {
  const { save, admit } = setUp({ serviceCidr: '10.43.0.0/29', nodePortRange: '30000-30001' });
  for (const name of ['a', 'b', 'c', 'd', 'e']) save(service(name));
  t.regex(
    refusal(() => admit(service('f'))),
    /500 .*serviceIP: range is full/,
  );
  const { save: saveMore, admit: admitMore } = setUp({ nodePortRange: '30000-30001' });
  for (const name of ['a', 'b']) saveMore(service(name, np()));
  t.regex(
    refusal(() => admitMore(service('c', np()))),
    /500 .*nodePort: range is full/,
  );
});

test('one service port over TCP and UDP has one node port', (t) => {
  const { save } = setUp();
  const ports: ServicePort[] = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    { name: 'metrics', port: 9153 },
  ];
  const [udp, tcp, metrics] = save(service('dns', { type: 'NodePort', ports })).ports!;
  t.is(udp!.nodePort, tcp!.nodePort);
  t.not(udp!.nodePort, metrics!.nodePort);
});

test('a load balancer may do without node ports, and gets a health check port when local', (t) => {
  const { save } = setUp();
  const balancer = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false };
  t.is(save(service('a', balancer)).ports?.[0]?.nodePort, undefined);
  t.truthy(save(service('b', { ...balancer, externalTrafficPolicy: 'Local' })).healthCheckNodePort);
});

test('an update without address and ports keeps those it had', (t) => {
  const { save } = setUp();
  const old = service('a', np());
  const before = structuredClone(save(old));
  const after = save(service('a', { type: 'NodePort', ports: [{ port: 8080 }] }), old);
  t.is(after.clusterIP, before.clusterIP);
  t.is(after.ports?.[0]?.nodePort, before.ports?.[0]?.nodePort);
});

test('ClusterIP to NodePort gets ports, back to ClusterIP gives them back', (t) => {
  const { save } = setUp();
  const one = service('a');
  const address = save(one).clusterIP;
  const two = service('a', np());
  t.truthy(save(two, one).ports?.[0]?.nodePort);
  const three = structuredClone(two);
  three.spec!.type = 'ClusterIP';
  three.spec!.externalTrafficPolicy = 'Cluster';
  two.spec!.externalTrafficPolicy = 'Cluster';
  const spec = save(three, two);
  t.is(spec.ports?.[0]?.nodePort, undefined);
  t.is(spec.externalTrafficPolicy, undefined);
  t.is(spec.clusterIP, address);
});

test('ClusterIP to ExternalName gives the address back, and from there it gets a new one', (t) => {
  const { save } = setUp();
  const one = service('a');
  const address = save(one).clusterIP;
  const two = structuredClone(one);
  Object.assign(two.spec!, { type: 'ExternalName', externalName: 'example.com' });
  t.like(save(two, one), { clusterIP: undefined, clusterIPs: undefined, ipFamilies: undefined });
  t.is(save(service('b')).clusterIP, address);
  const three = structuredClone(two);
  three.spec!.type = 'ClusterIP';
  t.is(save(three, two).clusterIP, '10.43.0.18');
});

test('status updates and other kinds are not looked at', (t) => {
  const plugin = createServiceAllocator({
    reader: createFakeReader(),
    serviceCidr: '10.43.0.0/24',
    nodePortRange: '30000-32767',
  });
  const object = service('a');
  t.is(plugin.mutate!(admissionRequest(services, { object, subresource: 'status' })), undefined);
  t.is(object.spec!.clusterIP, undefined);
});

const np = (): Partial<ServiceSpec> => ({ type: 'NodePort', ports: [{ port: 80 }] });
const nodePorts = ({ spec }: Service) => spec!.ports!.map(({ nodePort }) => nodePort);
