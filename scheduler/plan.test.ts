import test from 'ava';
import type { Node, Pod, PodSpec } from '../api/types/core-v1.generated.ts';
import { Cache } from './cache.ts';
import { toPodInfo } from './framework.ts';
import { planPlacement } from './plan.ts';
import { defaultProfile } from './profile.ts';

interface Case {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** Pods that are placed already: node name → specs. */
  readonly placed?: Readonly<Record<string, readonly Partial<PodSpec>[]>>;
  readonly pod: Partial<PodSpec>;
  /** A node's name, or the message. */
  readonly want: string;
}

const small = asking('500m', '512Mi');
const required = (...terms: object[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    },
  },
});
const zoneIs = (operator: string, ...values: string[]) => ({
  matchExpressions: [{ key: 'zone', operator, values }],
});
const maintenance = { key: 'maintenance', value: 'yes', effect: 'NoSchedule' };
const onPort80: Partial<PodSpec> = {
  containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }],
};

const cases: Case[] = [
  {
    name: 'says so when there are no nodes',
    nodes: [],
    pod: {},
    want: 'no nodes available to schedule pods',
  },
  { name: 'takes the only node', nodes: [node('a')], pod: small, want: 'a' },
  { name: 'takes the first by name of equals', nodes: [node('b'), node('a')], pod: {}, want: 'a' },
  {
    name: 'takes the node with most room',
    nodes: [node('a'), node('b')],
    placed: { a: [small] },
    pod: small,
    want: 'b',
  },
  {
    name: 'counts pods that ask for nothing as something',
    nodes: [node('a'), node('b')],
    placed: { a: [{}] },
    pod: {},
    want: 'b',
  },
  {
    name: 'names each resource that is short',
    nodes: [node('a')],
    pod: asking('3', '8Gi'),
    want: '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.',
  },
  {
    name: 'names a resource that the node does not have',
    nodes: [node('a')],
    pod: { containers: [{ name: 'c', resources: { requests: { 'nvidia.com/gpu': '1' } } }] },
    want: '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.',
  },
  {
    name: 'counts pods as a resource',
    nodes: [node('a', { pods: '1' })],
    placed: { a: [{}] },
    pod: {},
    want: '0/1 nodes are available: 1 Too many pods.',
  },
  {
    name: 'asks for an init container only what exceeds the others',
    nodes: [node('a')],
    pod: {
      ...small,
      initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }],
    },
    want: 'a',
  },
  {
    name: 'adds a sidecar to the others',
    nodes: [node('a')],
    pod: {
      ...small,
      initContainers: [
        { name: 'i', restartPolicy: 'Always', resources: { requests: { cpu: '1600m' } } },
      ],
    },
    want: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    name: 'leaves out a cordoned node',
    nodes: [{ ...node('a'), spec: { unschedulable: true } }, node('b')],
    placed: { b: [small] },
    pod: small,
    want: 'b',
  },
  {
    name: 'names the taint that is in the way',
    nodes: [{ ...node('a'), spec: { taints: [maintenance] } }],
    pod: {},
    want: '0/1 nodes are available: 1 node(s) had untolerated taint {maintenance: yes}.',
  },
  {
    name: 'lets a tolerating pod through',
    nodes: [{ ...node('a'), spec: { taints: [maintenance] } }],
    pod: { tolerations: [{ key: 'maintenance', operator: 'Exists' }] },
    want: 'a',
  },
  {
    name: 'avoids a soft taint when it can',
    nodes: [
      { ...node('a'), spec: { taints: [{ ...maintenance, effect: 'PreferNoSchedule' }] } },
      node('b'),
    ],
    placed: { b: [small] },
    pod: small,
    want: 'b',
  },
  {
    name: 'obeys nodeSelector',
    nodes: [node('a'), node('b', {}, { disk: 'ssd' })],
    pod: { nodeSelector: { disk: 'ssd' } },
    want: 'b',
  },
  {
    name: 'takes a term of required affinity that matches',
    nodes: [node('a', {}, { zone: '1' }), node('b', {}, { zone: '2' })],
    pod: required(zoneIs('In', '9'), zoneIs('NotIn', '1')),
    want: 'b',
  },
  {
    name: 'compares numbers in affinity',
    nodes: [node('a', {}, { zone: '1' }), node('b', {}, { zone: '20' })],
    pod: required(zoneIs('Gt', '3')),
    want: 'b',
  },
  {
    name: 'matches nothing by an empty term',
    nodes: [node('a')],
    pod: required({}),
    want: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    name: 'prefers by weight',
    nodes: [node('a', {}, { zone: '1' }), node('b', {}, { zone: '2' })],
    pod: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: zoneIs('In', '1') },
            { weight: 9, preference: zoneIs('In', '2') },
          ],
        },
      },
    },
    want: 'b',
  },
  {
    name: 'does not give a host port twice',
    nodes: [node('a')],
    placed: { a: [onPort80] },
    pod: onPort80,
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    name: 'sums up the reasons of all nodes, sorted',
    nodes: [
      { ...node('a'), spec: { unschedulable: true } },
      node('b', { cpu: '100m' }),
      node('c', { cpu: '100m' }),
    ],
    pod: small,
    want: '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.',
  },
];

for (const { name, nodes, placed = {}, pod, want } of cases) {
  test(`planPlacement ${name}`, (t) => {
    const cache = new Cache();
    for (const each of nodes) cache.setNode(each);
    for (const [nodeName, specs] of Object.entries(placed)) {
      specs.forEach((spec, i) => {
        cache.setPod(`default/${nodeName}-${i}`, podOf(`${nodeName}-${i}`, { ...spec, nodeName }));
      });
    }
    const placement = planPlacement(toPodInfo(podOf('new', pod)), cache.nodes(), defaultProfile);
    t.is(placement.kind === 'fits' ? placement.node : placement.message, want);
  });
}

test('a pod that ends, or is forgotten, gives back all that it took', (t) => {
  const cache = new Cache();
  cache.setNode(node('a'));
  const pod = podOf('x', { ...onPort80, nodeName: 'a' });
  cache.setPod('default/x', pod);
  cache.setPod('default/x', { ...pod, status: { phase: 'Succeeded' } });
  cache.assume(toPodInfo(podOf('y', small)), 'a');
  t.is(cache.nodes()[0]?.requested.get('cpu'), 500);
  cache.setPod('default/y', podOf('y', small)); // The watch is behind: the assumption stays.
  t.is(cache.nodes()[0]?.requested.get('cpu'), 500);
  cache.forget('default/y');
  const [info] = cache.nodes();
  t.deepEqual([info?.podCount, info?.requested.get('cpu'), info?.hostPorts.size], [0, 0, 0]);
});

function node(name: string, resources = {}, labels: Record<string, string> = {}): Node {
  const allocatable = { cpu: '2', memory: '4Gi', pods: '110', ...resources };
  return { metadata: { name, labels }, spec: {}, status: { allocatable } };
}

function podOf(name: string, spec: Partial<PodSpec>): Pod {
  return {
    metadata: { name, namespace: 'default', uid: name },
    spec: { containers: [{ name: 'c' }], ...spec },
  };
}

function asking(cpu: string, memory: string): Partial<PodSpec> {
  return { containers: [{ name: 'c', resources: { requests: { cpu, memory } } }] };
}
