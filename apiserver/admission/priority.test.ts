import test from 'ava';
import { pods } from '../../api/resources/pod.ts';
import { priorityClasses } from '../../api/resources/priority-class.ts';
import type { PriorityClass } from '../../api/types/scheduling-v1.generated.ts';
import { createFakeReader } from './fake-reader.ts';
import { createPriority } from './priority.ts';
import { admissionRequest, podWith, type RequestParts, verdict } from './testing.ts';

function setUp(...classes: PriorityClass[]) {
  const reader = createFakeReader();
  for (const each of classes) reader.put(priorityClasses, each);
  const plugin = createPriority({ reader });
  return {
    ask: (parts: RequestParts) => verdict([plugin], admissionRequest(pods, parts)),
    askClass: (object: PriorityClass, old?: PriorityClass) =>
      verdict([plugin], admissionRequest(priorityClasses, { object, old })),
  };
}

const priorityClass = (name: string, value: number, more: Partial<PriorityClass> = {}) => ({
  metadata: { name },
  value,
  ...more,
});
const high = priorityClass('high', 1000, { preemptionPolicy: 'Never' });
const usual = priorityClass('usual', 5, { globalDefault: true });

test('apiserver A119: a pod has the priority of its class', async (t) => {
  const object = podWith({ priorityClassName: 'high' });
  t.is(await setUp(high, usual).ask({ object }), 'admitted');
  t.like(object.spec!, { priority: 1000, preemptionPolicy: 'Never', priorityClassName: 'high' });
});

test('apiserver A119: a pod without class has the default one, or none at all', async (t) => {
  const [one, other] = [podWith(), podWith()];
  await setUp(high, usual).ask({ object: one });
  t.like(one.spec!, { priority: 5, priorityClassName: 'usual' });
  await setUp(high).ask({ object: other });
  t.like(other.spec!, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  t.is(other.spec!.priorityClassName, undefined);
});

test('apiserver A119: nobody chooses the number, or a class that is not there', async (t) => {
  const { ask } = setUp(high);
  const start = '403 pods "web" is forbidden:';
  t.is(
    await ask({ object: podWith({ priorityClassName: 'gone' }) }),
    `${start} no PriorityClass with name gone was found`,
  );
  t.is(
    await ask({ object: podWith({ priority: 7 }) }),
    `${start} the integer value of priority (7) must not be provided in pod spec; ` +
      'priority admission controller computed 0 from the given PriorityClass name',
  );
  t.is(
    await ask({
      object: podWith({ priorityClassName: 'high', preemptionPolicy: 'PreemptLowerPriority' }),
    }),
    `${start} the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided ` +
      'in pod spec; priority admission controller computed Never from the given PriorityClass name',
  );
});

test('an update that leaves the priority out keeps it', async (t) => {
  const object = podWith();
  const old = podWith({ priority: 3, preemptionPolicy: 'Never' });
  await setUp().ask({ object, old });
  t.like(object.spec!, { priority: 3, preemptionPolicy: 'Never' });
});

test('apiserver A119: there is only one default class', async (t) => {
  const { askClass } = setUp(usual);
  const second = priorityClass('second', 6, { globalDefault: true });
  t.is(
    await askClass(second),
    '403 priorityclasses.scheduling.k8s.io "second" is forbidden: ' +
      'PriorityClass usual is already marked as default. Only one default can exist',
  );
  t.is(await askClass(usual, usual), 'admitted');
  t.is(await askClass(high), 'admitted');
});
