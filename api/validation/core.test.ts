import test from 'ava';
import {
  configMaps,
  endpointSlices,
  endpoints,
  leases,
  namespaces,
  nodes,
  secrets,
  serviceAccounts,
  services,
} from '../resources.ts';
import { checkCases, draftOf, type Loose, problems } from './testing.ts';

const port = { port: 80 };
const service = (spec: Loose) => ({ spec: { ports: [port], ...spec } });

test(
  'services: addresses, ports and what a type may have',
  checkCases(services, {
    'a port': { object: service({}), want: [] },
    'no port, without an address of its own': {
      object: { spec: { clusterIP: 'None' } },
      want: [],
    },
    'no port': { object: { spec: {} }, want: ['spec.ports: Required value'] },
    'the port of the agent': {
      object: service({ type: 'LoadBalancer', ports: [{ port: 10250 }] }),
      want: [
        'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
      ],
    },
    'the same port twice': {
      object: service({
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 80, appProtocol: '/' },
        ],
      }),
      want: [
        'spec.ports[1].appProtocol: Invalid value: "/": prefix part must be non-empty',
        'spec.ports[1].appProtocol: Invalid value: "/": name part must be non-empty',
        `spec.ports[1].appProtocol: Invalid value: "/": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        'spec.ports[1].name: Duplicate value: "a"',
        'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
      ],
    },
    'TCP and UDP on one port': {
      object: service({
        ports: [
          { name: 'a', port: 53 },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
      }),
      want: [],
    },
    'a name elsewhere': {
      object: { spec: { type: 'ExternalName', externalName: 'a.example.com.' } },
      want: [],
    },
    'a name elsewhere, and an address here': {
      object: {
        spec: {
          type: 'ExternalName',
          externalName: 'a.b',
          clusterIP: '10.0.0.1',
          ipFamilies: ['IPv4'],
        },
      },
      want: [
        'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
      ],
    },
    'no address for a balancer': {
      object: service({ type: 'LoadBalancer', clusterIP: 'None' }),
      want: [
        `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for LoadBalancer services`,
      ],
    },
    'addresses of nodes': {
      object: service({ externalIPs: ['127.0.0.1', '169.254.1.1', 'x', '0.0.0.0', '192.0.2.1'] }),
      want: [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'spec.externalIPs[1]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
        'spec.externalIPs[2]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        'spec.externalIPs[3]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
      ],
    },
    'two addresses of one family': {
      object: service({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', '10.0.0.2'] }),
      want: [
        'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
      ],
    },
    'an address of another family': {
      object: service({ clusterIP: 'fd00::1', ipFamilies: ['IPv4'] }),
      want: [
        'spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`',
      ],
    },
    'what only a balancer has': {
      object: service({
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        allocateLoadBalancerNodePorts: true,
        loadBalancerClass: 'a.io/b',
        healthCheckNodePort: 30000,
        ports: [{ port: 80, nodePort: 30001 }],
      }),
      want: [
        "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        "spec.loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ],
    },
    'a distribution': {
      object: service({ trafficDistribution: 'Somewhere' }),
      want: [
        'spec.trafficDistribution: Unsupported value: "Somewhere": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
      ],
    },
    'another address': {
      object: service({ clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] }),
      old: service({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] }),
      want: ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
    },
    'a second address': {
      object: service({
        clusterIP: '10.0.0.1',
        clusterIPs: ['10.0.0.1', 'fd00::1'],
        ipFamilies: ['IPv4', 'IPv6'],
        ipFamilyPolicy: 'PreferDualStack',
      }),
      old: service({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] }),
      want: [],
    },
  }),
);

test('services: what has no effect is told', (t) => {
  const told = (spec: Loose) => services.warnings?.(draftOf(services, service(spec)), undefined);
  t.deepEqual(told({}), []);
  t.deepEqual(told({ externalName: 'a.b', externalIPs: ['2001:DB8::1'] }), [
    'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.externalIPs[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ]);
  t.deepEqual(told({ type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.1/8'] }), [
    'spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8")',
  ]);
});

const subset = (more: Loose) => ({ subsets: [{ addresses: [{ ip: '10.0.0.1' }], ...more }] });

test(
  'apiserver A122: endpoints: nobody is sent to what listens on a node only',
  checkCases(endpoints, {
    'an address': { object: subset({ ports: [port] }), want: [] },
    nothing: {
      object: { subsets: [{}] },
      want: ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
    },
    strange: {
      object: subset({
        notReadyAddresses: [{ ip: '::1', hostname: 'A' }],
        ports: [port, { name: 'a', port: 0 }],
      }),
      want: [
        'subsets[0].notReadyAddresses[0].ip: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        `subsets[0].notReadyAddresses[0].hostname: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
        'subsets[0].ports[0].name: Required value',
        'subsets[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    },
  }),
);

const slice = (addressType: string, ...addresses: string[]) => ({
  addressType,
  endpoints: [{ addresses }],
});

test(
  'endpointslices: addresses of one type, which stays',
  checkCases(endpointSlices, {
    addresses: { object: slice('IPv4', '10.0.0.1'), want: [] },
    none: {
      object: slice('IPv4'),
      want: ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    },
    others: {
      object: slice('IPv4', 'fd00::1', '127.0.0.1'),
      want: [
        'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
        'endpoints[0].addresses[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    },
    names: {
      object: slice('FQDN', 'a.b', 'a'),
      want: [
        'endpoints[0].addresses[1]: Invalid value: "a": should be a domain with at least two segments separated by dots',
      ],
    },
    'another type': {
      object: slice('IPv6', 'fd00::1'),
      old: slice('IPv4', '10.0.0.1'),
      want: ['addressType: Invalid value: "IPv6": field is immutable'],
    },
  }),
);

test(
  'nodes: taints are unique, what belongs to the machine stays',
  checkCases(nodes, {
    taints: {
      object: {
        spec: {
          taints: [
            { key: 'a', effect: 'NoExecute' },
            { key: 'a', effect: 'NoExecute' },
          ],
        },
      },
      want: [
        'spec.taints[1]: Duplicate value: {"key":"a","effect":"NoExecute"}: taints must be unique by key and effect pair',
      ],
    },
    blocks: {
      object: { spec: { podCIDRs: ['10.0.0.0/24', '10.0.1.0/24'] } },
      want: [
        'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
      ],
    },
    'what may change': {
      object: {
        spec: { podCIDR: '10.0.0.0/24', unschedulable: true },
        status: { capacity: { cpu: '2' } },
      },
      old: { spec: {} },
      want: [],
    },
    'what may not': {
      object: { spec: { podCIDR: '10.0.1.0/24', providerID: 'b', externalID: 'c' } },
      old: { spec: { podCIDR: '10.0.0.0/24', providerID: 'a' } },
      want: [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
        'spec: Forbidden: node updates may only change labels, taints, or capacity',
      ],
    },
  }),
);

const finalizerProblem = 'name is neither a standard finalizer name nor is it fully qualified';

test(
  'namespaces: the phase follows from deletion',
  checkCases(namespaces, {
    active: { object: { status: { phase: 'Active' } }, want: [] },
    ending: {
      object: { status: { phase: 'Terminating' } },
      want: [
        'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
      ],
    },
    finalizers: {
      object: {
        metadata: { finalizers: ['a'] },
        spec: { finalizers: ['b', 'a.io/b', 'kubernetes'] },
      },
      want: [
        `metadata.finalizers[0]: Invalid value: "a": ${finalizerProblem}`,
        `spec.finalizers[0]: Invalid value: "b": ${finalizerProblem}`,
      ],
    },
  }),
);

const data = (text: string) => btoa(text);

test(
  'secrets: have what their type needs, and may be closed for good',
  checkCases(secrets, {
    'no user': {
      object: { type: 'kubernetes.io/basic-auth' },
      want: ['data[username]: Required value', 'data[password]: Required value'],
    },
    'no JSON': {
      object: {
        type: 'kubernetes.io/dockerconfigjson',
        data: { '.dockerconfigjson': data('hidden') },
      },
      want: [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character in JSON text',
      ],
    },
    closed: {
      object: { data: { a: data('b') } },
      old: { immutable: true, data: { a: data('a') } },
      want: [
        'immutable: Forbidden: field is immutable when `immutable` is set',
        'data: Forbidden: field is immutable when `immutable` is set',
      ],
    },
    'another type': {
      object: { type: 'b' },
      old: { type: 'a' },
      want: ['type: Invalid value: "b": field is immutable'],
    },
  }),
);

test('security 0: keys called __proto__ and constructor are keys of ConfigMaps and Secrets', (t) => {
  const text = '{"__proto__":"YQ==","constructor":"YQ=="}';
  for (const resource of [configMaps, secrets] as (typeof configMaps)[]) {
    const draft = draftOf(resource, { data: JSON.parse(text) });
    t.deepEqual(problems(resource, { object: { data: JSON.parse(text) } }), []);
    t.is(JSON.stringify(draft.data), text);
  }
  const secret = draftOf(secrets, { stringData: JSON.parse('{"__proto__":"a"}') });
  t.is(JSON.stringify(secret.data), '{"__proto__":"YQ=="}');
});

test('security 0: a label may be called constructor, none __proto__', (t) => {
  const labelled = (text: string) => ({ metadata: { labels: JSON.parse(text) } });
  t.deepEqual(problems(configMaps, { object: labelled('{"constructor":"a","valueOf":"b"}') }), []);
  t.regex(problems(configMaps, { object: labelled('{"__proto__":"a"}') })[0] ?? '', /name part/);
});

test(
  'leases: times and moves are numbers that make sense',
  checkCases(leases, {
    strange: {
      object: { spec: { leaseDurationSeconds: 0, leaseTransitions: -1, preferredHolder: 'a' } },
      want: [
        'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
        'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
        'spec.strategy: Required value: must be specified when `preferredHolder` is set',
      ],
    },
  }),
);

test('apiserver A20: what is deprecated of accounts and nodes is told', (t) => {
  const mark = 'kubernetes.io/enforce-mountable-secrets';
  const account = draftOf(serviceAccounts, { metadata: { annotations: { [mark]: 'true' } } });
  t.deepEqual(serviceAccounts.warnings?.(account, undefined), [
    `metadata.annotations[${mark}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ]);
  const node = draftOf(nodes, { spec: { externalID: 'a' } });
  t.deepEqual(nodes.warnings?.(node, undefined), [
    'spec.externalID: this field is deprecated, and is unused by Kubernetes',
  ]);
});
