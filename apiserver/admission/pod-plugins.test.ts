/** The small plugins for pods and nodes that have no state. */
import test from 'ava';
import type { Resource } from '../../api/resource.ts';
import { namespaces } from '../../api/resources/namespace.ts';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import type { Container, PodSpec, Toleration } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../request.ts';
import { alwaysAdmit, alwaysDeny } from './always.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { createFakeReader } from './fake-reader.ts';
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts';
import { createNamespaceAutoProvision } from './namespace-auto-provision.ts';
import { createNamespaceExists } from './namespace-exists.ts';
import { createPodNodeSelector } from './pod-node-selector.ts';
import { createPodResizeValidator } from './pod-resize-validator.ts';
import { createPodTolerationRestriction } from './pod-toleration-restriction.ts';
import { createPodTopologyLabels } from './pod-topology-labels.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import { admissionRequest, podWith, verdict } from './testing.ts';

const start = '403 pods "web" is forbidden:';
const ask = (plugin: AdmissionPlugin, request: AdmissionRequest) => verdict([plugin], request);
const newPod = (spec: Partial<PodSpec> = {}) => admissionRequest(pods, { object: podWith(spec) });
const specOf = (request: AdmissionRequest) => (request.object as { spec: PodSpec }).spec;

test('AlwaysAdmit lets all, AlwaysDeny nothing', async (t) => {
  t.is(await ask(alwaysAdmit, newPod()), 'admitted');
  t.is(await ask(alwaysDeny, newPod()), `${start} admission control is denying all modifications`);
});

test('AlwaysPullImages has every image pulled, wherever it comes in', async (t) => {
  const image = 'img';
  const ephemeralContainers = [{ name: 'e', image }];
  const request = newPod({
    containers: [{ name: 'a', image, imagePullPolicy: 'Never' }],
    initContainers: [{ name: 'b', image }],
    volumes: [{ name: 'v', image: { reference: 'data' } }],
  });
  t.is(await ask(alwaysPullImages, request), 'admitted');
  const { containers, initContainers, volumes } = specOf(request);
  const all = [containers[0]!, initContainers![0]!].map((each) => each.imagePullPolicy);
  t.deepEqual([...all, volumes![0]!.image!.pullPolicy], ['Always', 'Always', 'Always']);

  const old = podWith({ containers: [{ name: 'a', image: 'other' }] });
  const object = podWith({ containers: [{ name: 'a', image: 'other' }], ephemeralContainers });
  const parts = { object, old, subresource: 'ephemeralcontainers' };
  await ask(alwaysPullImages, admissionRequest(pods, parts));
  t.is(object.spec!.ephemeralContainers![0]!.imagePullPolicy, 'Always');
});

test('LimitPodHardAntiAffinityTopology keeps pods from clearing whole zones', async (t) => {
  const away = (topologyKey: string) =>
    newPod({
      affinity: {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] },
      },
    });
  t.is(await ask(limitPodHardAntiAffinityTopology, away('kubernetes.io/hostname')), 'admitted');
  t.is(
    await ask(limitPodHardAntiAffinityTopology, away('topology.kubernetes.io/zone')),
    `${start} affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ` +
      'topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed',
  );
});

test('TaintNodesByCondition: a new node is not ready, an old one is left alone', async (t) => {
  const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const node = () => ({ metadata: { name: 'one' }, spec: {} });
  const taintsAfter = async (object: ReturnType<typeof node>, old?: object) => {
    await ask(taintNodesByCondition, admissionRequest(nodes, { object, old }));
    return (object.spec as { taints?: object[] }).taints;
  };
  const one = node();
  t.deepEqual(await taintsAfter(one), [notReady]);
  t.deepEqual(await taintsAfter(one), [notReady]);
  t.is(await taintsAfter(node(), node()), undefined);
});

test('ExtendedResourceToleration tolerates the devices that a pod asks for', async (t) => {
  const using = (...names: string[]): Container => ({
    name: 'a',
    resources: { requests: Object.fromEntries(names.map((name) => [name, '1'])) },
  });
  const request = newPod({ containers: [using('example.com/gpu', 'cpu', 'example.com/a')] });
  await ask(extendedResourceToleration, request);
  const want = ['example.com/a', 'example.com/gpu'].map((key) => ({ key, operator: 'Exists' }));
  t.deepEqual(specOf(request).tolerations, want);
  await ask(extendedResourceToleration, request);
  t.deepEqual(specOf(request).tolerations, want);
});

test('NamespaceExists and NamespaceAutoProvision', async (t) => {
  const reader = createFakeReader();
  const exists = createNamespaceExists({ reader });
  t.is(await ask(exists, newPod()), '404 namespaces "default" not found');
  const makeObject = async (resource: { readonly plural: string }, object: object) => {
    reader.put(resource, object);
    return true;
  };
  const provision = createNamespaceAutoProvision({ reader, makeObject });
  const dry = admissionRequest(pods, { object: podWith(), dryRun: true });
  t.is(await verdict([provision, exists], dry), '404 namespaces "default" not found');
  t.is(await verdict([provision, exists], newPod()), 'admitted');
});

test('PodTopologyLabels: a bound pod says where it is', async (t) => {
  const reader = createFakeReader();
  const labels = { 'topology.kubernetes.io/zone': 'z', 'kubernetes.io/hostname': 'one' };
  reader.put(nodes, { metadata: { name: 'one', labels } });
  const plugin = createPodTopologyLabels({ reader });
  const binding = { metadata: { name: 'web' }, target: { kind: 'Node', name: 'one' } };
  const bound = admissionRequest(pods, { object: binding, subresource: 'binding' });
  const requests = [bound, newPod({ nodeName: 'one' }), newPod({ nodeName: 'gone' }), newPod()];
  for (const request of requests) await ask(plugin, request);
  const zone = { 'topology.kubernetes.io/zone': 'z' };
  t.deepEqual(
    requests.map(({ object }) => object!.metadata!.labels),
    [zone, zone, undefined, undefined],
  );
});

const node = { metadata: { name: 'one', labels: { 'kubernetes.io/os': 'linux' } } };
const allocatable = { cpu: '2', memory: '1Gi' };
const resized = (requests: Record<string, string>, nodeName = 'one') =>
  podWith({ nodeName, containers: [{ name: 'a', resources: { requests } }] });
const resizes: [string, ReturnType<typeof podWith>, string][] = [
  ['within the node', resized({ cpu: '2', memory: '1Gi' }), 'admitted'],
  [
    'beyond the node',
    resized({ cpu: '3', memory: '2Gi' }),
    `${start} Node didn't have enough allocatable resources: cpu, requested: 3000, ` +
      'allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824',
  ],
  ['on a node that is gone', resized({ cpu: '1' }, 'gone'), `${start} node "gone" not found`],
  [
    'on Windows',
    resized({ cpu: '1' }, 'win'),
    `${start} pod resize is only supported on linux nodes, node "win" is "windows"`,
  ],
];
for (const [name, object, want] of resizes) {
  test(`PodResizeValidator: a resize ${name}`, async (t) => {
    const reader = createFakeReader();
    reader.put(nodes, { ...node, status: { allocatable } } as never);
    const labels = { 'kubernetes.io/os': 'windows' };
    reader.put(nodes, { metadata: { name: 'win', labels }, status: { allocatable } } as never);
    const plugin = createPodResizeValidator({ reader });
    const old = podWith({ nodeName: object.spec!.nodeName! });
    const request = admissionRequest(pods, { object, old, subresource: 'resize' });
    t.is(await ask(plugin, request), want);
  });
}

function inNamespace<T>(
  create: (options: {
    reader: ReturnType<typeof createFakeReader>;
    configs: ReadonlyMap<string, unknown>;
  }) => T,
  annotations: Record<string, string>,
  configs = new Map<string, unknown>(),
): T {
  const reader = createFakeReader();
  reader.put(namespaces as Resource, { metadata: { name: 'default', annotations } });
  return create({ reader, configs });
}

const selectorKey = 'scheduler.alpha.kubernetes.io/node-selector';

test('PodNodeSelector adds what the namespace says, else the cluster', async (t) => {
  const plugin = inNamespace(createPodNodeSelector, { [selectorKey]: 'env=test, disk=ssd' });
  const request = newPod({ nodeSelector: { disk: 'ssd', own: 'x' } });
  t.is(await ask(plugin, request), 'admitted');
  t.deepEqual(specOf(request).nodeSelector, { disk: 'ssd', own: 'x', env: 'test' });
  const configs = new Map([
    [
      'PodNodeSelector',
      { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'a=b', default: 'a=b,c=d' } },
    ],
  ]);
  const cluster = inNamespace(createPodNodeSelector, {}, configs);
  const bare = newPod();
  await ask(cluster, bare);
  t.deepEqual(specOf(bare).nodeSelector, { a: 'b' });
  t.is(
    await ask(cluster, newPod({ nodeSelector: { e: 'f' } })),
    `${start} pod node label selector labels conflict with its namespace whitelist`,
  );
  t.is(
    await ask(plugin, newPod({ nodeSelector: { env: 'live' } })),
    `${start} pod node label selector conflicts with its namespace node label selector`,
  );
});

const tolerationsOf = (kind: string, list: Toleration[]) => ({
  [`scheduler.alpha.kubernetes.io/${kind}`]: JSON.stringify(list),
});

test('PodTolerationRestriction adds defaults, and keeps to what is allowed', async (t) => {
  const gpu = { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' };
  const plugin = inNamespace(createPodTolerationRestriction, {
    ...tolerationsOf('defaultTolerations', [gpu]),
    ...tolerationsOf('tolerationsWhitelist', [gpu, { key: 'ok', operator: 'Exists' }]),
  });
  const request = newPod({ tolerations: [{ key: 'ok', value: '1' }] });
  t.is(await ask(plugin, request), 'admitted');
  t.deepEqual(specOf(request).tolerations, [gpu, { key: 'ok', value: '1' }]);
  t.is(
    await ask(plugin, newPod({ tolerations: [{ operator: 'Exists' }] })),
    `${start} pod tolerations (possibly merged with namespace default tolerations) conflict ` +
      'with its namespace whitelist',
  );
});
