import test from 'ava';
import { events, eventsV1 } from '../resources.ts';
import { checkCases, type Loose } from './testing.ts';

const about = { kind: 'Pod', name: 'web', namespace: 'default' };
const time = '2026-01-01T00:00:00.000000Z';
const fresh = (more: Loose) => ({
  eventTime: time,
  reportingController: 'example.com/c',
  reportingInstance: 'c-1',
  action: 'Binding',
  reason: 'Bound',
  type: 'Normal',
  regarding: about,
  ...more,
});

test(
  'apiserver A114: events of core',
  checkCases(events, {
    'nothing but what it is about': { object: { involvedObject: about }, want: [] },
    'another namespace': {
      object: { involvedObject: { ...about, namespace: 'other' } },
      want: ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    },
    'a time, so who says it': {
      object: { involvedObject: about, eventTime: time, message: 'x'.repeat(1025) },
      want: [
        'reportingComponent: Required value',
        'reportingComponent: Invalid value: "": name part must be non-empty',
        `reportingComponent: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        'reportingInstance: Required value',
        'action: Required value',
        'reason: Required value',
        'message: Invalid value: "": can have at most 1024 characters',
      ],
    },
  }),
);

test(
  'apiserver A114: events of events.k8s.io are stricter',
  checkCases(eventsV1, {
    'nothing wrong': { object: fresh({}), want: [] },
    'fields of old times': {
      object: fresh({ deprecatedCount: 1, deprecatedSource: { component: 'x' }, type: 'Odd' }),
      want: [
        'type: Invalid value: "": has invalid value: Odd',
        'count: Invalid value: "": needs to be unset',
        'source: Invalid value: "": needs to be unset',
      ],
    },
    'a series of one': {
      object: fresh({ series: { count: 1, lastObservedTime: time } }),
      want: ['series.count: Invalid value: "": should be at least 2'],
    },
    'again and again': {
      old: fresh({}),
      object: fresh({ series: { count: 2, lastObservedTime: time } }),
      want: [],
    },
    'something else after all': {
      old: fresh({}),
      object: fresh({ note: 'other' }),
      want: ['message: Invalid value: "other": field is immutable'],
    },
  }),
);
