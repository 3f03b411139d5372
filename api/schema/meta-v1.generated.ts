// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.apimachinery.pkg.apis.meta.v1 v1
type APIGroup kind
 apiVersion string
 kind string
 name string required
 preferredVersion GroupVersionForDiscovery held
 serverAddressByClientCIDRs [ServerAddressByClientCIDR] listType=atomic
 versions [GroupVersionForDiscovery] required listType=atomic
type APIGroupList kind
 apiVersion string
 groups [APIGroup] required listType=atomic
 kind string
type APIResource
 categories [string] listType=atomic
 group string
 kind string required
 name string required
 namespaced boolean required
 shortNames [string] listType=atomic
 singularName string required
 storageVersionHash string
 verbs [string] required
 version string
type APIResourceList kind
 apiVersion string
 groupVersion string required
 kind string
 resources [APIResource] required listType=atomic
type APIVersions kind
 apiVersion string
 kind string
 serverAddressByClientCIDRs [ServerAddressByClientCIDR] required listType=atomic
 versions [string] required listType=atomic
type Condition
 lastTransitionTime Time required
 message string required
 observedGeneration int64
 reason string required
 status string required
 type string required
type DeleteOptions kind everyGroup
 apiVersion string
 dryRun [string] listType=atomic
 gracePeriodSeconds int64
 ignoreStoreReadErrorWithClusterBreakingPotential boolean
 kind string
 orphanDependents boolean
 preconditions Preconditions
 propagationPolicy string
type FieldSelectorRequirement
 key string required
 operator string required
 values [string] listType=atomic
type GroupResource
 group string required
 resource string required
type GroupVersionForDiscovery
 groupVersion string required
 version string required
type LabelSelector mapType=atomic
 matchExpressions [LabelSelectorRequirement] listType=atomic
 matchLabels {string}
type LabelSelectorRequirement
 key string required
 operator string required enum=In|NotIn|Exists|DoesNotExist
 values [string] listType=atomic
type ListMeta
 continue string
 remainingItemCount int64
 resourceVersion string
 selfLink string
 shardInfo ShardInfo
type ManagedFieldsEntry
 apiVersion string
 fieldsType string
 fieldsV1 object
 manager string
 operation string
 subresource string
 time Time
type ObjectMeta
 annotations {string}
 creationTimestamp Time
 deletionGracePeriodSeconds int64
 deletionTimestamp Time
 finalizers [string] listType=set patchStrategy=merge
 generateName string
 generation int64
 labels {string}
 managedFields [ManagedFieldsEntry] listType=atomic
 name string
 namespace string
 ownerReferences [OwnerReference] listType=map keys=uid patchKey=uid patchStrategy=merge
 resourceVersion string
 selfLink string
 uid string
type OwnerReference mapType=atomic
 apiVersion string required
 blockOwnerDeletion boolean
 controller boolean
 kind string required
 name string required
 uid string required
type Preconditions
 resourceVersion string
 uid string
type ServerAddressByClientCIDR
 clientCIDR string required
 serverAddress string required
type ShardInfo
 selector string required
type Status kind
 apiVersion string
 code int32
 details StatusDetails
 kind string
 message string
 metadata ListMeta held
 reason string
 status string
type StatusCause
 field string
 message string
 reason string
type StatusDetails
 causes [StatusCause] listType=atomic
 group string
 kind string
 name string
 retryAfterSeconds int32
 uid string
type WatchEvent kind everyGroup
 object object required
 type string required
`;
