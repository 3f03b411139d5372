// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.autoscaling.v1 v1 autoscaling
type CrossVersionObjectReference mapType=atomic
 apiVersion string
 kind string required
 name string required
type HorizontalPodAutoscaler kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec HorizontalPodAutoscalerSpec required held
 status HorizontalPodAutoscalerStatus held
type HorizontalPodAutoscalerList kind
 apiVersion string
 items [HorizontalPodAutoscaler] required
 kind string
 metadata meta-v1.ListMeta held
type HorizontalPodAutoscalerSpec
 maxReplicas int32 required
 minReplicas int32
 scaleTargetRef CrossVersionObjectReference required held
 targetCPUUtilizationPercentage int32
type HorizontalPodAutoscalerStatus
 currentCPUUtilizationPercentage int32
 currentReplicas int32 required
 desiredReplicas int32 required
 lastScaleTime Time
 observedGeneration int64
type Scale kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ScaleSpec held
 status ScaleStatus held
type ScaleSpec
 replicas int32
type ScaleStatus
 replicas int32 required
 selector string
`;
