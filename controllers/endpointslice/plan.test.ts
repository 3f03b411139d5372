import test from 'ava';
import type { Pod, Service } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { planEndpoints } from '../endpoints/plan.ts';
import { planSlices } from './plan.ts';

const service = (spec: Service['spec'] = {}): Service => ({
  metadata: { name: 'web', namespace: 'default', uid: 's', labels: { team: 'x' } },
  spec: {
    selector: { app: 'web' },
    ports: [{ name: 'main', port: 80, targetPort: 'http' }],
    ...spec,
  },
});

function pod(ip: string, state: 'ready' | 'starting' | 'ending' = 'ready', port = 8080): Pod {
  return {
    metadata: {
      name: ip,
      namespace: 'default',
      uid: ip,
      ...(state === 'ending' && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: {
      nodeName: 'n',
      containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }],
    },
    status: {
      podIP: ip,
      conditions: [{ type: 'Ready', status: state === 'starting' ? 'False' : 'True' }],
    },
  };
}

/** `name 8080 : 10.0.0.1=rs 10.0.0.2=s` r, s, t: ready, serving, terminating. */
function format({ metadata, ports = [], endpoints = [] }: EndpointSlice): string {
  const list = endpoints.map(({ addresses, conditions = {} }) => {
    const { ready, serving, terminating } = conditions;
    const letters = [ready && 'r', serving && 's', terminating && 't'].filter(Boolean).join('');
    return `${addresses[0]}=${letters}`;
  });
  const numbers = ports.map(({ port }) => port).join('+');
  return `${metadata?.name ?? 'new'} ${numbers} : ${list.join(' ')}`;
}

function plan(of: Service, pods: Pod[], slices: EndpointSlice[] = []) {
  const changes = planSlices({ service: of, pods, slices, zones: new Map([['n', 'z1']]) });
  return [
    ...changes.create.map((slice) => `create ${format(slice)}`),
    ...changes.update.map((slice) => `update ${format(slice)}`),
    ...changes.delete.map((slice) => `delete ${slice.metadata?.name}`),
  ];
}

/** As they come back from the server after a first plan. */
function made(of: Service, pods: Pod[]): EndpointSlice[] {
  const { create } = planSlices({ service: of, pods, slices: [], zones: new Map([['n', 'z1']]) });
  return create.map((slice, i) => ({ ...slice, metadata: { ...slice.metadata, name: `s${i}` } }));
}

const cases: { name: string; of?: Service; had?: Pod[]; pods: Pod[]; want: string[] }[] = [
  {
    name: 'says of each endpoint whether it is ready, serves, or ends',
    pods: [pod('10.0.0.1'), pod('10.0.0.2', 'starting'), pod('10.0.0.3', 'ending')],
    want: ['create new 8080 : 10.0.0.1=rs 10.0.0.2= 10.0.0.3=st'],
  },
  {
    name: 'calls all ready for a Service that wants them in any state',
    of: service({ ...service().spec, publishNotReadyAddresses: true }),
    pods: [pod('10.0.0.2', 'starting')],
    want: ['create new 8080 : 10.0.0.2=r'],
  },
  {
    name: 'gives pods with other port numbers a slice of their own',
    pods: [pod('10.0.0.1'), pod('10.0.0.2', 'ready', 9090)],
    want: ['create new 8080 : 10.0.0.1=rs', 'create new 9090 : 10.0.0.2=rs'],
  },
  { name: 'shows by an empty slice that it looked', pods: [], want: ['create new  : '] },
  {
    name: 'writes nothing when nothing changed',
    had: [pod('10.0.0.1')],
    pods: [pod('10.0.0.1')],
    want: [],
  },
  {
    name: 'puts a new pod into the slice that has room',
    had: [pod('10.0.0.1')],
    pods: [pod('10.0.0.1'), pod('10.0.0.2')],
    want: ['update s0 8080 : 10.0.0.1=rs 10.0.0.2=rs'],
  },
  {
    name: 'leaves out pods without an address and pods that are over',
    pods: [
      { ...pod('10.0.0.1'), status: { phase: 'Succeeded', podIP: '10.0.0.1' } },
      { ...pod('10.0.0.2'), status: {} },
      pod('10.0.0.3'),
    ],
    want: ['create new 8080 : 10.0.0.3=rs'],
  },
];

for (const { name, of = service(), had, pods, want } of cases) {
  test(`planSlices ${name}`, (t) => {
    t.deepEqual(plan(of, pods, had && made(of, had)), want);
  });
}

test('planSlices keeps a hundred a slice, and writes one slice for one change of a thousand', (t) => {
  const pods = Array.from({ length: 1000 }, (_, i) => pod(`10.0.${i >> 8}.${i & 255}`));
  const slices = made(service(), pods);
  t.is(slices.length, 10);
  t.true(slices.every(({ endpoints }) => endpoints?.length === 100));
  const changed = pods.map((each, i) => (i === 500 ? pod(each.status!.podIP!, 'starting') : each));
  const {
    create,
    update,
    delete: gone,
  } = planSlices({
    service: service(),
    pods: changed,
    slices,
    zones: new Map([['n', 'z1']]),
  });
  t.deepEqual([create.length, update.length, gone.length], [0, 1, 0]);
});

test('planSlices labels as everybody expects', (t) => {
  const headless = service({ ...service().spec, clusterIP: 'None' });
  const [slice] = made(headless, []);
  t.deepEqual(slice?.metadata?.labels, {
    team: 'x',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'service.kubernetes.io/headless': '',
  });
  t.is(slice?.metadata?.ownerReferences?.[0]?.kind, 'Service');
});

test('planEndpoints says the same in the older form', (t) => {
  const pods = [
    pod('10.0.0.2'),
    pod('10.0.0.1'),
    pod('10.0.0.3', 'starting'),
    pod('10.0.0.4', 'ending'),
  ];
  const first = planEndpoints(service(), pods, undefined);
  t.deepEqual(
    first?.subsets?.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => [
      addresses.map(({ ip }) => ip),
      notReadyAddresses.map(({ ip }) => ip),
      ports.map(({ name, port }) => `${name}:${port}`),
    ]),
    [[['10.0.0.1', '10.0.0.2'], ['10.0.0.3'], ['main:8080']]],
  );
  t.is(planEndpoints(service(), pods, first), undefined, 'and does not say it twice');
});
