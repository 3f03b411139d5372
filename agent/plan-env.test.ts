import test from 'ava';
import type { Container, EnvFromSource, EnvVar, Pod } from '../api/types/core-v1.generated.ts';
import { type EnvContext, expand, planEnv } from './plan-env.ts';

const pod: Pod = {
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', labels: { app: 'web' } },
  spec: { nodeName: 'n1', containers: [] },
};

function contextOf(container: Partial<Container>, more: Partial<EnvContext> = {}): EnvContext {
  return {
    pod,
    container: { name: 'main', ...container },
    podIps: ['10.42.0.7'],
    hostIps: ['192.0.2.1'],
    allocatable: { cpu: '2', memory: '1Gi' },
    services: [],
    configMaps: new Map([['cm', { data: { a: '1', 'b=c': 'no' } }]]),
    secrets: new Map([['s', { data: { pw: btoa('geheim') } }]]),
    ...more,
  };
}

const cases: { name: string; env?: EnvVar[]; envFrom?: EnvFromSource[]; want: string[] }[] = [
  {
    name: 'expands what came before, and only that',
    env: [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)-$(C)-$$(A)' },
      { name: 'C', value: 'c' },
    ],
    want: ['A=a', 'B=a-$(C)-$(A)', 'C=c'],
  },
  {
    name: 'reads fields of the pod',
    env: [
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'NONE', valueFrom: { fieldRef: { fieldPath: "metadata.labels['constructor']" } } },
    ],
    want: ['IP=10.42.0.7', 'APP=web', 'NONE='],
  },
  {
    name: "takes the node's amount where a limit is missing, in units of the divisor",
    env: [
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      {
        name: 'MB',
        valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
      },
      { name: 'REQ', valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } } },
    ],
    want: ['CPU=2', 'MB=1024', 'REQ=0'],
  },
  {
    name: 'takes whole objects with a prefix, and single keys, decoding secrets',
    envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }],
    env: [{ name: 'PW', valueFrom: { secretKeyRef: { name: 's', key: 'pw' } } }],
    want: ['P_a=1', 'PW=geheim'],
  },
  {
    name: 'leaves out what is optional and missing',
    envFrom: [{ configMapRef: { name: 'gone', optional: true } }],
    env: [
      {
        name: 'X',
        valueFrom: { configMapKeyRef: { name: 'cm', key: 'toString', optional: true } },
      },
    ],
    want: [],
  },
];

for (const { name, env, envFrom, want } of cases) {
  test(`planEnv ${name}`, (t) => {
    const container = { ...(env && { env }), ...(envFrom && { envFrom }) };
    t.deepEqual(
      [...planEnv(contextOf(container))].map((pair) => pair.join('=')),
      want,
    );
  });
}

const errors: { env?: EnvVar[]; envFrom?: EnvFromSource[]; message: string }[] = [
  {
    env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'gone', key: 'a' } } }],
    message: 'configmap "gone" not found',
  },
  {
    env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'no' } } }],
    message: "couldn't find key no in Secret shop/s",
  },
  { envFrom: [{ secretRef: { name: 'gone' } }], message: 'secret "gone" not found' },
];

for (const { message, ...container } of errors) {
  test(`planEnv says: ${message}`, (t) => {
    const error = t.throws(() => planEnv(contextOf(container)), { message });
    t.is((error as Error & { reason: string }).reason, 'CreateContainerConfigError');
  });
}

test('planEnv gives service variables as upstream does, and lets env override them', (t) => {
  const service = (name: string, namespace: string, clusterIP: string) => ({
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ name: 'http-web', port: 80 }] },
  });
  const services = [
    service('my-db', 'shop', '10.43.0.9'),
    service('kubernetes', 'default', '10.43.0.1'),
    service('other', 'default', '10.43.0.5'),
    service('headless', 'shop', 'None'),
  ];
  const env = planEnv(contextOf({ env: [{ name: 'MY_DB_PORT', value: 'x' }] }, { services }));
  const lines = [...env].map((pair) => pair.join('='));
  t.deepEqual(
    lines.filter((line) => line.startsWith('MY_DB')),
    [
      'MY_DB_SERVICE_HOST=10.43.0.9',
      'MY_DB_SERVICE_PORT=80',
      'MY_DB_SERVICE_PORT_HTTP_WEB=80',
      'MY_DB_PORT=x',
      'MY_DB_PORT_80_TCP=tcp://10.43.0.9:80',
      'MY_DB_PORT_80_TCP_PROTO=tcp',
      'MY_DB_PORT_80_TCP_PORT=80',
      'MY_DB_PORT_80_TCP_ADDR=10.43.0.9',
    ],
  );
  t.true(lines.includes('KUBERNETES_SERVICE_HOST=10.43.0.1'));
  t.false(lines.some((line) => /^(OTHER|HEADLESS)/.test(line)));
});

test('expand leaves alone what is no reference', (t) => {
  const text = 'a $ b $() $(x $x) $$$(A) $(A)';
  t.is(
    expand(text, (name) => (name === 'A' ? '1' : undefined)),
    'a $ b $() $(x $x) $1 1',
  );
});
