/** Events: about what, and who says so. */
import type { StatusCause } from '../../base/errors.ts';
import { toCoreEvent } from '../conversion/event.ts';
import { isDns1123Subdomain, isQualifiedName } from '../names.ts';
import type { Event, EventSeries } from '../types/core-v1.generated.ts';
import type * as events from '../types/events-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { isSame } from './same.ts';

/** What holds for every event, whichever version it came by. */
export function validateEvent(event: Event, old: Event | undefined): StatusCause[] {
  const causes = validateMetadata(event, old, namespacedSubdomain);
  if (!event.eventTime) return [...causes, ...checkPlace(event, { isNew: false })];
  return [...causes, ...checkPlace(event, { isNew: true }), ...checkReporter(event)];
}

/** Events about what has no namespace are kept in `default`. */
function checkPlace(event: Event, { isNew }: { readonly isNew: boolean }): StatusCause[] {
  const { namespace = '' } = event.metadata;
  const about = event.involvedObject?.namespace ?? '';
  const homes = isNew ? ['default', 'kube-system'] : ['', 'default'];
  const isAtHome = about === '' ? homes.includes(namespace) : isNew || about === namespace;
  if (isAtHome) return [];
  return [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

const wordBytesMax = 128;
const messageBytesMax = 1024;

/** Who writes the newer kind of event says who it is and what it does. */
function checkReporter(event: Event): StatusCause[] {
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '' } = event;
  const causes = reportingComponent ? [] : [requiredValue('reportingComponent')];
  causes.push(
    ...problemsOf('reportingComponent', reportingComponent, isQualifiedName(reportingComponent)),
  );
  for (const [name, word] of Object.entries({ reportingInstance, action, reason })) {
    if (word === '') causes.push(requiredValue(name));
    if (byteLength(word) <= wordBytesMax) continue;
    causes.push(invalidValue(name, '', `can have at most ${wordBytesMax} characters`));
  }
  if (byteLength(event.message ?? '') > messageBytesMax) {
    const detail = `can have at most ${messageBytesMax} characters`;
    causes.push(invalidValue('message', '', detail));
  }
  return causes;
}

const byteLength = (text: string) => new TextEncoder().encode(text).length;

const oldFields = ['firstTimestamp', 'lastTimestamp', 'count', 'source'] as const;

/** What events.k8s.io asks beyond that. Fields have the stored form's names, as upstream's do. */
export function validateNewEvent(
  event: events.Event,
  before: events.Event | undefined,
): StatusCause[] {
  const stored = toCoreEvent(event);
  const old = before && toCoreEvent(before);
  if (old) return checkNewUpdate(stored, old);
  const causes = checkSeries(stored.series);
  const { name = '' } = stored.metadata;
  if (name) causes.push(...problemsOf('metadata.name', name, isDns1123Subdomain(name)));
  if (!stored.eventTime) causes.push(requiredValue('eventTime'));
  if (stored.type !== 'Normal' && stored.type !== 'Warning') {
    causes.push(invalidValue('type', '', `has invalid value: ${stored.type ?? ''}`));
  }
  const set = oldFields.filter((field) => !isZero(stored[field]));
  return [...causes, ...set.map((field) => invalidValue(field, '', 'needs to be unset'))];
}

const isZero = (value: unknown): boolean =>
  !value || (typeof value === 'object' && Object.values(value).every((each) => !each));

function checkSeries(series: EventSeries | undefined): StatusCause[] {
  if (!series) return [];
  const causes: StatusCause[] = [];
  if ((series.count ?? 0) < 2) {
    causes.push(invalidValue('series.count', '', 'should be at least 2'));
  }
  if (!series.lastObservedTime) causes.push(requiredValue('series.lastObservedTime'));
  return causes;
}

const fixed = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

/** It happens again, or it does not: all else was said when it first did. */
const checkNewUpdate = (event: Event, old: Event): StatusCause[] => [
  ...(isSame(event.series, old.series) ? [] : checkSeries(event.series)),
  ...fixed.flatMap((field) => checkImmutable(field, event[field], old[field])),
];
