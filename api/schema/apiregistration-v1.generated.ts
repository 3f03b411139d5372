// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.kube-aggregator.pkg.apis.apiregistration.v1 v1 apiregistration.k8s.io
type APIService kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec APIServiceSpec held
 status APIServiceStatus held
type APIServiceCondition
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type APIServiceList kind
 apiVersion string
 items [APIService] required
 kind string
 metadata meta-v1.ListMeta held
type APIServiceSpec
 caBundle bytes listType=atomic
 group string
 groupPriorityMinimum int32 required
 insecureSkipTLSVerify boolean
 service ServiceReference
 version string
 versionPriority int32 required
type APIServiceStatus
 conditions [APIServiceCondition] listType=map keys=type patchKey=type patchStrategy=merge
type ServiceReference
 name string
 namespace string
 port int32
`;
