// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.autoscaling.v2 v2 autoscaling
type ContainerResourceMetricSource
 container string required
 name string required
 target MetricTarget required held
type ContainerResourceMetricStatus
 container string required
 current MetricValueStatus required held
 name string required
type CrossVersionObjectReference
 apiVersion string
 kind string required
 name string required
type ExternalMetricSource
 metric MetricIdentifier required held
 target MetricTarget required held
type ExternalMetricStatus
 current MetricValueStatus required held
 metric MetricIdentifier required held
type HPAScalingPolicy
 periodSeconds int32 required
 type string required
 value int32 required
type HPAScalingRules
 policies [HPAScalingPolicy] listType=atomic
 selectPolicy string
 stabilizationWindowSeconds int32
 tolerance Quantity
type HorizontalPodAutoscaler kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec HorizontalPodAutoscalerSpec required held
 status HorizontalPodAutoscalerStatus held
type HorizontalPodAutoscalerBehavior
 scaleDown HPAScalingRules
 scaleUp HPAScalingRules
type HorizontalPodAutoscalerCondition
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type HorizontalPodAutoscalerList kind
 apiVersion string
 items [HorizontalPodAutoscaler] required
 kind string
 metadata meta-v1.ListMeta held
type HorizontalPodAutoscalerSpec
 behavior HorizontalPodAutoscalerBehavior
 maxReplicas int32 required
 metrics [MetricSpec] listType=atomic
 minReplicas int32
 scaleTargetRef CrossVersionObjectReference required held
type HorizontalPodAutoscalerStatus
 conditions [HorizontalPodAutoscalerCondition] listType=map keys=type patchKey=type patchStrategy=merge
 currentMetrics [MetricStatus] listType=atomic
 currentReplicas int32
 desiredReplicas int32 required
 lastScaleTime Time
 observedGeneration int64
type MetricIdentifier
 name string required
 selector meta-v1.LabelSelector
type MetricSpec
 containerResource ContainerResourceMetricSource
 external ExternalMetricSource
 object ObjectMetricSource
 pods PodsMetricSource
 resource ResourceMetricSource
 type string required
type MetricStatus
 containerResource ContainerResourceMetricStatus
 external ExternalMetricStatus
 object ObjectMetricStatus
 pods PodsMetricStatus
 resource ResourceMetricStatus
 type string required
type MetricTarget
 averageUtilization int32
 averageValue Quantity
 type string required
 value Quantity
type MetricValueStatus
 averageUtilization int32
 averageValue Quantity
 value Quantity
type ObjectMetricSource
 describedObject CrossVersionObjectReference required held
 metric MetricIdentifier required held
 target MetricTarget required held
type ObjectMetricStatus
 current MetricValueStatus required held
 describedObject CrossVersionObjectReference required held
 metric MetricIdentifier required held
type PodsMetricSource
 metric MetricIdentifier required held
 target MetricTarget required held
type PodsMetricStatus
 current MetricValueStatus required held
 metric MetricIdentifier required held
type ResourceMetricSource
 name string required
 target MetricTarget required held
type ResourceMetricStatus
 current MetricValueStatus required held
 name string required
`;
