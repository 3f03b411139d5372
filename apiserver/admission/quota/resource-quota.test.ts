import test, { type ExecutionContext } from 'ava';
import type { KubeObject, Resource } from '../../../api/resource.ts';
import { configMaps } from '../../../api/resources/config-map.ts';
import { deployments } from '../../../api/resources/deployment.ts';
import { persistentVolumeClaims } from '../../../api/resources/persistent-volume-claim.ts';
import { pods } from '../../../api/resources/pod.ts';
import { resourceQuotas } from '../../../api/resources/resource-quota.ts';
import { services } from '../../../api/resources/service.ts';
import { allResources } from '../../../api/resources.ts';
import type { Pod, PodSpec, ResourceQuotaSpec } from '../../../api/types/core-v1.generated.ts';
import { systemClock } from '../../../base/clock.ts';
import { StatusError } from '../../../base/errors.ts';
import type { Store } from '../../../store/store.ts';
import type { Machinery } from '../../call.ts';
import { openRegistry } from '../../registry/registry.ts';
import { createObject, updateObject, type Writer } from '../../write/store-object.ts';
import { chainPlugins } from '../chain.ts';
import { admin, admissionRequest, createSlowStore, podWith } from '../testing.ts';
import { createResourceQuota } from './resource-quota.ts';

async function startServer(t: ExecutionContext, store: Store, configuration?: object) {
  const onLost = (error: Error) => t.fail(error.message);
  const registry = await openRegistry(allResources, { store, clock: systemClock, onLost });
  const configs = new Map([['ResourceQuota', configuration]]);
  const plugin = createResourceQuota({ registry, clock: systemClock, configs });
  const stopping = new AbortController();
  t.teardown(() => registry.close());
  const server: Machinery = {
    registry,
    admission: chainPlugins([plugin]),
    clock: systemClock,
    stopping: stopping.signal,
  };
  const writerOf = (resource: Resource, object: KubeObject, dryRun = false): Writer => {
    const { info } = admissionRequest(resource, { object });
    return { resource, info, user: admin, dryRun };
  };
  const make = async <T extends KubeObject>(resource: Resource<T>, object: T, dryRun = false) => {
    const generic = resource as unknown as Resource;
    const metadata = { namespace: 'default', ...object.metadata };
    const draft = { ...object, metadata };
    try {
      await createObject(server, writerOf(generic, draft, dryRun), draft);
      return 'made';
    } catch (error) {
      if (error instanceof StatusError) return error.message.replace(/^.* is forbidden: /, '');
      throw error;
    }
  };
  const change = async <T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    mend: (draft: T) => void,
  ) => {
    const generic = resource as unknown as Resource;
    const metadata = { name, namespace: 'default' };
    try {
      await updateObject(server, writerOf(generic, { metadata }), {
        ...metadata,
        change: (current) => {
          const draft = current.draft() as T;
          mend(draft);
          return draft;
        },
        part: 'whole',
      });
      return 'changed';
    } catch (error) {
      if (error instanceof StatusError) return error.message.replace(/^.* is forbidden: /, '');
      throw error;
    }
  };
  return {
    registry,
    make,
    change,
    quota: (spec: ResourceQuotaSpec, name = 'q') =>
      make(resourceQuotas, { metadata: { name }, spec }),
    pod: (name: string, spec: Partial<PodSpec> = {}, dryRun = false) =>
      make(pods, podWith({ containers: [{ name: 'a', image: 'i' }], ...spec }, { name }), dryRun),
    end: (resource: Resource<never>, name: string) => {
      const generic = resource as unknown as Resource;
      return registry.remove(generic, registry.cacheOf(generic).get(`default/${name}`)!);
    },
    used: (name = 'q') => registry.get(resourceQuotas, name, 'default')?.status?.used,
  };
}

const start = (t: ExecutionContext, configuration?: object) =>
  startServer(t, createSlowStore(), configuration);

const asking = (requests: object, limits: object = {}): Partial<PodSpec> => ({
  containers: [{ name: 'a', image: 'i', resources: { requests, limits } as never }],
});

test('apiserver A118: pods are counted, shown in the status, and refused beyond', async (t) => {
  const { quota, pod, used, registry } = await start(t);
  await quota({ hard: { pods: '2' } });
  t.is(await pod('a'), 'made');
  t.is(await pod('b'), 'made');
  t.deepEqual(used(), { pods: '2' });
  t.is(await pod('c'), 'exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2');
  t.deepEqual(registry.get(resourceQuotas, 'q', 'default')?.status?.hard, { pods: '2' });
});

test('apiserver A118: what is gone or over is free again', async (t) => {
  const { quota, pod, end, change } = await start(t);
  await quota({ hard: { pods: '1', 'count/pods': '2' } });
  await pod('a');
  await change(pods, 'a', (draft: Pod) => {
    draft.status = { phase: 'Succeeded' };
  });
  t.is(await pod('b'), 'made');
  t.regex(await pod('c'), /requested: count\/pods=1,pods=1, used: count\/pods=2,pods=1/);
  await end(pods as never, 'a');
  await end(pods as never, 'b');
  t.is(await pod('c'), 'made');
});

test('apiserver A118: requests and limits are added up, and must be there', async (t) => {
  const { quota, pod, used } = await start(t);
  await quota({ hard: { 'requests.cpu': '1', 'limits.memory': '1Gi' } });
  t.is(await pod('a'), 'failed quota: q: must specify limits.memory for: a; requests.cpu for: a');
  t.is(await pod('a', asking({ cpu: '600m' }, { memory: '512Mi' })), 'made');
  t.deepEqual(used(), { 'requests.cpu': '600m', 'limits.memory': '512Mi' });
  t.is(
    await pod('b', asking({ cpu: '500m' }, { memory: '1Gi' })),
    'exceeded quota: q, requested: limits.memory=1Gi,requests.cpu=500m, ' +
      'used: limits.memory=512Mi,requests.cpu=600m, limited: limits.memory=1Gi,requests.cpu=1',
  );
});

test('apiserver A118: extended resources, huge pages and ephemeral storage', async (t) => {
  const { quota, pod } = await start(t);
  await quota({
    hard: {
      'requests.example.com/gpu': '2',
      'hugepages-2Mi': '4Mi',
      'requests.ephemeral-storage': '1Gi',
    },
  });
  t.is(await pod('a', asking({ 'example.com/gpu': '2' }, { 'example.com/gpu': '2' })), 'made');
  const gpu = asking({ 'example.com/gpu': '1' }, { 'example.com/gpu': '1' });
  t.regex(await pod('b', gpu), /requested: requests.example.com\/gpu=1, used: .*=2/);
  t.regex(await pod('b', asking({ 'ephemeral-storage': '2Gi' })), /requested: requests.ephemeral/);
  const huge = { 'hugepages-2Mi': '6Mi', cpu: '1', memory: '1Gi' };
  t.regex(await pod('b', asking(huge, huge)), /requested: hugepages-2Mi=6Mi/);
});

const scoped: [string, ResourceQuotaSpec, Partial<PodSpec>, Partial<PodSpec>][] = [
  ['Terminating', { scopes: ['Terminating'] }, { activeDeadlineSeconds: 5 }, {}],
  ['NotTerminating', { scopes: ['NotTerminating'] }, {}, { activeDeadlineSeconds: 5 }],
  ['BestEffort', { scopes: ['BestEffort'] }, {}, asking({ cpu: '1' })],
  ['NotBestEffort', { scopes: ['NotBestEffort'] }, asking({ cpu: '1' }), {}],
  [
    'PriorityClass In',
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
      },
    },
    { priorityClassName: 'high' },
    { priorityClassName: 'low' },
  ],
  [
    'PriorityClass DoesNotExist',
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'DoesNotExist' }],
      },
    },
    {},
    { priorityClassName: 'low' },
  ],
  [
    'CrossNamespacePodAffinity',
    { scopes: ['CrossNamespacePodAffinity'] },
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'a', namespaces: ['other'], labelSelector: {} },
          ],
        },
      },
    },
    {},
  ],
];
for (const [name, spec, inside, outside] of scoped) {
  test(`apiserver A118: a quota of the scope ${name} counts only its pods`, async (t) => {
    const { quota, pod } = await start(t);
    t.is(await quota({ hard: { pods: '0' }, ...spec }), 'made');
    t.regex(await pod('in', inside), /^exceeded quota: q/);
    t.is(await pod('out', outside), 'made');
  });
}

test('apiserver A118: objects are counted by count/… and by their old names', async (t) => {
  const { quota, make, used } = await start(t);
  await quota({
    hard: { configmaps: '1', 'count/configmaps': '5', 'count/deployments.apps': '0' },
  });
  t.is(await make(configMaps, { metadata: { name: 'a' } }), 'made');
  t.deepEqual(used(), { configmaps: '1', 'count/configmaps': '1', 'count/deployments.apps': '0' });
  t.regex(await make(configMaps, { metadata: { name: 'b' } }), /requested: configmaps=1/);
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'a', image: 'i' }] },
  };
  const spec = { selector: { matchLabels: { a: 'b' } }, template };
  t.regex(await make(deployments, { metadata: { name: 'd' }, spec }), /count\/deployments.apps=1/);
});

test('apiserver A118: node ports and balancers, also when a Service changes its type', async (t) => {
  const { quota, make, change } = await start(t);
  await quota({
    hard: { 'services.nodeports': '2', 'services.loadbalancers': '0', services: '9' },
  });
  const ports = [
    { name: 'a', port: 1 },
    { name: 'b', port: 2 },
  ];
  const spec = { type: 'NodePort', ports, clusterIP: '10.0.0.1' };
  t.is(await make(services, { metadata: { name: 'a' }, spec }), 'made');
  t.regex(
    await make(services, { metadata: { name: 'b' }, spec: { ...spec, ports: [ports[0]!] } }),
    /requested: services.nodeports=1, used: services.nodeports=2/,
  );
  t.regex(
    await make(services, { metadata: { name: 'b' }, spec: { ...spec, type: 'LoadBalancer' } }),
    /services.loadbalancers=1,services.nodeports=2/,
  );
  const plain = { ports, clusterIP: '10.0.0.2' };
  t.is(await make(services, { metadata: { name: 'c' }, spec: plain }), 'made');
  const turned = await change(services, 'c', (draft) => {
    draft.spec!.type = 'NodePort';
  });
  t.regex(turned, /exceeded quota: q, requested: services.nodeports=2/);
});

test('apiserver A118: storage in all, and of a class', async (t) => {
  const { quota, make, change } = await start(t);
  const gold = 'gold.storageclass.storage.k8s.io';
  await quota({
    hard: {
      'requests.storage': '10Gi',
      [`${gold}/requests.storage`]: '5Gi',
      [`${gold}/persistentvolumeclaims`]: '1',
    },
  });
  const claim = (name: string, storage: string, storageClassName: string) =>
    make(persistentVolumeClaims, {
      metadata: { name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName,
        resources: { requests: { storage } },
      },
    });
  t.is(await claim('a', '4Gi', 'gold'), 'made');
  t.regex(
    await claim('b', '1Gi', 'gold'),
    /gold.storageclass.storage.k8s.io\/persistentvolumeclaims=1/,
  );
  t.is(await claim('b', '6Gi', 'iron'), 'made');
  t.regex(
    await claim('c', '1Gi', 'iron'),
    /requested: requests.storage=1Gi, used: requests.storage=10Gi/,
  );
  const grown = await change(persistentVolumeClaims, 'a', (draft) => {
    draft.spec!.resources = { requests: { storage: '6Gi' } };
  });
  t.regex(grown, /exceeded quota|is invalid/);
});

test('apiserver A118: of several quotas each must have room', async (t) => {
  const { quota, pod, used } = await start(t);
  await quota({ hard: { pods: '5' } }, 'wide');
  await quota({ hard: { pods: '1' } }, 'narrow');
  await pod('a');
  t.deepEqual([used('wide'), used('narrow')], [{ pods: '1' }, { pods: '1' }]);
  t.regex(await pod('b'), /^exceeded quota: narrow/);
  t.deepEqual(used('wide'), { pods: '1' });
});

test('apiserver A118: a quota that comes later counts what is there', async (t) => {
  const { quota, pod, used, change } = await start(t);
  await pod('a');
  await pod('b');
  await quota({ hard: { pods: '3' } });
  t.is(await pod('c'), 'made');
  t.deepEqual(used(), { pods: '3' });
  t.regex(await pod('d'), /exceeded/);
  await change(resourceQuotas, 'q', (draft) => {
    draft.spec!.hard = { pods: '4' };
  });
  t.is(await pod('d'), 'made');
});

test('apiserver A19: a dry run is checked, and leaves no trace in the status', async (t) => {
  const { quota, pod, used } = await start(t);
  await quota({ hard: { pods: '1' } });
  t.is(await pod('a', {}, true), 'made');
  t.is(used(), undefined);
  await pod('a');
  t.regex(await pod('b', {}, true), /^exceeded quota/);
});

test('apiserver A118: of many at once exactly as many are let in as there is room', async (t) => {
  const { quota, pod, used } = await start(t);
  await quota({ hard: { pods: '7' } });
  const names = Array.from({ length: 30 }, (_, index) => `p${index}`);
  const said = await Promise.all(names.map((name) => pod(name)));
  t.is(said.filter((each) => each === 'made').length, 7);
  t.true(said.every((each) => each === 'made' || each.startsWith('exceeded quota')));
  t.deepEqual(used(), { pods: '7' });
});

test('apiserver A118: on several servers, too', async (t) => {
  const store = createSlowStore();
  const servers = [await startServer(t, store), await startServer(t, store)];
  await servers[0]!.quota({ hard: { pods: '5' } });
  await servers[1]!.registry.fresh();
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const said = await Promise.all(names.map((name, index) => servers[index % 2]!.pod(name)));
  t.is(said.filter((each) => each === 'made').length, 5);
  await servers[0]!.registry.fresh();
  t.is(servers[0]!.registry.list(pods, 'default').length, 5);
  t.deepEqual(servers[0]!.used(), { pods: '5' });
});

test('apiserver A118: what is limited by configuration needs a quota', async (t) => {
  const { quota, pod } = await start(t, {
    limitedResources: [
      {
        resource: 'pods',
        matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
      },
    ],
  });
  t.is(await pod('a'), 'made');
  t.is(
    await pod('b', { priorityClassName: 'high' }),
    'insufficient quota to match these scopes: [{PriorityClass In [high]}]',
  );
  const matchExpressions = [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }];
  await quota({ hard: { pods: '1' }, scopeSelector: { matchExpressions } });
  t.is(await pod('b', { priorityClassName: 'high' }), 'made');
});
