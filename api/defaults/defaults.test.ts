import test from 'ava';
import type { KubeObject, Resource } from '../resource.ts';
import { deployments, nodes, pods, secrets, services } from '../resources.ts';

const defaulted = <T extends KubeObject>({ applyDefaults }: Resource<T>, object: unknown): T => {
  const draft = structuredClone(object) as T;
  applyDefaults?.(draft);
  const once = structuredClone(draft);
  applyDefaults?.(draft);
  if (JSON.stringify(once) !== JSON.stringify(draft)) throw new Error('defaults are not stable');
  return draft;
};

const pod = (spec: object) => ({ spec: { containers: [{ name: 'a', image: 'x' }], ...spec } });

test('a pod gets what upstream fills in', (t) => {
  t.deepEqual(defaulted(pods, pod({})).spec, {
    containers: [
      {
        name: 'a',
        image: 'x',
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        resources: {},
      },
    ],
    enableServiceLinks: true,
    serviceAccountName: 'default',
    serviceAccount: 'default',
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  });
});

const pullPolicies: [image: string, want: string][] = [
  ['web', 'Always'],
  ['web:latest', 'Always'],
  ['web:1.2', 'IfNotPresent'],
  ['registry:5000/web', 'Always'],
  ['registry:5000/web:1', 'IfNotPresent'],
  [`web@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
];
for (const [image, want] of pullPolicies) {
  test(`the image ${image} is pulled ${want}`, (t) => {
    const { spec } = defaulted(pods, pod({ containers: [{ name: 'a', image }] }));
    t.is(spec?.containers[0]?.imagePullPolicy, want);
  });
}

test('a limit without a request is also the request, in pods but not in templates', (t) => {
  const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } };
  const spec = { containers: [{ name: 'a', image: 'x', resources }] };
  t.deepEqual(defaulted(pods, { spec }).spec?.containers[0]?.resources?.requests, {
    cpu: '500m',
    memory: '1Gi',
  });
  const { template } = defaulted(deployments, { spec: { template: { spec } } }).spec!;
  t.deepEqual(template.spec?.containers[0]?.resources?.requests, { cpu: '500m' });
});

test('volumes and probes', (t) => {
  const probe = { httpGet: { port: 80 } };
  const spec = defaulted(
    pods,
    pod({
      containers: [{ name: 'a', image: 'x', readinessProbe: probe }],
      volumes: [{ name: 'e' }, { name: 's', secret: { secretName: 'x' } }],
    }),
  ).spec!;
  t.deepEqual(spec.volumes, [
    { name: 'e', emptyDir: {} },
    { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
  ]);
  t.like(spec.containers[0]?.readinessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
});

test('on the node’s network, ports are the node’s', (t) => {
  const containers = [{ name: 'a', image: 'x', ports: [{ containerPort: 80 }] }];
  const { spec } = defaulted(pods, pod({ containers, hostNetwork: true }));
  t.deepEqual(spec?.containers[0]?.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
});

test('a service gets a type, traffic policy and target ports', (t) => {
  t.deepEqual(defaulted(services, { spec: { ports: [{ port: 80 }] } }).spec, {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  });
});

test('a deployment rolls by quarters', (t) => {
  t.like(defaulted(deployments, { spec: { template: {} } }).spec, {
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
});

test('a secret’s text becomes data, whatever its keys are called', (t) => {
  const secret = JSON.parse('{"data":{"a":"eA=="},"stringData":{"__proto__":"é","a":"y"}}');
  const { data, stringData, type } = defaulted(secrets, secret);
  t.is(JSON.stringify(data), '{"a":"eQ==","__proto__":"w6k="}');
  t.is(stringData, undefined);
  t.is(type, 'Opaque');
});

test('a node can allocate all it has unless it says otherwise', (t) => {
  const node = defaulted(nodes, {
    spec: { podCIDR: '10.42.0.0/24' },
    status: { capacity: { cpu: '2' } },
  });
  t.deepEqual(node.status?.allocatable, { cpu: '2' });
  t.deepEqual(node.spec?.podCIDRs, ['10.42.0.0/24']);
});
