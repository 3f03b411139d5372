/** Cells as `kubectl get` shows them. */
import test from 'ava';
import type { KubeObject, Resource } from '../resource.ts';
import { deployments, endpointSlices, events, nodes, pods, services } from '../resources.ts';
import type { ContainerStatus, Pod } from '../types/core-v1.generated.ts';

const now = Date.parse('2026-01-01T01:00:00Z');

const row = <T extends KubeObject>(resource: Resource<T>, object: T): string =>
  resource.columns.map(({ cell }) => cell(object, now)).join(' | ');

const metadata = { name: 'web', creationTimestamp: '2026-01-01T00:00:00Z' };
const status = (state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}) =>
  ({
    name: 'a',
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
    state,
    ...more,
  }) as ContainerStatus;
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const ended = (exitCode: number, reason?: string) => ({ terminated: { exitCode, reason } });

const podCases: { name: string; pod: Pod; want: string }[] = [
  {
    name: 'one that runs',
    pod: {
      spec: { containers: [{ name: 'a' }], nodeName: 'n1' },
      status: {
        phase: 'Running',
        podIPs: [{ ip: '10.42.0.2' }],
        containerStatuses: [status(running, { ready: true })],
      },
    },
    want: 'web | 1/1 | Running | 0 | 60m | 10.42.0.2 | n1 | <none> | <none>',
  },
  {
    name: 'one that crashes, with the age of the last restart',
    pod: {
      spec: { containers: [{ name: 'a' }] },
      status: {
        phase: 'Running',
        containerStatuses: [
          status(
            { waiting: { reason: 'CrashLoopBackOff' } },
            {
              restartCount: 3,
              lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:58:00Z' } },
            },
          ),
        ],
      },
    },
    want: 'web | 0/1 | CrashLoopBackOff | 3 (2m ago) | 60m | <none> | <none> | <none> | <none>',
  },
  {
    name: 'one whose second init container failed',
    pod: {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [status(ended(0), { name: 'i' }), status(ended(2), { name: 'j' })],
      },
    },
    want: 'web | 0/1 | Init:ExitCode:2 | 0 | 60m | <none> | <none> | <none> | <none>',
  },
  {
    name: 'one that waits for its first init container',
    pod: {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] },
      status: { phase: 'Pending', initContainerStatuses: [status(running, { name: 'i' })] },
    },
    want: 'web | 0/1 | Init:0/2 | 0 | 60m | <none> | <none> | <none> | <none>',
  },
  {
    name: 'one with a sidecar that is ready',
    pod: {
      spec: {
        containers: [{ name: 'a' }],
        initContainers: [{ name: 's', restartPolicy: 'Always' }],
      },
      status: {
        phase: 'Running',
        initContainerStatuses: [status(running, { name: 's', started: true, ready: true })],
        containerStatuses: [status(running, { ready: true })],
      },
    },
    want: 'web | 2/2 | Running | 0 | 60m | <none> | <none> | <none> | <none>',
  },
  {
    name: 'one of whose containers one is done and one still runs',
    pod: {
      spec: { containers: [{ name: 'a' }, { name: 'b' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          status(ended(0, 'Completed')),
          status(running, { name: 'b', ready: true }),
        ],
      },
    },
    want: 'web | 1/2 | NotReady | 0 | 60m | <none> | <none> | <none> | <none>',
  },
  {
    name: 'one that was killed by a signal',
    pod: {
      spec: { containers: [{ name: 'a' }], readinessGates: [{ conditionType: 'x' }] },
      status: {
        phase: 'Failed',
        containerStatuses: [status({ terminated: { exitCode: 137, signal: 9 } })],
      },
    },
    want: 'web | 0/1 | Signal:9 | 0 | 60m | <none> | <none> | <none> | 0/1',
  },
  {
    name: 'one that waits at a gate',
    pod: {
      spec: { containers: [{ name: 'a' }] },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      },
    },
    want: 'web | 0/1 | SchedulingGated | 0 | 60m | <none> | <none> | <none> | <none>',
  },
];
for (const { name, pod, want } of podCases) {
  test(`the pod columns show ${name}`, (t) => t.is(row(pods, { metadata, ...pod }), want));
}

test('the pod columns show Terminating until the pod is over', (t) => {
  const ending = { ...metadata, deletionTimestamp: '2026-01-01T01:00:00Z' };
  const spec = { containers: [{ name: 'a' }] };
  t.regex(row(pods, { metadata: ending, spec, status: { phase: 'Running' } }), /\| Terminating \|/);
  t.regex(row(pods, { metadata: ending, spec, status: { phase: 'Failed' } }), /\| Failed \|/);
  const lost = { phase: 'Running', reason: 'NodeLost' };
  t.regex(row(pods, { metadata: ending, spec, status: lost }), /\| Unknown \|/);
});

test('the node columns', (t) => {
  const labels = {
    'node-role.kubernetes.io/worker': '',
    'node-role.kubernetes.io/control-plane': '',
  };
  const node = {
    metadata: { ...metadata, labels },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
    },
  };
  t.is(
    row(nodes, node),
    'web | Ready,SchedulingDisabled | control-plane,worker | 60m |  | 10.0.0.1 | <none> | ' +
      '<unknown> | <unknown> | <unknown>',
  );
});

test('the service columns', (t) => {
  const ports = [
    { port: 80, protocol: 'TCP', nodePort: 30_080 },
    { port: 53, protocol: 'UDP' },
  ];
  const spec = {
    type: 'LoadBalancer',
    clusterIP: '10.43.0.9',
    ports,
    selector: { b: '2', a: '1' },
  };
  t.is(
    row(services, { metadata, spec }),
    'web | LoadBalancer | 10.43.0.9 | <pending> | 80:30080/TCP,53/UDP | 60m | a=1,b=2',
  );
});

test('the deployment columns', (t) => {
  const selector = { matchLabels: { app: 'web' } };
  const template = {
    spec: {
      containers: [
        { name: 'a', image: 'x:1' },
        { name: 'b', image: 'y' },
      ],
    },
  };
  t.is(
    row(deployments, {
      metadata,
      spec: { replicas: 3, selector, template },
      status: { readyReplicas: 1 },
    }),
    'web | 1/3 | 0 | 0 | 60m | a,b | x:1,y | app=web',
  );
});

test('the columns of slices list three and count the rest', (t) => {
  const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
  const slice = {
    metadata,
    addressType: 'IPv4',
    endpoints: [{ addresses }],
    ports: [{ port: 80 }],
  };
  t.is(
    row(endpointSlices, slice),
    'web | IPv4 | 80 | 10.0.0.1,10.0.0.2,10.0.0.3 + 2 more... | 60m',
  );
});

test('the event columns prefer what was seen last', (t) => {
  const event = {
    metadata,
    involvedObject: { kind: 'Pod', name: 'web' },
    type: 'Warning',
    reason: 'BackOff',
    message: ' again\n',
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:59:00Z',
    count: 4,
    source: { component: 'agent', host: 'n1' },
  };
  t.is(
    row(events, event),
    '60s | Warning | BackOff | pod/web |  | agent, n1 | again | 60m | 4 | web',
  );
});
