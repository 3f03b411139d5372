import test from 'ava';
import { ipAddresses } from '../../../api/resources/ip-address.ts';
import { services } from '../../../api/resources/service.ts';
import { serviceCidrs } from '../../../api/resources/service-cidr.ts';
import type { Service, ServicePort, ServiceSpec } from '../../../api/types/core-v1.generated.ts';
import { systemClock } from '../../../base/clock.ts';
import { StatusError } from '../../../base/errors.ts';
import type { Reservation } from '../../request.ts';
import { createFakeReader } from '../fake-reader.ts';
import { admissionRequest } from '../testing.ts';
import { createServiceAllocator } from './allocator.ts';
import { parsePortRange } from './bands.ts';
import { readBlocks } from './blocks.ts';
import { ServiceLedger } from './ledger.ts';

function setUp({ serviceCidr = '10.43.0.0/24', nodePortRange = '30000-30063' } = {}) {
  const reader = createFakeReader();
  const make = () =>
    createServiceAllocator({
      ledger: new ServiceLedger(readBlocks(serviceCidr), reader.follow),
      ports: parsePortRange(nodePortRange),
      clock: systemClock,
      random: () => 0,
    });
  let plugin = make();
  const admit = (object: Service, old?: Service) =>
    plugin.mutate!(admissionRequest(services, { object, old })) as Reservation;
  return {
    reader,
    admit,
    plugin: () => plugin,
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
  const had = structuredClone(a);
  first.rollback();
  t.is(a.spec!.clusterIP, undefined, 'tried again, it asks for no address of its own');
  admit(c);
  t.is(c.spec!.clusterIP, had.spec!.clusterIP);
  t.deepEqual(nodePorts(c), nodePorts(had));
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
    ledger: new ServiceLedger(readBlocks('10.43.0.0/24'), createFakeReader().follow),
    ports: parsePortRange('30000-32767'),
    clock: systemClock,
  });
  const object = service('a');
  t.is(plugin.mutate!(admissionRequest(services, { object, subresource: 'status' })), undefined);
  t.is(object.spec!.clusterIP, undefined);
});

const np = (): Partial<ServiceSpec> => ({ type: 'NodePort', ports: [{ port: 80 }] });
const nodePorts = ({ spec }: Service) => spec!.ports!.map(({ nodePort }) => nodePort);

const writes = (reservation: Reservation, isGone = false) =>
  reservation.sideWrites!(isGone).map(({ key, value, revision }) => {
    return `${value ? 'take' : 'free'} ${key}${revision === 0 ? ' if nobody has it' : ''}`;
  });

test('apiserver A116: an IPAddress and a key for each node port are written with a Service', (t) => {
  const { admit, save } = setUp();
  const one = service('a', np());
  const reservation = admit(one);
  t.deepEqual(writes(reservation), [
    'take ipaddresses.networking.k8s.io/10.43.0.17 if nobody has it',
    'take ranges/servicenodeports/30016 if nobody has it',
  ]);
  const [first] = reservation.sideWrites!(false);
  const { metadata, spec } = JSON.parse(Buffer.from(first!.value!).toString());
  t.like(metadata, {
    name: '10.43.0.17',
    labels: {
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    },
  });
  const parentRef = { group: '', resource: 'services', namespace: 'default', name: 'a' };
  t.deepEqual(spec, { parentRef });
  reservation.commit();
  save(one, one);

  const external = structuredClone(one);
  Object.assign(external.spec!, { type: 'ExternalName', externalName: 'example.com' });
  const freed = [
    'free ipaddresses.networking.k8s.io/10.43.0.17',
    'free ranges/servicenodeports/30016',
  ];
  t.deepEqual(writes(admit(external, one)), freed);
  t.deepEqual(writes(admit(structuredClone(one), one)), []);
  t.deepEqual(writes(admit(structuredClone(one), one), true), freed);
});

test('apiserver A116: a delete gives everything back once the Service is really gone', (t) => {
  const { plugin, save } = setUp();
  const one = service('a', np());
  save(one);
  const ending = plugin().mutate!(admissionRequest(services, { old: one })) as Reservation;
  t.deepEqual(writes(ending), []);
  t.is(writes(ending, true).length, 2);
});

test('apiserver A19: a dry run answers with an address, and keeps none', (t) => {
  const { plugin, save } = setUp();
  const object = service('a');
  const asked = admissionRequest(services, { object, dryRun: true });
  (plugin().mutate!(asked) as Reservation).rollback();
  t.is(object.spec!.clusterIP, '10.43.0.17');
  t.is(save(service('b')).clusterIP, '10.43.0.17');
});

test('apiserver A116: an IPAddress that somebody made is nobody else’s', (t) => {
  const { reader, save, admit } = setUp();
  reader.put(ipAddresses, { metadata: { name: '10.43.0.17' } });
  t.is(save(service('a')).clusterIP, '10.43.0.18');
  t.regex(
    refusal(() => admit(service('b', { clusterIP: '10.43.0.17' }))),
    /provided IP is already allocated/,
  );
});

test('apiserver A116: a ServiceCIDR that is ready is used once the first block is full', (t) => {
  const { reader, save, admit } = setUp({ serviceCidr: '10.43.0.0/30' });
  save(service('kubernetes', { clusterIP: '10.43.0.1' }));
  t.is(save(service('a')).clusterIP, '10.43.0.2');
  const more = (status: string, deletionTimestamp?: string) => {
    const metadata = { name: 'more', ...(deletionTimestamp && { deletionTimestamp }) };
    const conditions = [{ type: 'Ready', status }];
    reader.put(serviceCidrs, {
      metadata,
      spec: { cidrs: ['10.99.0.0/24'] },
      status: { conditions },
    } as never);
  };
  const isFull = () => /range is full/.test(refusal(() => admit(service('b'))));
  t.true(isFull());
  more('False');
  t.true(isFull());
  more('True');
  t.is(save(service('b')).clusterIP, '10.99.0.17');
  more('True', '2030-01-01T00:00:00Z');
  t.true(isFull());
});

test('more node ports than one write can hold are refused', (t) => {
  const { admit } = setUp({ nodePortRange: '30000-32767' });
  const ports = Array.from({ length: 101 }, (_, index) => ({ name: `p${index}`, port: index + 1 }));
  t.regex(
    refusal(() => admit(service('a', { type: 'NodePort', ports }))),
    /422 .*spec.ports: Too many: 101: must have at most 100 items/,
  );
});

const dualCidr = '10.43.0.0/24,fd00:43::/112';
const shown = ({ clusterIPs = [], ipFamilies = [], ipFamilyPolicy }: ServiceSpec) =>
  `${ipFamilyPolicy} ${ipFamilies.join('+')} ${clusterIPs.join(' ')}`;

test('apiserver A116: in a cluster of two families a Service has one or both, as it asks', (t) => {
  const { save } = setUp({ serviceCidr: dualCidr });
  t.is(shown(save(service('plain'))), 'SingleStack IPv4 10.43.0.17');
  t.is(shown(save(service('six', { ipFamilies: ['IPv6'] }))), 'SingleStack IPv6 fd00:43::101');
  const both = save(service('both', { ipFamilyPolicy: 'PreferDualStack' }));
  t.is(shown(both), 'PreferDualStack IPv4+IPv6 10.43.0.18 fd00:43::102');
  const named = service('named', { clusterIPs: ['fd00:43::7', '10.43.0.7'] });
  t.is(shown(save(named)), 'RequireDualStack IPv6+IPv4 fd00:43::7 10.43.0.7');
});

test('apiserver A116: a Service gets its second address later, and gives it back', (t) => {
  const { admit, save } = setUp({ serviceCidr: dualCidr });
  const one = service('a');
  save(one);
  const two = structuredClone(one);
  two.spec!.ipFamilyPolicy = 'RequireDualStack';
  t.is(shown(save(two, one)), 'RequireDualStack IPv4+IPv6 10.43.0.17 fd00:43::101');
  const three = structuredClone(two);
  three.spec!.ipFamilyPolicy = 'SingleStack';
  const reservation = admit(three, two);
  t.is(shown(three.spec!), 'SingleStack IPv4 10.43.0.17');
  t.deepEqual(writes(reservation), ['free ipaddresses.networking.k8s.io/fd00:43::101']);
});
