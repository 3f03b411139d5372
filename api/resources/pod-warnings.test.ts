import test from 'ava';
import { nameWarnings, podWarnings, templateWarnings } from './pod-warnings.ts';

const containers = [{ name: 'a', image: 'a' }];
const noPod = 'a null labelSelector results in matching no pod';

const cases: {
  name: string;
  metadata?: { annotations: Record<string, string> };
  spec?: Partial<Parameters<typeof podWarnings>[0]['spec']>;
  want: string[];
}[] = [
  { name: 'nothing strange', want: [] },
  {
    name: 'an annotation that has a field now',
    metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'x' } },
    want: [
      'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: ' +
        'deprecated since v1.30; use the "appArmorProfile" field instead',
    ],
  },
  {
    name: 'a label that nodes had before',
    spec: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
    want: [
      'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
  },
  {
    name: 'terms that select nothing',
    spec: {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a' }],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    },
    want: [
      `spec.template.spec.topologySpreadConstraints[0].labelSelector: ${noPod}`,
      `spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: ${noPod}`,
    ],
  },
  {
    name: 'a volume that is no more',
    spec: { volumes: [{ name: 'a', gitRepo: { repository: 'a' } }] },
    want: [
      'spec.template.spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
    ],
  },
  {
    name: 'secrets given twice, and a grace below nothing',
    spec: { imagePullSecrets: [{ name: 'a' }, { name: 'a' }], terminationGracePeriodSeconds: -1 },
    want: [
      'spec.template.spec.imagePullSecrets[1].name: duplicate name "a"',
      'spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
    ],
  },
  {
    name: 'variables and ports given twice',
    spec: {
      containers: [
        {
          name: 'a',
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
            { name: 'B', value: '1' },
            { name: 'B', value: '$(B):2' },
          ],
          ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }],
          resources: { requests: { memory: '100m', cpu: '100m' } },
        },
      ],
    },
    want: [
      'spec.template.spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
      'spec.template.spec.containers[0].ports[1]: duplicate port definition with spec.template.spec.containers[0].ports[0]',
    ],
  },
];

for (const { name, metadata, spec, want } of cases) {
  test(`a template with ${name}`, (t) => {
    const template = { metadata, spec: { containers, ...spec } };
    t.deepEqual(podWarnings(template, 'spec.template'), want);
  });
}

test('of a template that stays, nothing is said again', (t) => {
  const template = { spec: { containers, terminationGracePeriodSeconds: -1 } };
  t.is(templateWarnings(template, undefined).length, 1);
  t.deepEqual(templateWarnings(template, structuredClone(template)), []);
});

test('a pod is a path of its own', (t) => {
  t.deepEqual(podWarnings({ spec: { containers, terminationGracePeriodSeconds: -1 } }, ''), [
    'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
  ]);
});

test('names that no host can have are warned of', (t) => {
  t.deepEqual(nameWarnings({ name: 'a' }), []);
  t.deepEqual(nameWarnings({ name: 'a.b' }), [
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising ' +
      'behavior; a DNS label is recommended: [must not contain dots]',
  ]);
});
