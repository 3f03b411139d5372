import test from 'ava';
import { limitRanges } from '../../api/resources/limit-range.ts';
import { persistentVolumeClaims } from '../../api/resources/persistent-volume-claim.ts';
import { pods } from '../../api/resources/pod.ts';
import type { Container, LimitRangeItem, PodSpec } from '../../api/types/core-v1.generated.ts';
import { createFakeReader } from './fake-reader.ts';
import { createLimitRanger } from './limit-ranger.ts';
import { admissionRequest, podWith, type RequestParts, verdict } from './testing.ts';

function setUp(...limits: LimitRangeItem[]) {
  const reader = createFakeReader();
  reader.put(limitRanges, {
    metadata: { name: 'l', namespace: 'default' },
    spec: { limits },
  } as never);
  const plugin = createLimitRanger({ reader });
  return {
    ask: (parts: RequestParts) => verdict([plugin], admissionRequest(pods, parts)),
    claim: (storage: string) => {
      const object = {
        metadata: { name: 'data', namespace: 'default' },
        spec: { resources: { requests: { storage } } },
      };
      return verdict([plugin], admissionRequest(persistentVolumeClaims, { object }));
    },
  };
}

const box = (name: string, requests?: object, limits?: object): Container => ({
  name,
  resources: { ...(requests && { requests }), ...(limits && { limits }) } as never,
});

test('apiserver A118: LimitRanger gives containers what they do not say themselves', async (t) => {
  const { ask } = setUp({
    type: 'Container',
    default: { cpu: '500m', memory: '512Mi' },
    defaultRequest: { cpu: '100m' },
  });
  const object = podWith({
    containers: [box('bare'), box('full', { cpu: '1' }, { cpu: '2', memory: '1Gi' })],
    initContainers: [box('init')],
  });
  t.is(await ask({ object }), 'admitted');
  t.deepEqual(
    object.spec!.containers.map(({ resources }) => resources),
    [
      { requests: { cpu: '100m' }, limits: { cpu: '500m', memory: '512Mi' } },
      { requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } },
    ],
  );
  t.is(
    object.metadata!.annotations!['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu request for container bare; cpu, memory limit for container bare; ' +
      'cpu request for init container init; cpu, memory limit for init container init',
  );
});

const refused: [string, LimitRangeItem, Partial<PodSpec>, string][] = [
  [
    'too little',
    { type: 'Container', min: { cpu: '200m' } },
    { containers: [box('a', { cpu: '100m' })] },
    'minimum cpu usage per Container is 200m, but request is 100m',
  ],
  [
    'no request where there is a minimum',
    { type: 'Container', min: { memory: '1Gi' } },
    {},
    'minimum memory usage per Container is 1Gi.  No request is specified',
  ],
  [
    'too much',
    { type: 'Container', max: { cpu: '800m' } },
    { containers: [box('a', { cpu: '500m' }, { cpu: '1500m' })] },
    'maximum cpu usage per Container is 800m, but limit is 1500m',
  ],
  [
    'no limit where there is a maximum',
    { type: 'Container', max: { cpu: '1' } },
    {},
    'maximum cpu usage per Container is 1.  No limit is specified',
  ],
  [
    'a request above the maximum',
    { type: 'Container', max: { cpu: '1' } },
    { containers: [box('a', { cpu: '2' }, { cpu: '1' })] },
    'maximum cpu usage per Container is 1, but request is 2',
  ],
  [
    'a ratio that is too large',
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    { containers: [box('a', { cpu: '1' }, { cpu: '3' })] },
    'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
  ],
  [
    'containers that are too much together',
    { type: 'Pod', max: { memory: '1Gi' } },
    { containers: ['a', 'b'].map((name) => box(name, {}, { memory: '600Mi' })) },
    'maximum memory usage per Pod is 1Gi, but limit is 1200Mi',
  ],
  [
    'several things at once',
    { type: 'Container', max: { cpu: '1', memory: '1Gi' } },
    { containers: [box('a', {}, { cpu: '2', memory: '2Gi' })] },
    '[maximum cpu usage per Container is 1, but limit is 2, ' +
      'maximum memory usage per Container is 1Gi, but limit is 2Gi]',
  ],
];
for (const [name, limit, spec, why] of refused) {
  test(`apiserver A118: LimitRanger refuses ${name}`, async (t) => {
    const { ask } = setUp(limit);
    t.is(await ask({ object: podWith(spec) }), `403 pods "web" is forbidden: ${why}`);
  });
}

test('an init container counts for a pod only where it is larger than the others', async (t) => {
  const { ask } = setUp({ type: 'Pod', max: { cpu: '2' } });
  const spec = (cpu: string) => ({
    containers: [box('a', {}, { cpu: '1' }), box('b', {}, { cpu: '1' })],
    initContainers: [box('init', {}, { cpu })],
  });
  t.is(await ask({ object: podWith(spec('2')) }), 'admitted');
  t.regex(await ask({ object: podWith(spec('3')) }), /but limit is 3$/);
});

test('a pod that is there may be written, and is checked again when it is resized', async (t) => {
  const { ask } = setUp({ type: 'Container', max: { cpu: '1' } });
  const object = podWith({ containers: [box('a', {}, { cpu: '2' })] });
  t.is(await ask({ object, old: object }), 'admitted');
  t.is(await ask({ object, old: object, subresource: 'status' }), 'admitted');
  t.regex(await ask({ object, old: object, subresource: 'resize' }), /^403 .*but limit is 2$/);
});

test('apiserver A118: claims have limits of their own', async (t) => {
  const { claim } = setUp({
    type: 'PersistentVolumeClaim',
    min: { storage: '1Gi' },
    max: { storage: '2Gi' },
  });
  t.is(await claim('2Gi'), 'admitted');
  const start = '403 persistentvolumeclaims "data" is forbidden:';
  t.is(
    await claim('3Gi'),
    `${start} maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi`,
  );
  t.is(
    await claim('100Mi'),
    `${start} minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 100Mi`,
  );
});
