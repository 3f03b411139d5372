// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.resource.v1 v1 resource.k8s.io
type AllocatedDeviceStatus
 conditions [meta-v1.Condition] listType=map keys=type
 data object
 device string required
 driver string required
 networkData NetworkDeviceData
 pool string required
 shareID string
type AllocationResult
 allocationTimestamp Time
 devices DeviceAllocationResult held
 nodeSelector core-v1.NodeSelector
type CELDeviceSelector
 expression string required
type CapacityRequestPolicy
 default Quantity
 validRange CapacityRequestPolicyRange
 validValues [Quantity] listType=atomic
type CapacityRequestPolicyRange
 max Quantity
 min Quantity required
 step Quantity
type CapacityRequirements
 requests {Quantity}
type Counter
 value Quantity required
type CounterSet
 counters {Counter} required
 name string required
type Device
 allNodes boolean
 allowMultipleAllocations boolean
 attributes {DeviceAttribute}
 bindingConditions [string] listType=atomic
 bindingFailureConditions [string] listType=atomic
 bindsToNode boolean
 capacity {DeviceCapacity}
 consumesCounters [DeviceCounterConsumption] listType=atomic
 name string required
 nodeAllocatableResourceMappings {NodeAllocatableResourceMapping}
 nodeName string
 nodeSelector core-v1.NodeSelector
 taints [DeviceTaint] listType=atomic
type DeviceAllocationConfiguration
 opaque OpaqueDeviceConfiguration
 requests [string] listType=atomic
 source string required
type DeviceAllocationResult
 config [DeviceAllocationConfiguration] listType=atomic
 results [DeviceRequestAllocationResult] listType=atomic
type DeviceAttribute
 bool boolean
 bools [boolean] listType=atomic
 int int64
 ints [int64] listType=atomic
 string string
 strings [string] listType=atomic
 version string
 versions [string] listType=atomic
type DeviceCapacity
 requestPolicy CapacityRequestPolicy
 value Quantity required
type DeviceClaim
 config [DeviceClaimConfiguration] listType=atomic
 constraints [DeviceConstraint] listType=atomic
 requests [DeviceRequest] listType=atomic
type DeviceClaimConfiguration
 opaque OpaqueDeviceConfiguration
 requests [string] listType=atomic
type DeviceClass kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec DeviceClassSpec required held
type DeviceClassConfiguration
 opaque OpaqueDeviceConfiguration
type DeviceClassList kind
 apiVersion string
 items [DeviceClass] required
 kind string
 metadata meta-v1.ListMeta held
type DeviceClassSpec
 config [DeviceClassConfiguration] listType=atomic
 extendedResourceName string
 selectors [DeviceSelector] listType=atomic
type DeviceConstraint
 distinctAttribute string
 matchAttribute string
 requests [string] listType=atomic
type DeviceCounterConsumption
 counterSet string required
 counters {Counter} required
type DeviceRequest
 exactly ExactDeviceRequest
 firstAvailable [DeviceSubRequest] listType=atomic
 name string required
type DeviceRequestAllocationResult
 adminAccess boolean
 bindingConditions [string] listType=atomic
 bindingFailureConditions [string] listType=atomic
 consumedCapacity {Quantity}
 device string required
 driver string required
 pool string required
 request string required
 shareID string
 tolerations [DeviceToleration] listType=atomic
type DeviceSelector
 cel CELDeviceSelector
type DeviceSubRequest
 allocationMode string
 capacity CapacityRequirements
 count int64
 deviceClassName string required
 name string required
 selectors [DeviceSelector] listType=atomic
 tolerations [DeviceToleration] listType=atomic
type DeviceTaint
 effect string required enum=NoExecute|NoSchedule|None
 key string required
 timeAdded Time
 value string
type DeviceToleration
 effect string enum=NoExecute|NoSchedule|None
 key string
 operator string default="Equal" enum=Equal|Exists
 tolerationSeconds int64
 value string
type ExactDeviceRequest
 adminAccess boolean
 allocationMode string
 capacity CapacityRequirements
 count int64
 deviceClassName string required
 selectors [DeviceSelector] listType=atomic
 tolerations [DeviceToleration] listType=atomic
type NetworkDeviceData
 hardwareAddress string
 interfaceName string
 ips [string] listType=atomic
type NodeAllocatableResourceMapping
 allocationMultiplier Quantity
 capacityKey string
type OpaqueDeviceConfiguration
 driver string required
 parameters object required
type ResourceClaim kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ResourceClaimSpec required held
 status ResourceClaimStatus held
type ResourceClaimConsumerReference
 apiGroup string
 name string required
 resource string required
 uid string required
type ResourceClaimList kind
 apiVersion string
 items [ResourceClaim] required
 kind string
 metadata meta-v1.ListMeta held
type ResourceClaimSpec
 devices DeviceClaim held
type ResourceClaimStatus
 allocation AllocationResult
 devices [AllocatedDeviceStatus] listType=map keys=driver,device,pool,shareID
 reservedFor [ResourceClaimConsumerReference] listType=map keys=uid patchKey=uid patchStrategy=merge
type ResourceClaimTemplate kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ResourceClaimTemplateSpec required held
type ResourceClaimTemplateList kind
 apiVersion string
 items [ResourceClaimTemplate] required
 kind string
 metadata meta-v1.ListMeta held
type ResourceClaimTemplateSpec
 metadata meta-v1.ObjectMeta held
 spec ResourceClaimSpec required held
type ResourcePool
 generation int64 required
 name string required
 resourceSliceCount int64 required
type ResourceSlice kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ResourceSliceSpec required held
type ResourceSliceList kind
 apiVersion string
 items [ResourceSlice] required
 kind string
 metadata meta-v1.ListMeta held
type ResourceSliceSpec
 allNodes boolean
 devices [Device] listType=atomic
 driver string required
 nodeName string
 nodeSelector core-v1.NodeSelector
 perDeviceNodeSelection boolean
 pool ResourcePool required held
 sharedCounters [CounterSet] listType=atomic
`;
