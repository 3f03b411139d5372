/**
 * From any state, with pods that become ready and break as they like: an update never takes more
 * pods away than it may, never touches what the partition protects, and ends once pods work.
 */
import test from 'ava';
import fc from 'fast-check';
import type { StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { revisionLabel } from '../revisions/plan.ts';
import { planStatefulSet } from './plan.ts';

const revision = (name: string) => ({
  metadata: { name },
  data: { spec: { template: { spec: { containers: [] } } } },
  revision: 1,
});
const [current, update] = [revision('old'), revision('new')];

const pod = (ordinal: number, state: string, isReady: boolean): Pod => ({
  metadata: { name: `db-${ordinal}`, uid: `${ordinal}`, labels: { [revisionLabel]: state } },
  spec: { containers: [] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
  },
});

const world = fc.record({
  pods: fc.array(
    fc.record({ state: fc.constantFrom('old', 'new', 'older'), isReady: fc.boolean() }),
    { minLength: 1, maxLength: 8 },
  ),
  partition: fc.integer({ min: 0, max: 8 }),
  maxUnavailable: fc.integer({ min: 1, max: 4 }),
  policy: fc.constantFrom('OrderedReady', 'Parallel'),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const isReady = ({ status }: Pod) => status?.conditions?.[0]?.status === 'True';

function step({ pods: { length }, partition, maxUnavailable, policy }: World, pods: Pod[]): Pod[] {
  const set: StatefulSet = {
    metadata: { name: 'db', uid: 'db' },
    spec: {
      replicas: length,
      selector: {},
      template: {},
      podManagementPolicy: policy,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition, maxUnavailable } },
    },
  };
  const observed = { set, pods, claim: () => undefined, current, update, nowMs: 1 };
  let next = pods;
  for (const each of planStatefulSet(observed)) {
    if (each.kind === 'delete') next = next.filter((one) => one !== each.pod);
    if (each.kind === 'create') {
      const state = each.pod.metadata?.labels?.[revisionLabel] ?? '';
      const ordinal = Number(each.pod.metadata?.name?.slice(3));
      next = [...next, pod(ordinal, state, false)];
    }
  }
  return next;
}

const start = ({ pods }: World) => pods.map(({ state, isReady }, i) => pod(i, state, isReady));

test('an update never takes more away than it may, nor what the partition protects', (t) => {
  fc.assert(
    fc.property(world, fc.infiniteStream(fc.boolean()), (given, luck) => {
      let pods = start(given);
      const size = given.pods.length;
      for (let i = 0; i < 40; i++) {
        const before = pods.filter(isReady);
        const next = step(given, pods);
        const after = next.filter(isReady);
        const floor = Math.min(before.length, size - given.maxUnavailable);
        if (after.length < floor) return false;
        const isProtected = ({ metadata }: Pod) =>
          Number(metadata?.name?.slice(3)) < given.partition;
        if (before.filter(isProtected).some((each) => !next.includes(each))) return false;
        if (new Set(next.map(({ metadata }) => metadata?.name)).size !== next.length) return false;
        pods = next.map((each) => {
          const labels = each.metadata?.labels?.[revisionLabel] ?? '';
          const isUp = isReady(each) || (luck.next().value as boolean);
          return isUp === isReady(each)
            ? each
            : pod(Number(each.metadata?.name?.slice(3)), labels, isUp);
        });
      }
      return true;
    }),
  );
  t.pass();
});

test('an update ends, from any state, once pods work', (t) => {
  fc.assert(
    fc.property(world, (given) => {
      let pods = start(given);
      for (let i = 0; i < 60; i++) {
        pods = step(given, pods).map(({ metadata }) =>
          pod(Number(metadata?.name?.slice(3)), metadata?.labels?.[revisionLabel] ?? '', true),
        );
      }
      return pods.every(({ metadata }) => {
        const isBelow = Number(metadata?.name?.slice(3)) < given.partition;
        return isBelow || metadata?.labels?.[revisionLabel] === 'new';
      });
    }),
  );
  t.pass();
});
