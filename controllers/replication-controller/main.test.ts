import test from 'ava';
import type { Pod, ReplicationController } from '../../api/types/core-v1.generated.ts';
import { planClaims } from '../owners.ts';
import { planReplicas, planStatus } from '../replicaset/plan.ts';
import { asReplicaSet } from './main.ts';

const labels = { app: 'web' };
const controller: ReplicationController = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'web', uid: 'web', generation: 2 },
  spec: { replicas: 3, selector: labels, template: { metadata: { labels } } },
};

const pod = (name: string, own: Record<string, string>): Pod => ({
  metadata: { name, uid: name, labels: own },
  spec: { containers: [] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

test('a ReplicationController is still itself when it is seen as a ReplicaSet', (t) => {
  const { apiVersion, kind, metadata } = asReplicaSet(controller);
  t.deepEqual([apiVersion, kind, metadata?.name], ['v1', 'ReplicationController', 'web']);
});

test('it takes hold of the pods that its labels match', (t) => {
  const view = asReplicaSet(controller);
  const pods = [pod('a', { ...labels, more: 'x' }), pod('b', { app: 'other' })];
  const { adopt } = planClaims(view, view.spec?.selector, pods);
  t.deepEqual(
    adopt.map(({ metadata }) => metadata?.name),
    ['a'],
  );
});

test('it makes what is missing and counts what is there, by the plans of ReplicaSets', (t) => {
  const pods = [pod('a', labels)];
  const observed = { replicaSet: asReplicaSet(controller), pods, related: pods, nowMs: 1 };
  t.is(planReplicas(observed).create, 2);
  t.like(planStatus(observed, undefined).status, {
    ...{ replicas: 1, readyReplicas: 1, fullyLabeledReplicas: 1, observedGeneration: 2 },
  });
});

test('without pods or status it is like one that was just made', (t) => {
  const { status, spec } = asReplicaSet({ metadata: { name: 'new' } });
  t.deepEqual([status, spec], [undefined, undefined]);
});
