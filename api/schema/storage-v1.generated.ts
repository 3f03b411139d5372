// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.storage.v1 v1 storage.k8s.io
type CSIDriver kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec CSIDriverSpec required held
type CSIDriverList kind
 apiVersion string
 items [CSIDriver] required
 kind string
 metadata meta-v1.ListMeta held
type CSIDriverSpec
 attachRequired boolean
 fsGroupPolicy string enum=File|None|ReadWriteOnceWithFSType
 nodeAllocatableUpdatePeriodSeconds int64
 podInfoOnMount boolean
 preventPodSchedulingIfMissing boolean
 requiresRepublish boolean
 seLinuxMount boolean
 serviceAccountTokenInSecrets boolean
 storageCapacity boolean
 tokenRequests [TokenRequest] listType=atomic
 volumeLifecycleModes [string] listType=set
type CSINode kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec CSINodeSpec required held
type CSINodeDriver
 allocatable VolumeNodeResources
 name string required
 nodeID string required
 topologyKeys [string] listType=atomic
type CSINodeList kind
 apiVersion string
 items [CSINode] required
 kind string
 metadata meta-v1.ListMeta held
type CSINodeSpec
 drivers [CSINodeDriver] required listType=map keys=name patchKey=name patchStrategy=merge
type CSIStorageCapacity kind
 apiVersion string
 capacity Quantity
 kind string
 maximumVolumeSize Quantity
 metadata meta-v1.ObjectMeta held
 nodeTopology meta-v1.LabelSelector
 storageClassName string required
type CSIStorageCapacityList kind
 apiVersion string
 items [CSIStorageCapacity] required
 kind string
 metadata meta-v1.ListMeta held
type StorageClass kind
 allowVolumeExpansion boolean
 allowedTopologies [core-v1.TopologySelectorTerm] listType=atomic
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 mountOptions [string] listType=atomic
 parameters {string}
 provisioner string required
 reclaimPolicy string enum=Delete|Retain
 volumeBindingMode string enum=Immediate|WaitForFirstConsumer
type StorageClassList kind
 apiVersion string
 items [StorageClass] required
 kind string
 metadata meta-v1.ListMeta held
type TokenRequest
 audience string required
 expirationSeconds int64
type VolumeAttachment kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec VolumeAttachmentSpec required held
 status VolumeAttachmentStatus held
type VolumeAttachmentList kind
 apiVersion string
 items [VolumeAttachment] required
 kind string
 metadata meta-v1.ListMeta held
type VolumeAttachmentSource
 inlineVolumeSpec core-v1.PersistentVolumeSpec
 persistentVolumeName string
type VolumeAttachmentSpec
 attacher string required
 nodeName string required
 source VolumeAttachmentSource required held
type VolumeAttachmentStatus
 attachError VolumeError
 attached boolean required
 attachmentMetadata {string}
 detachError VolumeError
type VolumeAttributesClass kind
 apiVersion string
 driverName string required
 kind string
 metadata meta-v1.ObjectMeta held
 parameters {string}
type VolumeAttributesClassList kind
 apiVersion string
 items [VolumeAttributesClass] required
 kind string
 metadata meta-v1.ListMeta held
type VolumeError
 errorCode int32
 message string
 time Time
type VolumeNodeResources
 count int32
`;
