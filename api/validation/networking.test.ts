import test from 'ava';
import {
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCidrs,
} from '../resources.ts';
import { checkCases, draftOf, type Loose } from './testing.ts';

const service = { name: 'web', port: { number: 80 } };
const backend = { service };
const path = (more: Loose = {}) => ({ path: '/', pathType: 'Prefix', backend, ...more });
const ingress = (rule: Loose) => ({ spec: { rules: [rule] } });
const at = 'spec.rules[0].http.paths[0]';
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
  "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for " +
  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test(
  'ingresses: hosts, paths and backends',
  checkCases(ingresses, {
    'a backend for all': { object: { spec: { defaultBackend: backend } }, want: [] },
    'no rule': {
      object: { spec: {} },
      want: ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified'],
    },
    hosts: {
      object: { spec: { rules: [{ host: '*.a.com' }, { host: '1.2.3.4' }, { host: '*' }] } },
      want: [
        'spec.rules[1].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
        `spec.rules[2].host: Invalid value: "*": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    },
    'no path': {
      object: ingress({ http: { paths: [] } }),
      want: ['spec.rules[0].http.paths: Required value'],
    },
    'no type of path': {
      object: ingress({ http: { paths: [{ backend }] } }),
      want: [`${at}.pathType: Required value: pathType must be specified`],
    },
    'a path that others may read differently': {
      object: ingress({ http: { paths: [path({ path: 'a//b/..' })] } }),
      want: [
        `${at}.path: Invalid value: "a//b/..": must be an absolute path`,
        `${at}.path: Invalid value: "a//b/..": must not contain '//'`,
        `${at}.path: Invalid value: "a//b/..": cannot end with '/..'`,
      ],
    },
    'a path of the controller': {
      object: ingress({
        http: { paths: [path({ path: '', pathType: 'ImplementationSpecific' })] },
      }),
      want: [],
    },
    'two backends': {
      object: ingress({
        http: { paths: [path({ backend: { service, resource: { kind: 'A', name: 'b' } } })] },
      }),
      want: [`${at}.backend: Invalid value: "": cannot set both resource and service backends`],
    },
    'no port': {
      object: ingress({ http: { paths: [path({ backend: { service: { name: 'web' } } })] } }),
      want: [`${at}.backend: Required value: port name or number is required`],
    },
    TLS: {
      object: {
        spec: { defaultBackend: backend, tls: [{ hosts: ['A', '*.b.c'], secretName: 'B' }] },
      },
      want: [
        `spec.tls[0].hosts[0]: Invalid value: "A": ${subdomain}`,
        `spec.tls[0].secretName: Invalid value: "B": ${subdomain}`,
      ],
    },
    'two classes': {
      object: {
        metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } },
        spec: { defaultBackend: backend, ingressClassName: 'b' },
      },
      want: [
        'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
      ],
    },
  }),
);

const classOf = (spec: Loose) => ({ spec });

test(
  'ingressclasses: the controller stays',
  checkCases(ingressClasses, {
    'a controller': { object: classOf({ controller: 'a.io/b' }), want: [] },
    none: { object: {}, want: ['spec.controller: Required value'] },
    'no path': {
      object: classOf({ controller: 'a' }),
      want: [
        'spec.controller: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")',
      ],
    },
    another: {
      object: classOf({ controller: 'a.io/c' }),
      old: classOf({ controller: 'a.io/b' }),
      want: ['spec.controller: Invalid value: "a.io/c": field is immutable'],
    },
    'parameters of a namespace': {
      object: classOf({
        controller: 'a.io/b',
        parameters: { kind: 'A', name: 'b', scope: 'Namespace' },
      }),
      want: ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    },
    'parameters of the cluster': {
      object: classOf({
        controller: 'a.io/b',
        parameters: { kind: 'A', name: 'b', namespace: 'c' },
      }),
      want: ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    },
  }),
);

const policy = (spec: Loose) => ({ spec: { podSelector: {}, ...spec } });
const ports = (...list: Loose[]) => policy({ ingress: [{ ports: list }] });
const peer = (each: Loose) => policy({ ingress: [{ from: [each] }] });

test(
  'networkpolicies: ports, peers and blocks',
  checkCases(networkPolicies, {
    nothing: { object: policy({}), want: [] },
    ports: {
      object: ports(
        { port: 80, endPort: 90 },
        { port: 80, endPort: 70 },
        { port: 'http', endPort: 80 },
        { endPort: 80 },
        { port: 0, protocol: 'X' },
      ),
      want: [
        'spec.ingress[0].ports[1].endPort: Invalid value: 80: must be greater than or equal to `port`',
        'spec.ingress[0].ports[2].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
        'spec.ingress[0].ports[3].endPort: Invalid value: 80: may not be specified when `port` is not specified',
        'spec.ingress[0].ports[4].protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"',
        'spec.ingress[0].ports[4].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    },
    'no peer': {
      object: peer({}),
      want: ['spec.ingress[0].from[0]: Required value: must specify a peer'],
    },
    'two peers': {
      object: peer({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      want: ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
    },
    blocks: {
      object: peer({
        ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.0.0.0/8', '11.0.0.0/16', 'x'] },
      }),
      want: [
        'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0].ipBlock.except[3]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    },
    types: {
      object: policy({ policyTypes: ['Ingress', 'Both'] }),
      want: [
        'spec.policyTypes[1]: Unsupported value: "Both": supported values: "Egress", "Ingress"',
      ],
    },
  }),
);

test('a policy is for what comes in, and for what goes out if it says so', (t) => {
  const types = (spec: Loose) => draftOf(networkPolicies, policy(spec)).spec?.policyTypes;
  t.deepEqual(types({}), ['Ingress']);
  t.deepEqual(types({ egress: [{}] }), ['Ingress', 'Egress']);
  t.deepEqual(types({ policyTypes: ['Egress'] }), ['Egress']);
});

const cidrs = (...list: string[]) => ({ spec: { cidrs: list } });

test(
  'servicecidrs: one block of each family, which stays',
  checkCases(serviceCidrs, {
    'both families': { object: cidrs('10.0.0.0/16', 'fd00::/112'), want: [] },
    none: { object: cidrs(), want: ['spec.cidrs: Required value: at least one CIDR required'] },
    'the same family': {
      object: cidrs('10.0.0.0/16', '10.1.0.0/16'),
      want: [
        'spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    },
    'bits beyond the prefix': {
      object: cidrs('10.0.0.1/16'),
      want: [
        'spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length',
      ],
    },
    'another form': {
      object: cidrs('FD00::/112'),
      want: [
        'spec.cidrs[0]: Invalid value: "FD00::/112": must be in canonical form ("fd00::/112")',
      ],
    },
    'another block': {
      object: cidrs('10.1.0.0/16'),
      old: cidrs('10.0.0.0/16'),
      want: ['spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable'],
    },
    'one more': {
      object: cidrs('10.0.0.0/16', 'fd00::/112'),
      old: cidrs('10.0.0.0/16'),
      want: [],
    },
  }),
);

const address = (name: string, parentRef: Loose) => ({ metadata: { name }, spec: { parentRef } });
const parentRef = { resource: 'services', namespace: 'default', name: 'web' };

test(
  'ipaddresses: named by the address, of one parent',
  checkCases(ipAddresses, {
    'an address': { object: address('fd00::1', parentRef), want: [] },
    'another form': {
      object: address('fd00::0:1', parentRef),
      want: ['metadata.name: Invalid value: "fd00::0:1": must be in canonical form ("fd00::1")'],
    },
    'no parent': {
      object: { metadata: { name: '10.0.0.1' }, spec: {} },
      want: ['spec.parentRef: Required value'],
    },
    'another parent': {
      object: address('10.0.0.1', { ...parentRef, name: 'b' }),
      old: address('10.0.0.1', parentRef),
      want: [
        'spec.parentRef: Invalid value: {"resource":"services","namespace":"default","name":"b"}: field is immutable',
      ],
    },
  }),
);
