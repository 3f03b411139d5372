import test from 'ava';
import type { Container, Pod, PodSpec } from '../types/core-v1.generated.ts';
import { validateResize } from './pod-resize.ts';

const pod = (resources: Container['resources'], more: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'a', image: 'x', ...(resources && { resources }) }], ...more },
});
const small = { requests: { cpu: '1', memory: '1Gi' } };
const large = { requests: { cpu: '2', memory: '2Gi' } };
const init = (cpu: string, restartPolicy?: string): Partial<PodSpec> => ({
  initContainers: [
    {
      name: 'i',
      image: 'x',
      resources: { requests: { cpu } },
      ...(restartPolicy && { restartPolicy }),
    },
  ],
});

const cases: { name: string; now: Pod; old: Pod; want: string[] }[] = [
  { name: 'more CPU and memory', now: pod(large), old: pod(small), want: [] },
  {
    name: 'limits beside requests',
    now: pod({ ...small, limits: { cpu: '3' } }),
    old: pod(small),
    want: [],
  },
  {
    name: 'a request less',
    now: pod({ requests: { cpu: '1' } }),
    old: pod(small),
    want: ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
  },
  {
    name: 'a class of its own',
    now: pod({ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }),
    old: pod(small),
    want: [
      'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing',
    ],
  },
  {
    name: 'another resource',
    now: pod({ requests: { ...small.requests, 'ephemeral-storage': '1Gi' } }),
    old: pod(small),
    want: ['spec: Forbidden: only cpu and memory resources are mutable'],
  },
  {
    name: 'another image',
    now: { ...pod(small), spec: { containers: [{ name: 'a', image: 'y', resources: small }] } },
    old: pod(small),
    want: ['spec: Forbidden: only cpu and memory resources are mutable'],
  },
  {
    name: 'another field of the pod',
    now: pod(large, { hostNetwork: true }),
    old: pod(small),
    want: ['spec: Forbidden: only cpu and memory resources are mutable'],
  },
  {
    name: 'a sidecar',
    now: pod(small, init('2', 'Always')),
    old: pod(small, init('1', 'Always')),
    want: [],
  },
  {
    name: 'an init container that ends',
    now: pod(small, init('2')),
    old: pod(small, init('1')),
    want: ['spec: Forbidden: resources for non-sidecar init containers are immutable'],
  },
];
for (const { name, now, old, want } of cases) {
  test(`a resize with ${name}`, (t) => {
    const causes = validateResize(now, old);
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      want,
    );
  });
}

test('a resize is refused for static pods, Windows and nodes that cannot', (t) => {
  const only = (old: Pod) => validateResize(pod(large), old).map(({ message }) => message);
  const mirror = { 'kubernetes.io/config.mirror': 'x' };
  t.deepEqual(only({ ...pod(small), metadata: { name: 'web', annotations: mirror } }), [
    'Forbidden: static pods cannot be resized',
  ]);
  t.deepEqual(only(pod(small, { os: { name: 'windows' } })), [
    'Forbidden: windows pods cannot be resized',
  ]);
  const status = { name: 'a', ready: true, restartCount: 0, image: '', imageID: '' };
  const running = { ...status, state: { running: {} } };
  t.deepEqual(only({ ...pod(small), status: { containerStatuses: [running] } }), [
    'Forbidden: Pod running on node without support for resize',
  ]);
});
