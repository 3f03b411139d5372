// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.discovery.v1 v1 discovery.k8s.io
type Endpoint
 addresses [string] required listType=set
 conditions EndpointConditions held
 deprecatedTopology {string}
 hints EndpointHints
 hostname string
 nodeName string
 targetRef core-v1.ObjectReference
 zone string
type EndpointConditions
 ready boolean
 serving boolean
 terminating boolean
type EndpointHints
 forNodes [ForNode] listType=atomic
 forZones [ForZone] listType=atomic
type EndpointPort mapType=atomic
 appProtocol string
 name string
 port int32
 protocol string enum=SCTP|TCP|UDP
type EndpointSlice kind
 addressType string required enum=FQDN|IPv4|IPv6
 apiVersion string
 endpoints [Endpoint] listType=atomic
 kind string
 metadata meta-v1.ObjectMeta held
 ports [EndpointPort] listType=atomic
type EndpointSliceList kind
 apiVersion string
 items [EndpointSlice] required
 kind string
 metadata meta-v1.ListMeta held
type ForNode
 name string required
type ForZone
 name string required
`;
