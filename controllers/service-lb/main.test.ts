import test, { type ExecutionContext } from 'ava';
import { nodes, services } from '../../api/resources.ts';
import type { Service } from '../../api/types/core-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createFake, type FakeClient } from '../../client/fake.ts';
import { Informers } from '../../client/informers.ts';
import { runControllers } from '../main.ts';

const finalizer = 'service.kubernetes.io/load-balancer-cleanup';

/** Runs the controller over a cluster of one ready node; `told`: the reasons of its events. */
function withController(
  body: (t: ExecutionContext, client: FakeClient, told: string[]) => Promise<void>,
  loadBalancerPool: readonly string[] = [],
) {
  return async (t: ExecutionContext) => {
    const client = createFake({ clock: systemClock });
    const deps = { clock: systemClock, log: silentLogger };
    const stop = new AbortController();
    const told: string[] = [];
    client.seed(nodes, {
      metadata: { name: 'a' },
      status: {
        addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    });
    const running = runControllers(
      ['service-lb-controller'],
      {
        ...deps,
        client,
        informers: new Informers(client, deps),
        recorderOf: () => ({
          event: (_, type, reason) => void told.push(`${type} ${reason}`),
          flush: async () => {},
        }),
        config: {
          clusterCidr: '10.42.0.0/16',
          nodeMonitorGraceSeconds: 40,
          rootCa: '',
          loadBalancerPool,
        },
      },
      stop.signal,
    );
    try {
      await body(t, client, told);
    } finally {
      stop.abort();
      await running;
    }
  };
}

const create = (client: FakeClient, name = 'web', spec: Service['spec'] = {}) =>
  client.create(services, {
    metadata: { namespace: 'default', name },
    spec: { type: 'LoadBalancer', clusterIP: '10.43.0.7', ports: [{ port: 80 }], ...spec },
  });

/** Waits until the Service looks so. */
async function until(client: FakeClient, isSo: (service: Service) => boolean, name = 'web') {
  for (let attempt = 0; attempt < 500; attempt++) {
    const service = await client.get(services, name, 'default');
    if (isSo(service)) return service;
    await systemClock.sleep(10);
  }
  throw new Error('it never came to be');
}

const ipsOf = ({ status }: Service) => (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);

test(
  'pains P32: a Service gets the address of the node, and a finalizer before it',
  withController(async (t, client, told) => {
    await create(client);
    const service = await until(client, (each) => ipsOf(each).length > 0);
    t.deepEqual(ipsOf(service), ['192.0.2.1']);
    t.deepEqual(service.metadata?.finalizers, [finalizer]);
    t.is(service.metadata?.annotations, undefined);
    t.deepEqual(told, ['Normal EnsuringLoadBalancer', 'Normal EnsuredLoadBalancer']);
  }),
);

test(
  'pains P32: a Service that is deleted goes once its balancer is gone',
  withController(async (t, client, told) => {
    await create(client);
    await until(client, (each) => ipsOf(each).length > 0);
    await client.delete(services, { namespace: 'default', name: 'web' });
    await t.throwsAsync(until(client, () => false));
    t.deepEqual(told.slice(2), ['Normal DeletingLoadBalancer', 'Normal DeletedLoadBalancer']);
  }),
);

test(
  'pains P32: a Service that is of another type by now loses its address',
  withController(async (t, client) => {
    await create(client);
    const service = await until(client, (each) => ipsOf(each).length > 0);
    const { clusterIP, ports } = service.spec!;
    await client.update(services, { ...service, spec: { type: 'ClusterIP', clusterIP, ports } });
    const left = await until(client, (each) => (each.metadata?.finalizers ?? []).length === 0);
    t.deepEqual(ipsOf(left), []);
  }),
);

test(
  'pains P32: addresses of a pool are never shared, and one that is given back is given again',
  withController(
    async (t, client, told) => {
      const names = ['a', 'b', 'c'];
      await Promise.all(names.map((name) => create(client, name)));
      await until(client, (each) => ipsOf(each).length > 0, 'a');
      await until(client, (each) => ipsOf(each).length > 0, 'b');
      const a = await client.get(services, 'a', 'default');
      t.is(a.metadata?.annotations?.['wherry.dev/announced-by'], 'a');
      t.deepEqual(ipsOf(await client.get(services, 'c', 'default')), []);
      await until(client, () => told.includes('Warning SyncLoadBalancerFailed'), 'c');
      await client.delete(services, { namespace: 'default', name: 'a' });
      const c = await until(client, (each) => ipsOf(each).length > 0, 'c');
      t.deepEqual(ipsOf(c), ipsOf(a));
    },
    ['198.51.100.4/31'],
  ),
);
