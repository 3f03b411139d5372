import test from 'ava';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import { planDeployment, type Step } from './plan.ts';
import { planStatus } from './status.ts';
import { findNew, hashTemplate } from './template.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const templateOf = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image }] },
});

function deployment(spec: Partial<NonNullable<Deployment['spec']>> = {}): Deployment {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'd', generation: 1 },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: templateOf('v2'),
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      ...spec,
    },
  };
}

function set(image: string, size: number, revision: number, available = size): ReplicaSet {
  const template = templateOf(image);
  return {
    metadata: {
      name: image,
      uid: image,
      namespace: 'default',
      creationTimestamp: `2026-01-01T00:00:0${revision}Z`,
      annotations: {
        'deployment.kubernetes.io/revision': String(revision),
        'deployment.kubernetes.io/desired-replicas': '4',
        'deployment.kubernetes.io/max-replicas': '5',
      },
    },
    spec: {
      replicas: size,
      selector: {},
      template: {
        ...template,
        metadata: { labels: { ...template.metadata.labels, 'pod-template-hash': 'x' } },
      },
    },
    status: { replicas: size, availableReplicas: available, readyReplicas: available },
  };
}

/** One step a line: `create size 1 revision 3`, `v1: 4 -> 3`. */
function format(step: Step): string {
  if (step.kind === 'annotate') return `note revision ${step.revision}`;
  const { replicaSet } = step;
  const { metadata, spec } = replicaSet;
  const revision = metadata?.annotations?.['deployment.kubernetes.io/revision'];
  if (step.kind === 'create') return `create size ${spec?.replicas} revision ${revision}`;
  if (step.kind === 'delete') return `delete ${metadata?.name}`;
  const from = step.from.spec?.replicas;
  return from === spec?.replicas
    ? `${metadata?.name}: revision ${revision}`
    : `${metadata?.name}: ${from} -> ${spec?.replicas}`;
}

const cases: { name: string; of?: Deployment; sets: ReplicaSet[]; want: string[] }[] = [
  { name: 'makes the first at full size', sets: [], want: ['create size 4 revision 1'] },
  {
    name: 'makes the next as large as there is room',
    sets: [set('v1', 4, 1)],
    want: ['create size 1 revision 2'],
  },
  {
    name: 'shrinks the old by what may be missing',
    sets: [set('v2', 1, 2, 0), set('v1', 4, 1)],
    want: ['v1: 4 -> 3', 'note revision 2'],
  },
  {
    name: 'grows the new before it shrinks the old',
    sets: [set('v2', 1, 2), set('v1', 3, 1)],
    want: ['v2: 1 -> 2', 'note revision 2'],
  },
  {
    name: 'waits while nothing may move',
    sets: [set('v2', 2, 2, 0), set('v1', 3, 1)],
    want: ['note revision 2'],
  },
  {
    name: 'ends old pods that do not work even so',
    sets: [set('v2', 1, 2, 0), set('v1', 4, 1, 3)],
    want: ['v1: 4 -> 3', 'note revision 2'],
  },
  {
    name: 'makes an old template the newest again when rolled back',
    sets: [set('v2', 0, 1), set('v3', 4, 2)],
    want: ['v2: 0 -> 1', 'note revision 3'],
  },
  {
    name: 'shares a new size out in proportion in the middle of a rollout',
    of: deployment({ replicas: 8 }),
    sets: [set('v2', 2, 2), set('v1', 3, 1)],
    want: ['v2: 2 -> 4', 'v1: 3 -> 5'],
  },
  {
    name: 'rolls nothing out while paused, but scales',
    of: deployment({ paused: true, replicas: 6 }),
    sets: [set('v1', 4, 1)],
    want: ['v1: 4 -> 6'],
  },
  {
    name: 'ends all old pods first for Recreate',
    of: deployment({ strategy: { type: 'Recreate' } }),
    sets: [set('v1', 4, 1)],
    want: ['v1: 4 -> 0'],
  },
  {
    name: 'drops history beyond its limit once complete',
    of: deployment({ revisionHistoryLimit: 1 }),
    sets: [set('v2', 4, 3), set('v1', 0, 2), set('v0', 0, 1)],
    want: ['note revision 3', 'delete v0'],
  },
  {
    name: 'touches nothing while it is being deleted',
    of: { ...deployment(), metadata: { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' } },
    sets: [set('v1', 4, 1)],
    want: [],
  },
];

for (const { name, of = deployment(), sets, want } of cases) {
  test(`planDeployment ${name}`, (t) => {
    // Sizes were made for this deployment, unless the case is about another size.
    const steps = planDeployment({ deployment: of, replicaSets: sets, pods: [], nowMs });
    t.deepEqual(steps.map(format), want);
  });
}

test('a template is the same whatever the order of its keys, and a collision gives another name', (t) => {
  const { containers } = templateOf('v2').spec;
  const turned = { spec: { containers }, metadata: { labels: { app: 'web' } } };
  t.is(hashTemplate(turned, 0), hashTemplate(templateOf('v2'), 0));
  t.not(hashTemplate(turned, 1), hashTemplate(turned, 0));
  t.regex(hashTemplate(turned, 0), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  t.is(findNew(deployment(), [set('v1', 1, 1), set('v2', 1, 2)])?.metadata?.name, 'v2');
});

test('a rollout without progress is over after its deadline, and not before', (t) => {
  const started = deployment({ progressDeadlineSeconds: 60 });
  const sets = { fresh: set('v2', 4, 2, 0), old: [] };
  const first = planStatus({ deployment: started, sets, nowMs, collisionCount: undefined });
  t.is(first.recheckMs, 60_000);
  const later = { ...started, status: first.status };
  const at = (ms: number) =>
    planStatus({
      deployment: later,
      sets,
      nowMs: nowMs + ms,
      collisionCount: undefined,
    }).status.conditions?.find(({ type }) => type === 'Progressing')?.reason;
  t.deepEqual([at(59_000), at(60_000)], ['ReplicaSetUpdated', 'ProgressDeadlineExceeded']);
});
