import test from 'ava';
import fc from 'fast-check';
import type { NetworkPolicy } from '../../api/types/networking-v1.generated.ts';
import {
  policies,
  protocols,
  spaces,
  tablePods,
  tablePorts,
  written,
} from '../../test/helpers/policy-cases.ts';
import { isAllowed, type Traffic } from '../../test/helpers/policy-oracle.ts';
import { type Family, families } from './layout.ts';
import { Planner, type PolicyView, type TablePlan } from './plan.ts';
import { viewPod } from './plan-pod.ts';
import { createWorld, keyOfPod, passes, podObject, policyOf, setPolicy } from './testing.ts';

const traffic = (family: Family): Traffic[] =>
  tablePods.flatMap((from) =>
    tablePods.flatMap((to) =>
      protocols.flatMap((protocol) =>
        tablePorts.map((port) => ({ from, to, family, protocol, port })),
      ),
    ),
  );

const addressIn = (family: Family, addresses: readonly string[]) =>
  addresses[family === 'ipv4' ? 0 : 1]!;

/** The first packet on which plan and oracle do not agree. */
function findDisagreement(list: readonly NetworkPolicy[], plan: TablePlan): string | undefined {
  for (const each of traffic(plan.family)) {
    const isRight = isAllowed(list, spaces, each);
    const { from, to, protocol, port } = each;
    const does = passes(plan, {
      from: addressIn(plan.family, from.addresses),
      to: addressIn(plan.family, to.addresses),
      protocol: protocol.toLowerCase(),
      port,
    });
    const words = [keyOfPod(from), keyOfPod(to), protocol, port].join(' ');
    if (does !== isRight) return `${words} is ${does}, should be ${isRight}`;
  }
  return undefined;
}

/** Thrown, so that fast-check shows the smallest case. */
function agree(list: readonly NetworkPolicy[], plan: TablePlan): void {
  const problem = findDisagreement(list, plan);
  if (problem) throw new Error(problem);
}

const planOf = (view: PolicyView, family: Family) => new Planner(family).plan(view);

for (const [name, spec] of Object.entries(written)) {
  test(`the plan allows what the words say: ${name}`, (t) => {
    const list = [policyOf('x/policy', spec)];
    const world = createWorld({ namespaces: spaces, pods: tablePods, policies: list });
    for (const family of families) {
      t.is(findDisagreement(list, planOf(world, family)), undefined);
    }
  });
}

test('any policies: the plan allows exactly what their words say', (t) => {
  fc.assert(
    fc.property(policies, fc.constantFrom(...families), (list, family) => {
      const world = createWorld({ namespaces: spaces, pods: tablePods, policies: list });
      agree(list, planOf(world, family));
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('whatever came before: a changed world plans as a new one does', (t) => {
  const steps = fc.array(fc.tuple(fc.nat(8), fc.nat(4), policies), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(steps, fc.constantFrom(...families), (all, family) => {
      const world = createWorld({ namespaces: spaces, pods: tablePods, policies: [] });
      const planner = new Planner(family);
      const list = new Map<string, NetworkPolicy>();
      for (const [podIndex, gone, some] of all) {
        for (const each of some) {
          const key = `${each.metadata?.namespace}/${each.metadata?.name}`;
          list.set(key, each);
          setPolicy(world, each);
        }
        const removed = [...list.keys()][gone];
        if (removed) {
          list.delete(removed);
          world.setPolicy(removed, undefined);
        }
        const pod = tablePods[podIndex]!;
        world.setPod(keyOfPod(pod), undefined, true);
        if (gone % 2) world.keep(new Set(planner.plan(world).sets.keys()));
        world.setPod(keyOfPod(pod), viewPod(podObject(pod), pod.addresses), true);
        world.setNamespace('y', gone % 2 ? {} : spaces.y);
        world.setNamespace('y', spaces.y);
        const plan = planner.plan(world);
        world.keep(new Set(plan.sets.keys()));
        agree([...list.values()], plan);
      }
    }),
    { numRuns: 25 },
  );
  t.pass();
});
