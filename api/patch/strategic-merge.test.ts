import test from 'ava';
import { typeNamed } from '../schema.ts';
import { applyPatch } from './patch.ts';

interface Case {
  name: string;
  type: [file: string, name: string];
  current: unknown;
  patch: unknown;
  want: unknown;
}

const container = (name: string, image = 'i') => ({ name, image });

const cases: Case[] = [
  {
    name: 'merges containers by name, and adds new ones at the end',
    type: ['core-v1', 'PodSpec'],
    current: { containers: [container('a'), container('b')] },
    patch: {
      containers: [
        { name: 'c', image: 'x' },
        { name: 'a', image: 'y' },
      ],
    },
    want: { containers: [container('a', 'y'), container('b'), container('c', 'x')] },
  },
  {
    name: 'deletes an item that says so',
    type: ['core-v1', 'PodSpec'],
    current: { containers: [container('a'), container('b')] },
    patch: { containers: [{ name: 'a', $patch: 'delete' }] },
    want: { containers: [container('b')] },
  },
  {
    name: 'replaces a whole list that says so',
    type: ['core-v1', 'PodSpec'],
    current: { containers: [container('a'), container('b')] },
    patch: { containers: [{ $patch: 'replace' }, container('c')] },
    want: { containers: [container('c')] },
  },
  {
    name: 'leaves no directive behind in what is new',
    type: ['core-v1', 'PodSpec'],
    current: {},
    patch: { containers: [{ name: 'a', $patch: 'delete' }, container('b')] },
    want: { containers: [container('b')] },
  },
  {
    name: 'puts named items in order, the server’s own where they stood',
    type: ['core-v1', 'PodSpec'],
    current: { containers: [container('s1'), container('a'), container('s2'), container('b')] },
    patch: {
      $setElementOrder_unused: null,
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }, { name: 'n' }],
      containers: [container('n')],
    },
    want: {
      containers: [
        container('s1'),
        container('s2'),
        container('b'),
        container('a'),
        container('n'),
      ],
    },
  },
  {
    name: 'merges lists of primitives where the schema says so',
    type: ['meta-v1', 'ObjectMeta'],
    current: { finalizers: ['a', 'b'] },
    patch: { finalizers: ['c', 'a'] },
    want: { finalizers: ['a', 'b', 'c'] },
  },
  {
    name: 'deletes from a list of primitives',
    type: ['meta-v1', 'ObjectMeta'],
    current: { finalizers: ['a', 'b', 'c'] },
    patch: {
      '$deleteFromPrimitiveList/finalizers': ['b'],
      '$setElementOrder/finalizers': ['c', 'a'],
    },
    want: { finalizers: ['c', 'a'] },
  },
  {
    name: 'replaces atomic lists',
    type: ['core-v1', 'Container'],
    current: { args: ['a', 'b'] },
    patch: { args: ['c'] },
    want: { args: ['c'] },
  },
  {
    name: 'keeps of a union only the fields that stay',
    type: ['apps-v1', 'DeploymentSpec'],
    current: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    patch: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    want: { strategy: { type: 'Recreate' } },
  },
  {
    name: 'switches a volume to another source',
    type: ['core-v1', 'PodSpec'],
    current: { volumes: [{ name: 'v', emptyDir: {} }] },
    patch: {
      volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'v', hostPath: { path: '/x' } }],
    },
    want: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
  },
  {
    name: 'replaces a map that says so',
    type: ['meta-v1', 'ObjectMeta'],
    current: { labels: { a: '1', b: '2' } },
    patch: { labels: { $patch: 'replace', c: '3' } },
    want: { labels: { c: '3' } },
  },
  {
    name: 'removes what is null',
    type: ['meta-v1', 'ObjectMeta'],
    current: { labels: { a: '1', b: '2' }, name: 'x' },
    patch: { labels: { a: null, z: null }, name: null },
    want: { labels: { b: '2' } },
  },
];
for (const { name, type, current, patch, want } of cases) {
  test(`a strategic merge patch ${name}`, (t) => {
    const before = structuredClone(current);
    t.deepEqual(
      applyPatch('strategic', patch, current as object, typeNamed(...type)),
      want as object,
    );
    t.deepEqual(current, before);
  });
}

test('a strategic merge patch is refused without the key of an item', (t) => {
  const patch = { containers: [{ image: 'x' }] };
  const error = t.throws(() => applyPatch('strategic', patch, {}, typeNamed('core-v1', 'PodSpec')));
  t.like(error, { reason: 'BadRequest' });
});

test('a patch that nests without end is refused', (t) => {
  const deep = JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`);
  for (const kind of ['merge', 'strategic'] as const) {
    t.like(
      t.throws(() => applyPatch(kind, deep, {}, undefined)),
      { reason: 'BadRequest' },
    );
  }
});
