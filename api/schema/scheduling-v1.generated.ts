// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.scheduling.v1 v1 scheduling.k8s.io
type PriorityClass kind
 apiVersion string
 description string
 globalDefault boolean
 kind string
 metadata meta-v1.ObjectMeta held
 preemptionPolicy string enum=PreemptLowerPriority|Never
 value int32
type PriorityClassList kind
 apiVersion string
 items [PriorityClass] required
 kind string
 metadata meta-v1.ListMeta held
`;
