// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.policy.v1 v1 policy
type Eviction kind
 apiVersion string
 deleteOptions meta-v1.DeleteOptions
 kind string
 metadata meta-v1.ObjectMeta held
type PodDisruptionBudget kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec PodDisruptionBudgetSpec held
 status PodDisruptionBudgetStatus held
type PodDisruptionBudgetList kind
 apiVersion string
 items [PodDisruptionBudget] required
 kind string
 metadata meta-v1.ListMeta held
type PodDisruptionBudgetSpec
 maxUnavailable IntOrString
 minAvailable IntOrString
 selector meta-v1.LabelSelector patchStrategy=replace
 unhealthyPodEvictionPolicy string
type PodDisruptionBudgetStatus
 conditions [meta-v1.Condition] listType=map keys=type patchKey=type patchStrategy=merge
 currentHealthy int32
 desiredHealthy int32
 disruptedPods {Time}
 disruptionsAllowed int32
 expectedPods int32
 observedGeneration int64
`;
