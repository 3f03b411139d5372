/**
 * Truth tables on a real kernel: 3 namespaces × 3 pods × ports 80, 81 × TCP, UDP, SCTP, both
 * families; what arrives under each policy is what an independent reading of its words says.
 */
import test from 'ava';
import fc from 'fast-check';
import { families } from '../../agent/policy/layout.ts';
import { viewPod } from '../../agent/policy/plan-pod.ts';
import { PolicyRules } from '../../agent/policy/sync.ts';
import {
  createWorld,
  keyOfPod,
  podObject,
  policyOf,
  setPolicy,
} from '../../agent/policy/testing.ts';
import type { NetworkPolicy } from '../../api/types/networking-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { openNftables } from '../../native/nftables.ts';
import {
  protocols,
  policies as somePolicies,
  spaces,
  tablePods,
  tablePorts,
  written,
} from '../helpers/policy-cases.ts';
import { isAllowed } from '../helpers/policy-oracle.ts';
import { bridge, PolicyLab, type Probe } from './policy-lab.ts';

const lab = new PolicyLab();
const world = createWorld({ namespaces: spaces, pods: tablePods, policies: [] });
let rules: PolicyRules;

test.before(async () => {
  await lab.build(tablePods.map((pod) => ({ name: keyOfPod(pod), addresses: pod.addresses })));
  const nftables = await openNftables(lab.netns);
  const { instance } = lab;
  const log = silentLogger;
  rules = new PolicyRules({ world, nftables, instance, bridge, clock: systemClock, log });
  await rules.write();
});
test.after.always(() => lab.destroy());

const podOf = new Map(tablePods.map((pod) => [keyOfPod(pod), pod]));
const names = [...podOf.keys()];
const table: readonly Probe[] = names.flatMap((from) =>
  names
    .filter((to) => to !== from)
    .flatMap((to) =>
      families.flatMap((family) =>
        protocols.flatMap((protocol) =>
          tablePorts.map((port) => ({ from, to, family, protocol, port })),
        ),
      ),
    ),
);

/** Puts these policies in force, alone, and gives the cells of the table that are wrong. */
async function findWrong(list: readonly NetworkPolicy[]): Promise<string[]> {
  for (const each of list) setPolicy(world, each);
  await rules.write();
  const isExpected = ({ from, to, ...rest }: Probe) =>
    isAllowed(list, spaces, { from: podOf.get(from)!, to: podOf.get(to)!, ...rest });
  const arrived = await lab.send(table, isExpected);
  for (const { metadata } of list) {
    world.setPolicy(`${metadata?.namespace}/${metadata?.name}`, undefined);
  }
  return table.flatMap((probe, index) => {
    if (arrived[index] === isExpected(probe)) return [];
    const { from, to, family, protocol, port } = probe;
    const what = arrived[index] ? 'got through' : 'was lost';
    return `${from} → ${to} ${family} ${protocol} ${port} ${what}`;
  });
}

const table_ = test.serial;

table_('without policies everything arrives', async (t) => {
  t.deepEqual(await findWrong([]), []);
});

for (const [name, spec] of Object.entries(written)) {
  table_(`the kernel does what the words say: ${name}`, async (t) => {
    t.deepEqual(await findWrong([policyOf('x/policy', spec)]), []);
  });
}

const randomCount = 14;
for (const [index, list] of fc.sample(somePolicies, { numRuns: randomCount, seed: 6 }).entries()) {
  table_(`the kernel does what ${list.length} policies say together (${index})`, async (t) => {
    t.deepEqual(await findWrong(list), [], JSON.stringify(list));
  });
}

table_('labels that change under policies that stay change who gets through', async (t) => {
  const list = ['from a', 'from namespaces of tier two', 'to b'].map((name, index) =>
    policyOf(`x/follow${index}`, written[name] ?? tierTwo),
  );
  for (const each of list) setPolicy(world, each);
  const pods = new Map(podOf);
  let labels = spaces;
  const check = async (what: string) => {
    await rules.write();
    const isExpected = ({ from, to, ...rest }: Probe) =>
      isAllowed(list, labels, { from: pods.get(from)!, to: pods.get(to)!, ...rest });
    const arrived = await lab.send(table, isExpected);
    const wrong = table.filter((probe, index) => arrived[index] !== isExpected(probe));
    t.deepEqual(wrong, [], what);
  };
  const relabel = (key: string, name: string) => {
    const pod = { ...podOf.get(key)!, labels: { pod: name } };
    pods.set(key, pod);
    world.setPod(key, viewPod(podObject(pod), pod.addresses), true);
  };
  await check('as it was');
  relabel('x/a', 'b');
  relabel('x/c', 'a');
  await check('two pods have other labels');
  labels = { ...spaces, z: { ns: 'z', tier: 'one' } };
  world.setNamespace('z', labels.z);
  await check('a namespace has other labels');
  labels = spaces;
  world.setNamespace('z', spaces.z);
  for (const [key, pod] of podOf) {
    pods.set(key, pod);
    world.setPod(key, viewPod(podObject(pod), pod.addresses), true);
  }
  await check('as it was, again');
  for (const { metadata } of list) world.setPolicy(`x/${metadata?.name}`, undefined);
});

const tierTwo = {
  podSelector: {},
  ingress: [{ from: [{ namespaceSelector: { matchLabels: { tier: 'two' } } }] }],
};

table_('nft can show the tables', async (t) => {
  for (const [index, spec] of Object.values(written).entries()) {
    setPolicy(world, policyOf(`y/p${index}`, spec));
  }
  await rules.write();
  for (const family of ['ip', 'ip6']) {
    const text = lab.nft(`list table ${family} ${lab.instance}-policy`);
    t.regex(text, /chain ingress \{\s+type filter hook forward priority filter - 9/);
    t.regex(text, /counter packets \d+ bytes \d+ drop comment "y\/p0, /);
  }
});

table_('when the policies are gone, so are their sets and chains', async (t) => {
  for (const index of Object.keys(Object.values(written)).keys()) {
    world.setPolicy(`y/p${index}`, undefined);
  }
  await rules.write();
  const text = lab.nft(`list table ip ${lab.instance}-policy`);
  t.deepEqual(
    text
      .match(/^\s(chain|set|map) \S+/gm)
      ?.map((each) => each.trim())
      .sort(),
    ['chain egress', 'chain ingress', 'map egress-pods', 'map ingress-pods', 'set self'],
  );
});
