/** NetworkPolicies for truth tables: such as people write, and such as nobody would. */
import fc from 'fast-check';
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../api/types/networking-v1.generated.ts';
import type { OraclePod } from './policy-oracle.ts';

/** As in upstream's truth tables: namespaces x, y, z, pods a, b, c in each. */
export const spaces: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  x: { 'kubernetes.io/metadata.name': 'x', ns: 'x', tier: 'one' },
  y: { 'kubernetes.io/metadata.name': 'y', ns: 'y', tier: 'two' },
  z: { 'kubernetes.io/metadata.name': 'z', ns: 'z', tier: 'two' },
};

export const tablePods: readonly OraclePod[] = ['x', 'y', 'z'].flatMap((namespace, space) =>
  ['a', 'b', 'c'].map((name, index) => ({
    namespace,
    name,
    labels: { pod: name, ...(name !== 'c' && { web: 'true' }) },
    addresses: [`10.42.0.${10 + space * 10 + index}`, `fd42::${space + 1}${index}`],
    // The same name means another port in c.
    ports: name === 'c' ? ['http=81', 'data=80/UDP'] : ['http=80', 'data=81/UDP', 'sig=80/SCTP'],
  })),
);

const pod = (name: string) => ({ podSelector: { matchLabels: { pod: name } } });
const space = (name: string) => ({ namespaceSelector: { matchLabels: { ns: name } } });
const a = pod('a').podSelector;
const tcp80 = { port: 80, protocol: 'TCP' };

const spec = (more: NetworkPolicySpec): NetworkPolicySpec => ({ podSelector: {}, ...more });
const from = (...peers: NetworkPolicyPeer[]) => ({ ingress: [{ from: peers }] });
const to = (...peers: NetworkPolicyPeer[]) => ({
  policyTypes: ['Egress'],
  egress: [{ to: peers }],
});
const on = (...ports: NetworkPolicyPort[]) => ({ podSelector: a, ingress: [{ ports }] });
const onOut = (...ports: NetworkPolicyPort[]) => ({
  podSelector: a,
  policyTypes: ['Egress'],
  egress: [{ ports }],
});

/** What is written by hand; each applied in namespace x, alone. */
export const written: Readonly<Record<string, NetworkPolicySpec>> = {
  'deny all ingress': spec({}),
  'deny all egress': spec({ policyTypes: ['Egress'] }),
  'deny all': spec({ policyTypes: ['Ingress', 'Egress'] }),
  'allow all ingress': spec({ ingress: [{}] }),
  'allow all egress': spec({ policyTypes: ['Egress'], egress: [{}] }),
  'egress rules imply the type Egress, and Ingress is there anyway': spec({ egress: [{}] }),
  'an ingress rule without the type says nothing': spec({ policyTypes: ['Egress'], ...from({}) }),
  'deny ingress to a': { podSelector: a },
  'from pods of the own namespace': spec(from({ podSelector: {} })),
  'from a': spec(from(pod('a'))),
  'from a or b': spec(from(pod('a'), pod('b'))),
  'from namespace y': spec(from(space('y'))),
  'from every namespace': spec(from({ namespaceSelector: {} })),
  'from a of namespace y, which is one peer': spec(from({ ...space('y'), ...pod('a') })),
  'from a, or from namespace y, which are two': spec(from(space('y'), pod('a'))),
  'from a of every namespace': spec(from({ namespaceSelector: {}, ...pod('a') })),
  'from namespaces by In': spec(
    from({
      namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'In', values: ['y', 'x'] }] },
    }),
  ),
  'from namespaces by NotIn': spec(
    from({
      namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['y'] }] },
    }),
  ),
  'from pods by Exists': spec(
    from({ podSelector: { matchExpressions: [{ key: 'web', operator: 'Exists' }] } }),
  ),
  'from pods by DoesNotExist': spec(
    from({ podSelector: { matchExpressions: [{ key: 'web', operator: 'DoesNotExist' }] } }),
  ),
  'from nobody that there is': spec(from(pod('nobody'))),
  'to pods selected by expression': {
    podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['b', 'c'] }] },
  },
  'on TCP 80': on(tcp80),
  'on TCP 80 and 81': on(tcp80, { port: 81 }),
  'on UDP 80': on({ port: 80, protocol: 'UDP' }),
  'on SCTP 80': on({ port: 80, protocol: 'SCTP' }),
  'on all of SCTP': on({ protocol: 'SCTP' }),
  'on all of TCP, by default': on({}),
  'on ports 80 to 81': on({ port: 80, endPort: 81 }),
  'on ports 81 to 90': on({ port: 81, endPort: 90, protocol: 'UDP' }),
  'on the port named http': spec({ ingress: [{ ports: [{ port: 'http' }] }] }),
  'on the port named data, of UDP': spec({
    ingress: [{ ports: [{ port: 'data', protocol: 'UDP' }] }],
  }),
  'on a name of another protocol': spec({ ingress: [{ ports: [{ port: 'data' }] }] }),
  'on a name that no pod has': spec({ ingress: [{ ports: [{ port: 'none' }] }] }),
  'on a name and a number': spec({
    ingress: [{ ports: [{ port: 'http' }, { port: 81, protocol: 'UDP' }] }],
  }),
  'from b on TCP 80, or from c on UDP 81': spec({
    ingress: [
      { from: [pod('b')], ports: [tcp80] },
      { from: [pod('c')], ports: [{ port: 81, protocol: 'UDP' }] },
    ],
  }),
  'from y on the port named http': spec({
    ingress: [{ from: [space('y')], ports: [{ port: 'http' }] }],
  }),
  'from a block': spec(from({ ipBlock: { cidr: '10.42.0.0/27' } })),
  'from a block but some': spec(
    from({ ipBlock: { cidr: '10.42.0.0/24', except: ['10.42.0.20/31', '10.42.0.30/32'] } }),
  ),
  'from everywhere but a block': spec(
    from({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.42.0.0/28'] } }),
  ),
  'from a block of IPv6': spec(from({ ipBlock: { cidr: 'fd42::/64', except: ['fd42::20/124'] } })),
  'from two blocks that overlap': spec(
    from({ ipBlock: { cidr: '10.42.0.0/28' } }, { ipBlock: { cidr: '10.42.0.8/29' } }),
  ),
  'except that ends where the block ends': spec(
    from({ ipBlock: { cidr: '10.42.0.0/27', except: ['10.42.0.16/28', '10.42.0.20/31'] } }),
  ),
  'to b': spec(to(pod('b'))),
  'to namespace z': spec(to(space('z'))),
  'to b of namespace z': spec(to({ ...space('z'), ...pod('b') })),
  'to a block but one': spec(to({ ipBlock: { cidr: '10.42.0.0/24', except: ['10.42.0.11/32'] } })),
  'out on TCP 80': onOut(tcp80),
  'out on SCTP 80 to 81': onOut({ port: 80, endPort: 81, protocol: 'SCTP' }),
  'out on the port named http, as each destination has it': onOut({ port: 'http' }),
  'out to blocks on a named port': spec({
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: '10.42.0.0/24' } }], ports: [{ port: 'http' }] }],
  }),
  'in from a, out to b': spec({
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [pod('a')] }],
    egress: [{ to: [pod('b')] }],
  }),
};

/** Random ones for property tests; about a third of what they say concerns each pod. */
const names = fc.constantFrom('a', 'b', 'c');
const selector = fc.oneof(
  fc.constant({}),
  names.map((name) => ({ matchLabels: { pod: name } })),
  fc.constant({ matchLabels: { web: 'true' } }),
  fc
    .record({
      operator: fc.constantFrom('In', 'NotIn'),
      values: fc.uniqueArray(names, { minLength: 1 }),
    })
    .map((each) => ({ matchExpressions: [{ key: 'pod', ...each }] })),
  fc
    .constantFrom('Exists', 'DoesNotExist')
    .map((operator) => ({ matchExpressions: [{ key: 'web', operator }] })),
);
const spaceSelector = fc.oneof(
  fc.constant({}),
  fc.constantFrom('x', 'y', 'z').map((ns) => ({ matchLabels: { ns } })),
  fc.constantFrom('one', 'two').map((tier) => ({ matchLabels: { tier } })),
);
const blocks = fc.constantFrom<IPBlock>(
  { cidr: '10.42.0.0/24' },
  { cidr: '10.42.0.0/24', except: ['10.42.0.10/32', '10.42.0.20/30'] },
  { cidr: '10.42.0.16/28' },
  { cidr: '0.0.0.0/0', except: ['10.42.0.0/27', '10.42.0.8/29'] },
  { cidr: 'fd42::/16', except: ['fd42::10/125'] },
  { cidr: '::/0' },
);
const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  selector.map((podSelector) => ({ podSelector })),
  spaceSelector.map((namespaceSelector) => ({ namespaceSelector })),
  fc.record({ podSelector: selector, namespaceSelector: spaceSelector }),
  blocks.map((ipBlock) => ({ ipBlock })),
);
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const port: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  fc.record({ protocol, port: fc.constantFrom<number | string>(80, 81, 'http', 'data', 'sig') }),
  fc.record({ protocol }),
  fc.record({ protocol, port: fc.constantFrom(79, 80, 81), endPort: fc.constantFrom(81, 90) }),
);
const rule = { peers: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) };
const rules = fc.array(fc.record(rule), { maxLength: 2 });

export const policySpecs: fc.Arbitrary<NetworkPolicySpec> = fc
  .record({
    podSelector: selector,
    policyTypes: fc.constantFrom<string[]>([], ['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    ingress: rules,
    egress: rules,
  })
  .map(({ podSelector, policyTypes, ingress, egress }) => ({
    podSelector,
    ...(policyTypes.length > 0 && { policyTypes }),
    ingress: ingress.map(({ peers, ports }) => ({ from: peers, ports })),
    egress: egress.map(({ peers, ports }) => ({ to: peers, ports })),
  }));

export const policies: fc.Arbitrary<NetworkPolicy[]> = fc
  .array(fc.tuple(fc.constantFrom('x', 'y', 'z'), policySpecs), { minLength: 1, maxLength: 5 })
  .map((all) =>
    all.map(([namespace, each], index) => ({
      metadata: { namespace, name: `p${index}` },
      spec: each,
    })),
  );

export const protocols = ['TCP', 'UDP', 'SCTP'] as const;
export const tablePorts = [80, 81] as const;
