// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.events.v1 v1 events.k8s.io
type Event kind
 action string
 apiVersion string
 deprecatedCount int32
 deprecatedFirstTimestamp Time
 deprecatedLastTimestamp Time
 deprecatedSource core-v1.EventSource held
 eventTime MicroTime required
 kind string
 metadata meta-v1.ObjectMeta held
 note string
 reason string
 regarding core-v1.ObjectReference held
 related core-v1.ObjectReference
 reportingController string
 reportingInstance string
 series EventSeries
 type string
type EventList kind
 apiVersion string
 items [Event] required
 kind string
 metadata meta-v1.ListMeta held
type EventSeries
 count int32 required
 lastObservedTime MicroTime required
`;
