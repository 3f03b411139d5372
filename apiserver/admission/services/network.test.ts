/** Several servers on one store: nobody ever gets what somebody else has. */
import test, { type ExecutionContext } from 'ava';
import type { Resource } from '../../../api/resource.ts';
import { events } from '../../../api/resources/event.ts';
import { ipAddresses } from '../../../api/resources/ip-address.ts';
import { services } from '../../../api/resources/service.ts';
import { serviceCidrs } from '../../../api/resources/service-cidr.ts';
import type { Service, ServiceSpec } from '../../../api/types/core-v1.generated.ts';
import type { ServiceCIDR } from '../../../api/types/networking-v1.generated.ts';
import type { Clock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/log.ts';
import type { Store } from '../../../store/store.ts';
import type { Machinery } from '../../call.ts';
import { openRegistry } from '../../registry/registry.ts';
import { deleteObject } from '../../write/delete-object.ts';
import { deleteOptionsOf } from '../../write/delete-options.ts';
import { createObject, updateObject, type Writer } from '../../write/store-object.ts';
import { chainPlugins } from '../chain.ts';
import { admin, admissionRequest, createSlowStore } from '../testing.ts';
import { createServiceNetwork } from './network.ts';

const resources = [services, ipAddresses, serviceCidrs, events] as unknown as Resource[];
const noOptions = deleteOptionsOf(undefined, new URLSearchParams());

/** A clock that stands until it is told to go on. */
function createStillClock() {
  let now = Date.parse('2030-01-01T00:00:00Z');
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        sleepers.push({ until: now + ms, wake: resolve });
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  const goOn = async (ms: number) => {
    now += ms;
    const due = sleepers.filter(({ until }) => until <= now);
    sleepers = sleepers.filter(({ until }) => until > now);
    for (const { wake } of due) wake();
    await breathe();
  };
  return { clock, goOn };
}

const breathe = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

interface Options {
  readonly serviceCidr?: string;
  readonly nodePortRange?: string;
  readonly clock?: Clock;
}

async function startServer(t: ExecutionContext, store: Store, options: Options = {}) {
  const { serviceCidr = '10.43.0.0/24', nodePortRange = '30000-30063' } = options;
  const clock = options.clock ?? createStillClock().clock;
  const onLost = (error: Error) => t.fail(error.message);
  const registry = await openRegistry(resources, { store, clock, onLost });
  const network = createServiceNetwork({
    registry,
    store,
    clock,
    log: silentLogger,
    serviceCidr,
    nodePortRange,
  });
  const stopping = new AbortController();
  t.teardown(() => {
    stopping.abort();
    registry.close();
  });
  const admission = chainPlugins([], [network.allocator]);
  const server: Machinery = { registry, admission, clock, stopping: stopping.signal };
  const writer = (resource: unknown, name: string): Writer => {
    const object = { metadata: { name, namespace: 'default' } };
    const { info } = admissionRequest(resource as Resource, { object });
    return { resource: resource as Resource, info, user: admin, dryRun: false };
  };
  return {
    registry,
    network,
    start: () => network.start(stopping.signal),
    make: async (name: string, spec: Partial<ServiceSpec> = {}) => {
      const object: Service = {
        metadata: { name, namespace: 'default' },
        spec: { ports: [{ port: 80 }], ...spec },
      };
      return (await createObject(server, writer(services, name), object)).object as Service;
    },
    change: async (name: string, mend: (spec: ServiceSpec) => void) => {
      const change = (current: { draft(): object }) => {
        const draft = current.draft() as Service;
        mend(draft.spec!);
        return draft;
      };
      const update = { name, namespace: 'default', change, part: 'object' } as const;
      return (await updateObject(server, writer(services, name), update)).object as Service;
    },
    end: (name: string) =>
      deleteObject(server, writer(services, name), {
        name,
        namespace: 'default',
        options: noOptions,
      }),
    makeCidr: (name: string, cidr: string) => {
      const object: ServiceCIDR = { metadata: { name }, spec: { cidrs: [cidr] } };
      return createObject(server, writer(serviceCidrs, name), object);
    },
    endCidr: (name: string) =>
      deleteObject(server, writer(serviceCidrs, name), { name, namespace: '', options: noOptions }),
    addresses: () => registry.list(ipAddresses).map(({ metadata }) => metadata!.name!),
    told: () => registry.list(events).map(({ reason, message }) => `${reason}: ${message}`),
  };
}

/** All keys of a prefix, without it. */
async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const { entries } = await store.list({ prefix });
  return entries.map(({ key }) => key.slice(prefix.length));
}

const portKeys = (store: Store) => keysOf(store, '/registry/ranges/servicenodeports/');
const nodePort = (): Partial<ServiceSpec> => ({ type: 'NodePort', ports: [{ port: 80 }] });

test('apiserver A116: two servers that give out all there is give nothing out twice', async (t) => {
  const store = createSlowStore();
  const options = { serviceCidr: '10.43.0.0/26', nodePortRange: '30000-30039' };
  const servers = [await startServer(t, store, options), await startServer(t, store, options)];
  const names = Array.from({ length: 40 }, (_, index) => `svc-${index}`);
  const made = await Promise.all(
    names.map((name, index) => servers[index % 2]!.make(name, nodePort())),
  );
  t.is(new Set(made.map(({ spec }) => spec!.clusterIP)).size, 40);
  t.is(new Set(made.map(({ spec }) => spec!.ports![0]!.nodePort)).size, 40);
  await servers[0]!.registry.fresh();
  t.deepEqual(servers[0]!.addresses(), made.map(({ spec }) => spec!.clusterIP!).sort());
  t.is((await portKeys(store)).length, 40);
  await t.throwsAsync(servers[0]!.make('more', nodePort()), { message: /range is full/ });

  await Promise.all(names.map((name, index) => servers[(index + 1) % 2]!.end(name)));
  await servers[0]!.registry.fresh();
  t.deepEqual(servers[0]!.addresses(), []);
  t.deepEqual(await portKeys(store), []);
});

test('apiserver A116: one address asked for on two servers at once is given once', async (t) => {
  const store = createSlowStore();
  const [a, b] = [await startServer(t, store), await startServer(t, store)];
  const asked = { clusterIP: '10.43.0.10' };
  const results = await Promise.allSettled([a.make('a', asked), b.make('b', asked)]);
  t.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const refused = results.find((each) => each.status === 'rejected');
  t.regex(String(refused?.reason), /provided IP is already allocated/);
});

test('apiserver A116: what is taken survives a restart, and a change of type gives it back', async (t) => {
  const store = createSlowStore();
  const before = await (await startServer(t, store)).make('a', nodePort());
  const later = await startServer(t, store);
  const { clusterIP, ports } = before.spec!;
  const same = { clusterIP: clusterIP! };
  await t.throwsAsync(later.make('b', same), { message: /already allocated/ });
  await later.change('a', (spec) => {
    spec.type = 'ClusterIP';
  });
  t.deepEqual(await portKeys(store), []);
  const wanted = { type: 'NodePort', ports: [{ port: 1, nodePort: ports![0]!.nodePort! }] };
  t.truthy(await later.make('b', wanted));
  await later.end('a');
  t.truthy(await later.make('c', same));
});

test('apiserver A116: the flags are the ServiceCIDR `kubernetes`, and more can be added', async (t) => {
  const store = createSlowStore();
  const { clock, goOn } = createStillClock();
  const server = await startServer(t, store, { serviceCidr: '10.43.0.0/30', clock });
  await server.start();
  await breathe();
  const read = (name: string) => server.registry.get(serviceCidrs, name);
  const conditionOf = (name: string) => {
    const { status, reason, message } = read(name)!.status!.conditions![0]!;
    return [status, reason, message].filter(Boolean).join(' ');
  };
  t.deepEqual(read('kubernetes')?.spec?.cidrs, ['10.43.0.0/30']);
  t.is(conditionOf('kubernetes'), 'True Kubernetes default Service CIDR is ready');
  t.deepEqual(read('kubernetes')?.metadata?.finalizers, [
    'networking.k8s.io/service-cidr-finalizer',
  ]);
  await server.make('a');
  await t.throwsAsync(server.make('b'), { message: /range is full/ });
  await server.makeCidr('more', '10.99.0.0/24');
  await breathe();
  const made = await server.make('b');
  t.regex(made.spec!.clusterIP!, /^10\.99\.0\./);

  await server.endCidr('more');
  await breathe();
  t.regex(conditionOf('more'), /^False Terminating There are still IPAddresses referencing/);
  await t.throwsAsync(server.make('c'), { message: /range is full/ });
  await server.end('b');
  await breathe();
  t.truthy(read('more'), 'other servers may not have heard of it yet');
  await goOn(10_000);
  t.is(read('more'), undefined);
});

test('apiserver A117: what was leaked, lost or left by an older version is repaired and told', async (t) => {
  const store = createSlowStore();
  const old = await startServer(t, store);
  const { spec } = await old.make('a', { ...nodePort(), clusterIP: '10.43.0.20' });
  const port = spec!.ports![0]!.nodePort;
  await old.make('b', { clusterIP: '10.43.0.21' });
  const put = (key: string, value: object | undefined) =>
    store.transact({
      conditions: [],
      changes: [{ key: `/registry/${key}`, value: value && Buffer.from(JSON.stringify(value)) }],
    });
  const labels = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' };
  const address = (name: string, more: object = {}) => ({
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: { name, ...more },
    spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: 'gone' } },
  });
  await put('ipaddresses.networking.k8s.io/10.43.0.20', undefined);
  await put('ipaddresses.networking.k8s.io/10.43.0.30', address('10.43.0.30', { labels }));
  await put('ipaddresses.networking.k8s.io/10.43.0.31', address('10.43.0.31'));
  await put(`ranges/servicenodeports/${port}`, undefined);
  await put('ranges/servicenodeports/30063', { service: 'default/gone' });

  const { clock, goOn } = createStillClock();
  const server = await startServer(t, store, { clock });
  await server.start();
  await server.registry.fresh();
  t.deepEqual(server.addresses(), ['10.43.0.20', '10.43.0.21', '10.43.0.31']);
  t.deepEqual(await portKeys(store), [String(port)]);
  t.deepEqual(server.told().sort(), [
    'ClusterIPNotAllocated: Cluster IP [IPv4]: 10.43.0.20 is not allocated; repairing',
    'IPAddressNotAllocated: IPAddress: 10.43.0.30 for Service default/gone appears to have leaked: cleaning up',
    `PortNotAllocated: Port ${port} is not allocated; repairing`,
  ]);
  await put('ipaddresses.networking.k8s.io/10.43.0.21', undefined);
  await breathe();
  t.true(server.addresses().includes('10.43.0.21'), 'mended at once');
  await put('ranges/servicenodeports/30063', { service: 'default/gone' });
  await goOn(3 * 60_000);
  t.deepEqual(await portKeys(store), [String(port)]);
});
