import test from 'ava';
import type { PortPlan, ServicePlan } from '../plan.ts';
import { loopbackAddresses, planRelays } from './plan.ts';

const port = (rest: Partial<PortPlan>): PortPlan => ({
  name: 'default/web',
  protocol: 'tcp',
  clusterIp: '10.43.0.5',
  port: 80,
  nodePort: 30_080,
  loadBalancerIps: [],
  externalIps: [],
  internalPolicy: 'Cluster',
  externalPolicy: 'Cluster',
  cluster: [{ address: '10.42.0.2', port: 8080, isLocal: true }],
  local: [],
  ...rest,
});
const plan = (...ports: Partial<PortPlan>[]): ServicePlan => ({
  ports: ports.map(port),
  notes: [],
});
const six = { cluster: [{ address: 'fd42::2', port: 8080, isLocal: true }] };
const both = ['127.0.0.1', '::1'];

/** `tcp 127.0.0.1:30080 -> 10.42.0.2` */
const format = (plans: ServicePlan[], on = both) =>
  [...planRelays(plans, on)].map(
    ([id, { targets }]) => `${id} -> ${targets.map(({ address }) => address).join(' ')}`,
  );

test('proxy X12: the words localhost and all, and ranges, say whether loopback answers', (t) => {
  t.deepEqual(loopbackAddresses([]), both);
  t.deepEqual(loopbackAddresses(['localhost']), both);
  t.deepEqual(loopbackAddresses(['all']), both);
  t.deepEqual(loopbackAddresses(['primary']), []);
  t.deepEqual(loopbackAddresses(['192.0.2.0/24']), []);
  t.deepEqual(loopbackAddresses(['127.0.0.0/8', '192.0.2.0/24']), ['127.0.0.1']);
  t.deepEqual(loopbackAddresses(['::/0']), ['::1']);
});

test('proxy X13: a node port answers on 127.0.0.1, TCP and UDP, with all endpoints', (t) => {
  const local = { externalPolicy: 'Local', local: [] } as const;
  t.deepEqual(format([plan(local, { protocol: 'udp', nodePort: 30_053 })], ['127.0.0.1']), [
    'tcp 127.0.0.1:30080 -> 10.42.0.2',
    'udp 127.0.0.1:30053 -> 10.42.0.2',
  ]);
});

test('proxy X14: a node port answers on ::1, with endpoints of IPv6 where there are any', (t) => {
  t.deepEqual(format([plan({}), plan(six)]), [
    'tcp 127.0.0.1:30080 -> 10.42.0.2',
    'tcp [::1]:30080 -> fd42::2',
  ]);
  t.deepEqual(format([plan(six), plan({})]), [
    'tcp 127.0.0.1:30080 -> 10.42.0.2',
    'tcp [::1]:30080 -> fd42::2',
  ]);
  t.deepEqual(format([plan({})]), [
    'tcp 127.0.0.1:30080 -> 10.42.0.2',
    'tcp [::1]:30080 -> 10.42.0.2',
  ]);
});

test('nobody listens where there is nobody to answer, so that who asks is refused', (t) => {
  t.deepEqual(format([plan({ cluster: [] }, { protocol: 'sctp' })]), []);
  const { nodePort: _, ...without } = port({});
  t.deepEqual(format([{ ports: [without], notes: [] }]), []);
});
