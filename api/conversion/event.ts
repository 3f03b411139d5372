/** events.k8s.io/v1 ↔ core/v1: the same fields under other names. */
import type * as core from '../types/core-v1.generated.ts';
import type * as events from '../types/events-v1.generated.ts';

export function toCoreEvent(event: events.Event): core.Event {
  const {
    regarding = {},
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...same
  } = event;
  return defined({
    ...same,
    kind: 'Event',
    apiVersion: 'v1',
    metadata: event.metadata ?? {},
    involvedObject: regarding,
    message: note,
    reportingComponent: reportingController,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
  }) as core.Event;
}

export function fromCoreEvent(event: core.Event): events.Event {
  const {
    involvedObject,
    message,
    reportingComponent,
    source,
    firstTimestamp,
    lastTimestamp,
    count,
    ...same
  } = event;
  return defined({
    ...same,
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    eventTime: event.eventTime ?? null,
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  }) as unknown as events.Event;
}

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
