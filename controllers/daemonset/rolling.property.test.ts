/**
 * From any state, with pods that become ready when they like: an update of daemons never takes
 * more of them away than it may, never has three on a node, and ends once pods work.
 */
import test from 'ava';
import fc from 'fast-check';
import type { DaemonSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { revisionLabel } from '../revisions/plan.ts';
import { planDaemonSet } from './plan.ts';

let serial = 0;

const pod = (node: string, hash: string, isReady: boolean, uid = `${serial++}`): Pod => ({
  metadata: { name: uid, uid, labels: { [revisionLabel]: hash } },
  spec: { containers: [], nodeName: node },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
  },
});

const isReady = ({ status }: Pod) => status?.conditions?.[0]?.status === 'True';
const hashOf = ({ metadata }: Pod) => metadata?.labels?.[revisionLabel] ?? '';
const ready = (each: Pod) => pod(each.spec!.nodeName!, hashOf(each), true, each.metadata!.uid!);

const world = fc.record({
  // What is on each node; undefined: nothing.
  states: fc.array(
    fc.option(fc.record({ hash: fc.constantFrom('old', 'new'), isReady: fc.boolean() })),
    { minLength: 1, maxLength: 8 },
  ),
  limits: fc.oneof(
    fc.record({ maxSurge: fc.constant(0), maxUnavailable: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ maxSurge: fc.integer({ min: 1, max: 4 }), maxUnavailable: fc.constant(0) }),
  ),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const nodesOf = ({ states }: World) => states.map((_, i) => ({ metadata: { name: `n${i}` } }));

const start = ({ states }: World): Pod[] =>
  states.flatMap((state, i) => (state ? [pod(`n${i}`, state.hash, state.isReady)] : []));

function step(given: World, pods: readonly Pod[]): Pod[] {
  const set: DaemonSet = {
    metadata: { name: 'log', uid: 'log' },
    spec: {
      selector: {},
      template: {},
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: given.limits },
    },
  };
  const observed = { set, pods, nodes: nodesOf(given), hash: 'new', nowMs: 1 };
  const change = planDaemonSet(observed);
  const kept = pods.filter((each) => !change.delete.includes(each));
  return [...kept, ...change.create.map((node) => pod(node, 'new', false))];
}

/** Nodes on which a pod of the set works. */
const served = (pods: readonly Pod[]): number =>
  new Set(pods.filter(isReady).map(({ spec }) => spec?.nodeName)).size;

test('an update of daemons never takes more away than it may', (t) => {
  fc.assert(
    fc.property(world, fc.infiniteStream(fc.boolean()), (given, luck) => {
      let pods = start(given);
      for (let i = 0; i < 40; i++) {
        const next = step(given, pods);
        const floor = Math.min(served(pods), given.states.length - given.limits.maxUnavailable);
        if (served(next) < floor) return false;
        const crowd = nodesOf(given).map(
          ({ metadata }) => next.filter(({ spec }) => spec?.nodeName === metadata.name).length,
        );
        if (Math.max(...crowd) > (given.limits.maxSurge > 0 ? 2 : 1)) return false;
        pods = next.map((each) => (luck.next().value ? ready(each) : each));
      }
      return true;
    }),
  );
  t.pass();
});

test('an update of daemons ends, from any state, once pods work', (t) => {
  fc.assert(
    fc.property(world, (given) => {
      let pods = start(given);
      for (let i = 0; i < 40; i++) pods = step(given, pods).map(ready);
      return pods.length === given.states.length && pods.every((each) => hashOf(each) === 'new');
    }),
  );
  t.pass();
});
