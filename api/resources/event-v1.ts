import { fromCoreEvent, toCoreEvent } from '../conversion/event.ts';
import type { KubeObject, Resource } from '../resource.ts';
import type * as core from '../types/core-v1.generated.ts';
import type { Event } from '../types/events-v1.generated.ts';
import { validateNewEvent } from '../validation/event.ts';
import { events } from './event.ts';

/** The newer face of core's events, and stricter with who writes them. */
export const eventsV1: Resource<Event> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  verbs: events.verbs,
  hasStatus: false,
  storedAs: {
    resource: events as unknown as Resource,
    to: toCoreEvent,
    from: (stored: KubeObject) => fromCoreEvent(stored as core.Event),
  },
  columns: events.columns.map((column) => ({
    ...column,
    cell: (event, now) => column.cell(toCoreEvent(event), now),
  })),
  fields: {
    'regarding.kind': ({ regarding }) => regarding?.kind ?? '',
    'regarding.namespace': ({ regarding }) => regarding?.namespace ?? '',
    'regarding.name': ({ regarding }) => regarding?.name ?? '',
    'regarding.uid': ({ regarding }) => regarding?.uid ?? '',
    'regarding.apiVersion': ({ regarding }) => regarding?.apiVersion ?? '',
    'regarding.resourceVersion': ({ regarding }) => regarding?.resourceVersion ?? '',
    'regarding.fieldPath': ({ regarding }) => regarding?.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
  validate: validateNewEvent,
};
