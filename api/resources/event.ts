import { column, none, wideColumn } from '../columns.ts';
import { formatAge } from '../duration.ts';
import type { Resource } from '../resource.ts';
import type { Event } from '../types/core-v1.generated.ts';
import { validateEvent } from '../validation/event.ts';
import { allVerbs } from './verbs.ts';

export const events: Resource<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    column('Last Seen', 'When it last happened.', (event, now) => formatAge(lastSeen(event), now)),
    column('Type', 'Normal or Warning.', ({ type }) => type ?? ''),
    column('Reason', 'One word for what happened.', ({ reason }) => reason ?? ''),
    column('Object', 'What it happened to.', objectCell),
    wideColumn('Subobject', 'The part of it.', ({ involvedObject }) => {
      return involvedObject?.fieldPath ?? '';
    }),
    wideColumn('Source', 'Who says so.', sourceCell),
    column('Message', 'A sentence on what happened.', ({ message }) => (message ?? '').trim()),
    wideColumn('First Seen', 'When it first happened.', (event, now) => {
      return formatAge(firstSeen(event), now);
    }),
    wideColumn('Count', 'How often it happened.', ({ series, count }) => {
      return String(series?.count ?? (count || 1));
    }),
    wideColumn('Name', 'Name of the event.', ({ metadata }) => metadata.name ?? none),
  ],
  fields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject?.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject?.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject?.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject?.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  ttlSeconds: 3600,
  applyDefaults: (draft) => {
    draft.involvedObject ??= {};
  },
  validate: validateEvent,
};

const firstSeen = (event: Event) => event.firstTimestamp || event.eventTime;

const lastSeen = (event: Event) =>
  event.series?.lastObservedTime || event.lastTimestamp || firstSeen(event);

function objectCell({ involvedObject: { kind = '', name } = {} }: Event): string {
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase();
}

function sourceCell({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent;
  const host = source?.host || reportingInstance;
  return [component, host].filter(Boolean).join(', ');
}
