import test from 'ava';
import type { ServiceSpec } from '../../../api/types/core-v1.generated.ts';
import type { Family } from './blocks.ts';
import { planFamilies } from './plan-families.ts';

const single: readonly Family[] = ['IPv4'];
const dual: readonly Family[] = ['IPv6', 'IPv4'];

const shown = ({ ipFamilyPolicy, ipFamilies = [] }: ServiceSpec) =>
  `${ipFamilyPolicy} ${ipFamilies.join('+')}`;

const selector = { app: 'web' };
const cases: [string, readonly Family[], ServiceSpec, string][] = [
  ['nothing said', single, {}, 'SingleStack IPv4'],
  ['nothing said in another cluster', dual, {}, 'SingleStack IPv6'],
  [
    'both preferred where there is one',
    single,
    { ipFamilyPolicy: 'PreferDualStack' },
    'PreferDualStack IPv4',
  ],
  ['both preferred', dual, { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv6+IPv4'],
  [
    'both required, one named first',
    dual,
    { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4'] },
    'RequireDualStack IPv4+IPv6',
  ],
  ['two named', dual, { ipFamilies: ['IPv4', 'IPv6'] }, 'RequireDualStack IPv4+IPv6'],
  ['an address', dual, { clusterIP: '10.0.0.1' }, 'SingleStack IPv4'],
  ['headless', dual, { clusterIP: 'None', selector }, 'SingleStack IPv6'],
  ['headless without selector', single, { clusterIP: 'None' }, 'RequireDualStack IPv4+IPv6'],
  [
    'headless without selector, of one family',
    single,
    { clusterIP: 'None', ipFamilyPolicy: 'SingleStack' },
    'SingleStack IPv4',
  ],
  ['another name', dual, { type: 'ExternalName' }, 'undefined '],
];
for (const [name, families, spec, want] of cases) {
  test(`families with ${name}: ${want}`, (t) => {
    const draft = structuredClone(spec);
    t.deepEqual(planFamilies(draft, undefined, families), []);
    t.is(shown(draft), want);
  });
}

const refused: [string, readonly Family[], ServiceSpec, string][] = [
  [
    'both required where there is one',
    single,
    { ipFamilyPolicy: 'RequireDualStack' },
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ],
  [
    'a family that is not there',
    single,
    { ipFamilies: ['IPv6'] },
    'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ],
  [
    'an address of a family that is not there',
    single,
    { clusterIPs: ['fd00::1'] },
    'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
  ],
  [
    'an address of another family than named',
    dual,
    { clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv6'] },
    'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
  ],
  [
    'two families of a single stack',
    dual,
    { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
    'spec.ipFamilyPolicy: Invalid value: "SingleStack": must be RequireDualStack or ' +
      'PreferDualStack when multiple IP families are specified',
  ],
];
for (const [name, families, spec, want] of refused) {
  test(`families refuse ${name}`, (t) => {
    const causes = planFamilies(structuredClone(spec), undefined, families);
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      [want],
    );
  });
}

const updates: [string, ServiceSpec, ServiceSpec, string][] = [
  [
    'a client that knows no families keeps them',
    { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
    {},
    'RequireDualStack IPv4+IPv6',
  ],
  [
    'one family more',
    { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] },
    { ipFamilies: ['IPv4', 'IPv6'] },
    'RequireDualStack IPv4+IPv6',
  ],
  [
    'one family less',
    { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
    { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
    'SingleStack IPv4',
  ],
  [
    'preferred before the cluster had both stays as it is',
    { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4'] },
    { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4'] },
    'PreferDualStack IPv4',
  ],
];
for (const [name, old, spec, want] of updates) {
  test(`families on update: ${name}`, (t) => {
    const draft = structuredClone(spec);
    t.deepEqual(planFamilies(draft, { spec: old }, dual), []);
    t.is(shown(draft), want);
  });
}
