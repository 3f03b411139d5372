import test from 'ava';
import type { ControllerRevision } from '../../api/types/apps-v1.generated.ts';
import { planRevision, planTruncation, templateOf } from './plan.ts';

const owner = {
  metadata: {
    name: 'db',
    namespace: 'default',
    annotations: { 'kubernetes.io/change-cause': 'x' },
  },
};
const templateWith = (image: string) => ({
  metadata: { labels: { app: 'db' } },
  spec: { containers: [{ name: 'c', image }] },
});
const wantedOf = (image: string, collisionCount = 0) => ({
  ...{ owner, collisionCount, hashLabel: 'controller-revision-hash' },
  template: templateWith(image),
});

/** The history that these images, one after the other, leave. */
function historyOf(...images: string[]): ControllerRevision[] {
  const known: ControllerRevision[] = [];
  for (const image of images) {
    const plan = planRevision(wantedOf(image), known);
    if (plan.kind === 'create') known.push(plan.revision);
    if (plan.kind === 'raise') plan.revision.revision = plan.to;
  }
  return known;
}

test('planRevision makes a state of each template, with what kubectl reads of it', (t) => {
  const [first] = historyOf('v1');
  const hash = first?.metadata?.labels?.['controller-revision-hash'];
  t.is(first?.metadata?.name, `db-${hash}`);
  t.is(first?.metadata?.labels?.app, 'db');
  t.is(first?.metadata?.annotations?.['kubernetes.io/change-cause'], 'x');
  t.deepEqual(first?.data, { spec: { template: { ...templateWith('v1'), $patch: 'replace' } } });
  t.deepEqual(templateOf(first!), templateWith('v1'));
});

const cases: { name: string; history: string[]; image: string; want: string }[] = [
  { name: 'begins with 1', history: [], image: 'v1', want: 'create 1' },
  { name: 'keeps the newest', history: ['v1', 'v2'], image: 'v2', want: 'keep 2' },
  { name: 'counts on', history: ['v1', 'v2'], image: 'v3', want: 'create 3' },
  { name: 'raises an old one', history: ['v1', 'v2', 'v3'], image: 'v1', want: 'raise 4' },
  { name: 'raises once', history: ['v1', 'v2', 'v1'], image: 'v1', want: 'keep 3' },
];

for (const { name, history, image, want } of cases) {
  test(`planRevision ${name}`, (t) => {
    const plan = planRevision(wantedOf(image), historyOf(...history));
    const number = plan.kind === 'raise' ? plan.to : plan.revision.revision;
    t.is(`${plan.kind} ${number}`, want);
  });
}

test('planRevision gives another name after a collision', (t) => {
  const nameOf = (count: number) => planRevision(wantedOf('v1', count), []).revision.metadata?.name;
  t.not(nameOf(0), nameOf(1));
});

test('planTruncation drops the oldest that nobody uses', (t) => {
  const known = historyOf('v1', 'v2', 'v3', 'v4');
  const names = known.map(({ metadata }) => metadata!.name!);
  const dropped = (limit: number, ...live: number[]) =>
    planTruncation(known, new Set(live.map((i) => names[i]!)), limit).map(
      ({ revision }) => revision,
    );
  t.deepEqual(dropped(1, 3), [1, 2]);
  t.deepEqual(dropped(1, 0, 3), [2]);
  t.deepEqual(dropped(0, 3), [1, 2, 3]);
  t.deepEqual(dropped(10, 3), []);
  t.deepEqual(dropped(-1, 3), []);
});
