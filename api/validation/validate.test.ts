/** One case per rule that users meet: what is wrong with an object, in one line per cause. */
import test from 'ava';
import type { KubeObject, Resource } from '../resource.ts';
import {
  configMaps,
  deployments,
  endpointSlices,
  leases,
  namespaces,
  nodes,
  pods,
  secrets,
  services,
} from '../resources.ts';
import { typeOfKind } from '../schema.ts';
import { decodeObject } from './decode.ts';
import { validateStructure } from './structure.ts';

type Loose = Record<string, unknown>;

/** As the server does it: decode, default, check. */
function problems<T extends KubeObject>(resource: Resource<T>, object: Loose, old?: Loose) {
  const metadata = { name: 'web', ...(resource.namespaced && { namespace: 'default' }) };
  const make = (from: Loose) => {
    const draft = structuredClone({
      ...from,
      metadata: { ...metadata, ...(from.metadata as object) },
    });
    decodeObject(typeOfKind(resource)!, draft);
    resource.applyDefaults?.(draft as unknown as T);
    return draft;
  };
  const draft = make(object);
  const before = old && (make(old) as unknown as T);
  return [
    ...validateStructure(typeOfKind(resource)!, draft),
    ...(resource.validate?.(draft as unknown as T, before) ?? []),
  ].map(({ field, message }) => `${field}: ${message}`);
}

const first = { name: 'a', image: 'x' };
const pod = (spec: Loose, container: Loose = {}) => ({
  spec: { containers: [{ ...first, ...container }], ...spec },
});
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [first] } };
const selector = { matchLabels: { app: 'web' } };

interface Case {
  resource: Resource<never>;
  name: string;
  object: Loose;
  old?: Loose;
  want: string[];
}

const podRule =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,' +
  '`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only ' +
  'additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set ' +
  'to 1 if it was previously negative)';

const of = (resource: unknown) => resource as Resource<never>;
const cases: Case[] = [
  { resource: of(pods), name: 'nothing', object: pod({}), want: [] },
  {
    resource: of(pods),
    name: 'no containers',
    object: { spec: {} },
    want: ['spec.containers: Required value'],
  },
  {
    resource: of(pods),
    name: 'a missing image',
    object: { spec: { containers: [{ name: 'a' }] } },
    want: ['spec.containers[0].image: Required value'],
  },
  {
    resource: of(pods),
    name: 'an enum',
    object: pod({ restartPolicy: 'Sometimes' }),
    want: [
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
  },
  {
    resource: of(pods),
    name: 'twice the same container',
    object: { spec: { containers: [first, first] } },
    want: ['spec.containers[1].name: Duplicate value: "a"'],
  },
  {
    resource: of(pods),
    name: 'a port',
    object: pod(
      {},
      {
        ports: [
          { containerPort: 70_000, name: 'x' },
          { containerPort: 80, name: 'x' },
        ],
      },
    ),
    want: [
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.containers[0].ports[1].name: Duplicate value: "x"',
    ],
  },
  {
    resource: of(pods),
    name: 'a mount without its volume',
    object: pod({}, { volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
    want: ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  },
  {
    resource: of(pods),
    name: 'a path that leads out of a volume',
    object: pod(
      { volumes: [{ name: 'v' }] },
      { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../x' }] },
    ),
    want: [`spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain '..'`],
  },
  {
    resource: of(pods),
    name: 'more requested than allowed',
    object: pod({}, { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    want: [
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
  },
  {
    resource: of(pods),
    name: 'a probe of two kinds',
    object: pod({}, { livenessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } }),
    want: [
      'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
    ],
  },
  {
    resource: of(pods),
    name: 'a volume of two kinds',
    object: pod({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] }),
    want: ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  },
  {
    resource: of(pods),
    name: 'an image that changes: it may',
    object: pod({}, { image: 'y' }),
    old: pod({}),
    want: [],
  },
  {
    resource: of(pods),
    name: 'a node, which only a binding gives',
    object: pod({ nodeName: 'n1' }),
    old: pod({}),
    want: [podRule],
  },
  {
    resource: of(pods),
    name: 'another container',
    object: { spec: { containers: [first, { name: 'b', image: 'x' }] } },
    old: pod({}),
    want: ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  },
  {
    resource: of(pods),
    name: 'a toleration that is taken away',
    object: pod({ tolerations: [] }),
    old: pod({ tolerations: [{ key: 'a', operator: 'Exists' }] }),
    want: [
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
  },
  {
    resource: of(services),
    name: 'several ports without names',
    object: { spec: { ports: [{ port: 80 }, { port: 81, name: 'b' }] } },
    want: ['spec.ports[0].name: Required value'],
  },
  {
    resource: of(services),
    name: 'no ports',
    object: { spec: {} },
    want: ['spec.ports: Required value'],
  },
  {
    resource: of(services),
    name: 'a new address',
    object: { spec: { clusterIP: '10.43.0.2', ports: [{ port: 80 }] } },
    old: { spec: { clusterIP: '10.43.0.1', ports: [{ port: 80 }] } },
    want: ['spec.clusterIPs[0]: Invalid value: ["10.43.0.2"]: may not change once set'],
  },
  {
    resource: of(deployments),
    name: 'a selector that selects others',
    object: { spec: { selector: { matchLabels: { app: 'db' } }, template } },
    want: [
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  },
  {
    resource: of(deployments),
    name: 'a selector that changes',
    object: { spec: { selector, template } },
    old: { spec: { selector: { matchLabels: { app: 'db' } }, template } },
    want: ['spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: field is immutable'],
  },
  {
    resource: of(deployments),
    name: 'less than no replicas, and pods that end',
    object: {
      spec: {
        selector,
        replicas: -1,
        template: { ...template, spec: { containers: [first], restartPolicy: 'Never' } },
      },
    },
    want: [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
  },
  {
    resource: of(configMaps),
    name: 'a key that is no file name',
    object: { data: { 'a/b': '' } },
    want: [
      'data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, ' +
        `'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    ],
  },
  {
    resource: of(configMaps),
    name: 'data that is frozen',
    object: { immutable: true, data: { a: '2' } },
    old: { immutable: true, data: { a: '1' } },
    want: ['data: Forbidden: field is immutable when `immutable` is set'],
  },
  {
    resource: of(secrets),
    name: 'a certificate without its key',
    object: { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
    want: ['data[tls.key]: Required value'],
  },
  {
    resource: of(namespaces),
    name: 'a name with a dot',
    object: { metadata: { name: 'a.b' } },
    want: ['metadata.name: Invalid value: "a.b": must not contain dots'],
  },
  {
    resource: of(nodes),
    name: 'a taint without effect',
    object: { spec: { taints: [{ key: 'a', effect: '' }] } },
    want: ['spec.taints[0].effect: Required value'],
  },
  {
    resource: of(endpointSlices),
    name: 'addresses of another family',
    object: { addressType: 'IPv4', endpoints: [{ addresses: ['fd00::1', '10.0.0.1'] }] },
    want: ['endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address'],
  },
  {
    resource: of(leases),
    name: 'a lease that lasts no time',
    object: { spec: { leaseDurationSeconds: 0 } },
    want: ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  },
  {
    resource: of(leases),
    name: 'another identity',
    object: { metadata: { uid: 'b' } },
    old: { metadata: { uid: 'a' } },
    want: ['metadata.uid: Invalid value: "b": field is immutable'],
  },
];
for (const { resource, name, object, old, want } of cases) {
  test(`${resource.kind} with ${name}`, (t) => t.deepEqual(problems(resource, object, old), want));
}

test('a pod that is bound stays where it is, and keeps its shape', (t) => {
  const [moved] = problems(of(pods), pod({ nodeName: 'n2' }), pod({ nodeName: 'n1' }));
  t.regex(moved ?? '', /^spec: Forbidden: pod updates may not change fields other than/);
});
