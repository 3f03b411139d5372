// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.node.v1 v1 node.k8s.io
type Overhead
 podFixed {Quantity}
type RuntimeClass kind
 apiVersion string
 handler string required
 kind string
 metadata meta-v1.ObjectMeta held
 overhead Overhead
 scheduling Scheduling
type RuntimeClassList kind
 apiVersion string
 items [RuntimeClass] required
 kind string
 metadata meta-v1.ListMeta held
type Scheduling
 nodeSelector {string} mapType=atomic
 tolerations [core-v1.Toleration] listType=atomic
`;
