// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.apps.v1 v1 apps
type ControllerRevision kind
 apiVersion string
 data object
 kind string
 metadata meta-v1.ObjectMeta held
 revision int64 required
type ControllerRevisionList kind
 apiVersion string
 items [ControllerRevision] required
 kind string
 metadata meta-v1.ListMeta held
type DaemonSet kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec DaemonSetSpec held
 status DaemonSetStatus held
type DaemonSetCondition
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type DaemonSetList kind
 apiVersion string
 items [DaemonSet] required
 kind string
 metadata meta-v1.ListMeta held
type DaemonSetSpec
 minReadySeconds int32
 revisionHistoryLimit int32
 selector meta-v1.LabelSelector required
 template core-v1.PodTemplateSpec required held
 updateStrategy DaemonSetUpdateStrategy held
type DaemonSetStatus
 collisionCount int32
 conditions [DaemonSetCondition] listType=map keys=type patchKey=type patchStrategy=merge
 currentNumberScheduled int32 required
 desiredNumberScheduled int32 required
 numberAvailable int32
 numberMisscheduled int32 required
 numberReady int32 required
 numberUnavailable int32
 observedGeneration int64
 updatedNumberScheduled int32
type DaemonSetUpdateStrategy
 rollingUpdate RollingUpdateDaemonSet
 type string enum=OnDelete|RollingUpdate
type Deployment kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec DeploymentSpec held
 status DeploymentStatus held
type DeploymentCondition
 lastTransitionTime Time
 lastUpdateTime Time
 message string
 reason string
 status string required
 type string required
type DeploymentList kind
 apiVersion string
 items [Deployment] required
 kind string
 metadata meta-v1.ListMeta held
type DeploymentSpec
 minReadySeconds int32
 paused boolean
 progressDeadlineSeconds int32
 replicas int32
 revisionHistoryLimit int32
 selector meta-v1.LabelSelector required
 strategy DeploymentStrategy held patchStrategy=retainKeys
 template core-v1.PodTemplateSpec required held
type DeploymentStatus
 availableReplicas int32
 collisionCount int32
 conditions [DeploymentCondition] listType=map keys=type patchKey=type patchStrategy=merge
 observedGeneration int64
 readyReplicas int32
 replicas int32
 terminatingReplicas int32
 unavailableReplicas int32
 updatedReplicas int32
type DeploymentStrategy
 rollingUpdate RollingUpdateDeployment
 type string enum=Recreate|RollingUpdate
type ReplicaSet kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ReplicaSetSpec held
 status ReplicaSetStatus held
type ReplicaSetCondition
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type ReplicaSetList kind
 apiVersion string
 items [ReplicaSet] required
 kind string
 metadata meta-v1.ListMeta held
type ReplicaSetSpec
 minReadySeconds int32
 replicas int32
 selector meta-v1.LabelSelector required
 template core-v1.PodTemplateSpec held
type ReplicaSetStatus
 availableReplicas int32
 conditions [ReplicaSetCondition] listType=map keys=type patchKey=type patchStrategy=merge
 fullyLabeledReplicas int32
 observedGeneration int64
 readyReplicas int32
 replicas int32 required
 terminatingReplicas int32
type RollingUpdateDaemonSet
 maxSurge IntOrString
 maxUnavailable IntOrString
type RollingUpdateDeployment
 maxSurge IntOrString
 maxUnavailable IntOrString
type RollingUpdateStatefulSetStrategy
 maxUnavailable IntOrString
 partition int32
type StatefulSet kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec StatefulSetSpec held
 status StatefulSetStatus held
type StatefulSetCondition
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type StatefulSetList kind
 apiVersion string
 items [StatefulSet] required
 kind string
 metadata meta-v1.ListMeta held
type StatefulSetOrdinals
 start int32
type StatefulSetPersistentVolumeClaimRetentionPolicy
 whenDeleted string
 whenScaled string
type StatefulSetSpec
 minReadySeconds int32
 ordinals StatefulSetOrdinals
 persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy
 podManagementPolicy string enum=OrderedReady|Parallel
 replicas int32
 revisionHistoryLimit int32
 selector meta-v1.LabelSelector required
 serviceName string
 template core-v1.PodTemplateSpec required held
 updateStrategy StatefulSetUpdateStrategy held
 volumeClaimTemplates [core-v1.PersistentVolumeClaim] listType=atomic
type StatefulSetStatus
 availableReplicas int32
 collisionCount int32
 conditions [StatefulSetCondition] listType=map keys=type patchKey=type patchStrategy=merge
 currentReplicas int32
 currentRevision string
 observedGeneration int64
 readyReplicas int32
 replicas int32 required
 updateRevision string
 updatedReplicas int32
type StatefulSetUpdateStrategy
 rollingUpdate RollingUpdateStatefulSetStrategy
 type string enum=OnDelete|RollingUpdate
`;
