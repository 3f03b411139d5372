// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.events.v1 v1 events.k8s.io
type Event kind
 action string
 apiVersion string
 deprecatedCount int32
 deprecatedFirstTimestamp Time
 deprecatedLastTimestamp Time
 deprecatedSource core-v1.EventSource
 eventTime MicroTime required
 kind string
 metadata meta-v1.ObjectMeta
 note string
 reason string
 regarding core-v1.ObjectReference
 related core-v1.ObjectReference
 reportingController string
 reportingInstance string
 series EventSeries
 type string
type EventList kind
 apiVersion string
 items [Event] required
 kind string
 metadata meta-v1.ListMeta
type EventSeries
 count int32 required
 lastObservedTime MicroTime required
`;
