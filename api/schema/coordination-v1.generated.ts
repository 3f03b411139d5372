// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.coordination.v1 v1 coordination.k8s.io
type Lease kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec LeaseSpec held
type LeaseList kind
 apiVersion string
 items [Lease] required
 kind string
 metadata meta-v1.ListMeta held
type LeaseSpec
 acquireTime MicroTime
 holderIdentity string
 leaseDurationSeconds int32
 leaseTransitions int32
 preferredHolder string
 renewTime MicroTime
 strategy string
`;
