/** Whatever an object says, both versions say it: there and back nothing is lost. */
import test from 'ava';
import fc from 'fast-check';
import type * as v2 from '../types/autoscaling-v2.generated.ts';
import type { Event } from '../types/core-v1.generated.ts';
import { toV1, toV2 } from './autoscaler.ts';
import { fromCoreEvent, toCoreEvent } from './event.ts';

const name = fc.constantFrom('a', 'b-c', '__proto__', 'constructor');
const count = fc.integer({ min: 0, max: 100 });
const amount = count.map((each) => `${each + 1}m`);
const absent = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined });
const identifier = fc.record(
  { name, selector: fc.constant({ matchLabels: { a: 'b' } }) },
  { requiredKeys: ['name'] },
);
const average = fc.record({ type: fc.constant('AverageValue'), averageValue: amount });
const value = fc.record({ type: fc.constant('Value'), value: amount });
const usage = fc.oneof(
  average,
  fc.record({ type: fc.constant('Utilization'), averageUtilization: count }),
);
const reference = fc.record({ kind: name, name });

const metric: fc.Arbitrary<v2.MetricSpec> = fc.oneof(
  fc.record({
    type: fc.constant('Pods'),
    pods: fc.record({ metric: identifier, target: average }),
  }),
  fc.record({
    type: fc.constant('Object'),
    object: fc.record({
      describedObject: reference,
      metric: identifier,
      target: fc.oneof(value, average),
    }),
  }),
  fc.record({
    type: fc.constant('External'),
    external: fc.record({ metric: identifier, target: fc.oneof(value, average) }),
  }),
  fc.record({
    type: fc.constant('Resource'),
    resource: fc.record({ name: fc.constant('memory'), target: usage }),
  }),
  fc.record({
    type: fc.constant('ContainerResource'),
    containerResource: fc.record({ name, container: name, target: usage }),
  }),
);

const scaler = fc.record({
  metrics: fc.array(metric, { maxLength: 4 }),
  cpu: absent(count),
  behavior: absent(fc.constant({ scaleUp: { selectPolicy: 'Max' } })),
  conditions: absent(fc.array(fc.record({ type: name, status: name }), { minLength: 1 })),
});

test('an autoscaler is the same after a visit to autoscaling/v1', (t) => {
  const property = fc.property(scaler, ({ metrics, cpu, behavior, conditions }) => {
    const target = { type: 'Utilization', averageUtilization: cpu };
    // Upstream, too, puts the CPU behind the others.
    const last = cpu === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target } }];
    const all = [...metrics, ...last] as v2.MetricSpec[];
    const before: v2.HorizontalPodAutoscaler = {
      kind: 'HorizontalPodAutoscaler',
      apiVersion: 'autoscaling/v2',
      metadata: { name: 'a' },
      spec: {
        scaleTargetRef: { kind: 'A', name: 'a' },
        maxReplicas: 1,
        ...(all.length > 0 && { metrics: all }),
        ...(behavior && { behavior }),
      },
      status: { currentReplicas: 0, desiredReplicas: 1, ...(conditions && { conditions }) },
    };
    t.deepEqual(plain(toV2(toV1(plain(before)))), plain(before));
  });
  fc.assert(property);
});

const event = fc.record(
  {
    involvedObject: fc.record({ kind: name, name }, { requiredKeys: [] }),
    reason: name,
    message: name,
    source: fc.record({ component: name }),
    firstTimestamp: name,
    lastTimestamp: name,
    count,
    type: name,
    eventTime: name,
    series: fc.record({ count }),
    action: name,
    related: fc.record({ name }),
    reportingComponent: name,
    reportingInstance: name,
  },
  { requiredKeys: ['involvedObject'] },
);

test('an event is the same after a visit to events.k8s.io', (t) => {
  const property = fc.property(event, (fields) => {
    const before = { kind: 'Event', apiVersion: 'v1', metadata: { name: 'a' }, ...fields };
    const { eventTime, ...after } = toCoreEvent(fromCoreEvent(before as Event));
    t.deepEqual(plain({ ...after, ...(eventTime && { eventTime }) }), plain(before));
  });
  fc.assert(property);
});

/** As it is in JSON. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
