/**
 * From any state, with pods that become available and break as they like, a rollout keeps its two
 * promises at every step, and ends once pods are allowed to work.
 */
import test from 'ava';
import fc from 'fast-check';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import { type Limits, limitsOf } from './limits.ts';
import { planRolling, planScale, type Sizes } from './rolling.ts';

interface World {
  sets: ReplicaSet[]; // The first is the new one.
}

const set = (name: string, replicas: number, available: number): ReplicaSet => ({
  metadata: { name, creationTimestamp: `2026-01-01T00:00:0${name.length}Z` },
  spec: { replicas, selector: {} },
  status: { replicas, availableReplicas: Math.min(replicas, available) },
});

const intOrPercent = fc.oneof(
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);

const limits = fc
  .record({ replicas: fc.integer({ min: 0, max: 20 }), surge: intOrPercent, down: intOrPercent })
  .map(({ replicas, surge, down }) => {
    const rollingUpdate = { maxSurge: surge, maxUnavailable: down };
    return limitsOf({ spec: { replicas, strategy: { rollingUpdate } } } as Deployment);
  });

const world = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((sizes) => sizes.map(([size, available], i) => set('x'.repeat(i + 1), size, available)));

const total = (sets: readonly ReplicaSet[], of: 'size' | 'available') =>
  sets.reduce(
    (sum, { spec, status }) => sum + (of === 'size' ? spec!.replicas! : status!.availableReplicas!),
    0,
  );

/** Pods that do not work are ended first, as the ReplicaSet controller does. */
function resize(sets: readonly ReplicaSet[], sizes: Sizes): ReplicaSet[] {
  return sets.map((each) => {
    const size = sizes.get(each);
    if (size === undefined) return each;
    return set(each.metadata!.name!, size, each.status!.availableReplicas!);
  });
}

const step = (sets: readonly ReplicaSet[], to: Limits) =>
  resize(sets, planRolling({ fresh: sets[0], old: sets.slice(1) }, to));

test('a rollout never has too many, nor too few by its own doing', (t) => {
  fc.assert(
    fc.property(
      limits,
      world,
      fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
      (to, start, luck) => {
        let { sets }: World = { sets: start };
        const floor = to.replicas - to.maxUnavailable;
        for (let i = 0; i < 60; i++) {
          const next = step(sets, to);
          const most = Math.max(to.replicas + to.maxSurge, total(sets, 'size'));
          if (total(next, 'size') > most) return false;
          const least = Math.min(floor, total(sets, 'available'));
          if (total(next, 'available') < least) return false;
          // Some pods start to work.
          sets = next.map((each) => {
            const gained = luck.next().value;
            return set(
              each.metadata!.name!,
              each.spec!.replicas!,
              each.status!.availableReplicas! + gained,
            );
          });
        }
        return true;
      },
    ),
  );
  t.pass();
});

test('a rollout ends, from any state, once pods work', (t) => {
  fc.assert(
    fc.property(limits, world, (to, start) => {
      let sets = start;
      for (let i = 0; i < 200; i++) {
        sets = step(sets, to).map((each) => set(each.metadata!.name!, each.spec!.replicas!, 99));
      }
      const [fresh, ...old] = sets;
      return fresh?.spec?.replicas === to.replicas && total(old, 'size') === 0;
    }),
  );
  t.pass();
});

test('a change of size is shared out without a pod too many or too few', (t) => {
  fc.assert(
    fc.property(limits, world, (to, start) => {
      const before = total(start, 'size');
      const marked = start.map((each) => {
        each.metadata!.annotations = { 'deployment.kubernetes.io/max-replicas': String(before) };
        return each;
      });
      const sizes = planScale({ fresh: marked[0], old: marked.slice(1) }, to);
      const after = resize(marked, sizes);
      if (after.some(({ spec }) => spec!.replicas! < 0)) return false;
      const active = marked.filter(({ spec }) => spec!.replicas! > 0);
      if (active.length <= 1) return total(after, 'size') === (sizes.size ? to.replicas : before);
      return total(after, 'size') === (to.replicas > 0 ? to.replicas + to.maxSurge : 0);
    }),
  );
  t.pass();
});
