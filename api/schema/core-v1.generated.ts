// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.core.v1 v1
type AWSElasticBlockStoreVolumeSource
 fsType string
 partition int32
 readOnly boolean
 volumeID string required
type Affinity
 nodeAffinity NodeAffinity
 podAffinity PodAffinity
 podAntiAffinity PodAntiAffinity
type AppArmorProfile union=type/localhostProfile:LocalhostProfile
 localhostProfile string
 type string required enum=Localhost|RuntimeDefault|Unconfined
type AttachedVolume
 devicePath string required
 name string required
type AzureDiskVolumeSource
 cachingMode string default="ReadWrite"
 diskName string required
 diskURI string required
 fsType string default="ext4"
 kind string default="Shared"
 readOnly boolean
type AzureFilePersistentVolumeSource
 readOnly boolean
 secretName string required
 secretNamespace string
 shareName string required
type AzureFileVolumeSource
 readOnly boolean
 secretName string required
 shareName string required
type Binding kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 target ObjectReference required held
type CSIPersistentVolumeSource
 controllerExpandSecretRef SecretReference
 controllerPublishSecretRef SecretReference
 driver string required
 fsType string
 nodeExpandSecretRef SecretReference
 nodePublishSecretRef SecretReference
 nodeStageSecretRef SecretReference
 readOnly boolean
 volumeAttributes {string}
 volumeHandle string required
type CSIVolumeSource
 driver string required
 fsType string
 nodePublishSecretRef LocalObjectReference
 readOnly boolean
 volumeAttributes {string}
type Capabilities
 add [string] listType=atomic
 drop [string] listType=atomic
type CephFSPersistentVolumeSource
 monitors [string] required listType=atomic
 path string
 readOnly boolean
 secretFile string
 secretRef SecretReference
 user string
type CephFSVolumeSource
 monitors [string] required listType=atomic
 path string
 readOnly boolean
 secretFile string
 secretRef LocalObjectReference
 user string
type CinderPersistentVolumeSource
 fsType string
 readOnly boolean
 secretRef SecretReference
 volumeID string required
type CinderVolumeSource
 fsType string
 readOnly boolean
 secretRef LocalObjectReference
 volumeID string required
type ClientIPConfig
 timeoutSeconds int32
type ClusterTrustBundleProjection
 labelSelector meta-v1.LabelSelector
 name string
 optional boolean
 path string required
 signerName string
type ComponentCondition
 error string
 message string
 status string required
 type string required
type ComponentStatus kind
 apiVersion string
 conditions [ComponentCondition] listType=map keys=type patchKey=type patchStrategy=merge
 kind string
 metadata meta-v1.ObjectMeta held
type ComponentStatusList kind
 apiVersion string
 items [ComponentStatus] required
 kind string
 metadata meta-v1.ListMeta held
type ConfigMap kind
 apiVersion string
 binaryData {bytes}
 data {string}
 immutable boolean
 kind string
 metadata meta-v1.ObjectMeta held
type ConfigMapEnvSource
 name string
 optional boolean
type ConfigMapKeySelector mapType=atomic
 key string required
 name string
 optional boolean
type ConfigMapList kind
 apiVersion string
 items [ConfigMap] required
 kind string
 metadata meta-v1.ListMeta held
type ConfigMapNodeConfigSource
 kubeletConfigKey string required
 name string required
 namespace string required
 resourceVersion string
 uid string
type ConfigMapProjection
 items [KeyToPath] listType=atomic
 name string
 optional boolean
type ConfigMapVolumeSource
 defaultMode int32
 items [KeyToPath] listType=atomic
 name string
 optional boolean
type Container
 args [string] listType=atomic
 command [string] listType=atomic
 env [EnvVar] listType=map keys=name patchKey=name patchStrategy=merge
 envFrom [EnvFromSource] listType=atomic
 image string
 imagePullPolicy string enum=Always|IfNotPresent|Never
 lifecycle Lifecycle
 livenessProbe Probe
 name string required
 ports [ContainerPort] listType=map keys=containerPort,protocol patchKey=containerPort patchStrategy=merge
 readinessProbe Probe
 resizePolicy [ContainerResizePolicy] listType=atomic
 resources ResourceRequirements held
 restartPolicy string
 restartPolicyRules [ContainerRestartRule] listType=atomic
 securityContext SecurityContext
 startupProbe Probe
 stdin boolean
 stdinOnce boolean
 terminationMessagePath string
 terminationMessagePolicy string enum=FallbackToLogsOnError|File
 tty boolean
 volumeDevices [VolumeDevice] listType=map keys=devicePath patchKey=devicePath patchStrategy=merge
 volumeMounts [VolumeMount] listType=map keys=mountPath patchKey=mountPath patchStrategy=merge
 workingDir string
type ContainerExtendedResourceRequest
 containerName string required
 requestName string required
 resourceName string required
type ContainerImage
 names [string] listType=atomic
 sizeBytes int64
type ContainerPort
 containerPort int32 required
 hostIP string
 hostPort int32
 name string
 protocol string default="TCP" enum=SCTP|TCP|UDP
type ContainerResizePolicy
 resourceName string required
 restartPolicy string required enum=NotRequired|RestartContainer
type ContainerRestartRule
 action string required
 exitCodes ContainerRestartRuleOnExitCodes
type ContainerRestartRuleOnExitCodes
 operator string required
 values [int32] listType=set
type ContainerState
 running ContainerStateRunning
 terminated ContainerStateTerminated
 waiting ContainerStateWaiting
type ContainerStateRunning
 startedAt Time
type ContainerStateTerminated
 containerID string
 exitCode int32 required
 finishedAt Time
 message string
 reason string
 signal int32
 startedAt Time
type ContainerStateWaiting
 message string
 reason string
type ContainerStatus
 allocatedResources {Quantity}
 allocatedResourcesStatus [ResourceStatus] listType=map keys=name patchKey=name patchStrategy=merge
 containerID string
 image string required
 imageID string required
 lastState ContainerState held
 name string required
 ready boolean required
 resources ResourceRequirements
 restartCount int32 required
 started boolean
 state ContainerState held
 stopSignal string
 user ContainerUser
 volumeMounts [VolumeMountStatus] listType=map keys=mountPath patchKey=mountPath patchStrategy=merge
type ContainerUser
 linux LinuxContainerUser
type DaemonEndpoint
 Port int32 required
type DownwardAPIProjection
 items [DownwardAPIVolumeFile] listType=atomic
type DownwardAPIVolumeFile
 fieldRef ObjectFieldSelector
 mode int32
 path string required
 resourceFieldRef ResourceFieldSelector
type DownwardAPIVolumeSource
 defaultMode int32
 items [DownwardAPIVolumeFile] listType=atomic
type EmptyDirVolumeSource
 medium string
 sizeLimit Quantity
type EndpointAddress mapType=atomic
 hostname string
 ip string required
 nodeName string
 targetRef ObjectReference
type EndpointPort mapType=atomic
 appProtocol string
 name string
 port int32 required
 protocol string enum=SCTP|TCP|UDP
type EndpointSubset
 addresses [EndpointAddress] listType=atomic
 notReadyAddresses [EndpointAddress] listType=atomic
 ports [EndpointPort] listType=atomic
type Endpoints kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 subsets [EndpointSubset] listType=atomic
type EndpointsList kind
 apiVersion string
 items [Endpoints] required
 kind string
 metadata meta-v1.ListMeta held
type EnvFromSource
 configMapRef ConfigMapEnvSource
 prefix string
 secretRef SecretEnvSource
type EnvVar
 name string required
 value string
 valueFrom EnvVarSource
type EnvVarSource
 configMapKeyRef ConfigMapKeySelector
 fieldRef ObjectFieldSelector
 fileKeyRef FileKeySelector
 resourceFieldRef ResourceFieldSelector
 secretKeyRef SecretKeySelector
type EphemeralContainer
 args [string] listType=atomic
 command [string] listType=atomic
 env [EnvVar] listType=map keys=name patchKey=name patchStrategy=merge
 envFrom [EnvFromSource] listType=atomic
 image string
 imagePullPolicy string enum=Always|IfNotPresent|Never
 lifecycle Lifecycle
 livenessProbe Probe
 name string required
 ports [ContainerPort] listType=map keys=containerPort,protocol patchKey=containerPort patchStrategy=merge
 readinessProbe Probe
 resizePolicy [ContainerResizePolicy] listType=atomic
 resources ResourceRequirements held
 restartPolicy string
 restartPolicyRules [ContainerRestartRule] listType=atomic
 securityContext SecurityContext
 startupProbe Probe
 stdin boolean
 stdinOnce boolean
 targetContainerName string
 terminationMessagePath string
 terminationMessagePolicy string enum=FallbackToLogsOnError|File
 tty boolean
 volumeDevices [VolumeDevice] listType=map keys=devicePath patchKey=devicePath patchStrategy=merge
 volumeMounts [VolumeMount] listType=map keys=mountPath patchKey=mountPath patchStrategy=merge
 workingDir string
type EphemeralVolumeSource
 volumeClaimTemplate PersistentVolumeClaimTemplate
type Event kind
 action string
 apiVersion string
 count int32
 eventTime MicroTime
 firstTimestamp Time
 involvedObject ObjectReference required held
 kind string
 lastTimestamp Time
 message string
 metadata meta-v1.ObjectMeta required held
 reason string
 related ObjectReference
 reportingComponent string
 reportingInstance string
 series EventSeries
 source EventSource held
 type string
type EventList kind
 apiVersion string
 items [Event] required
 kind string
 metadata meta-v1.ListMeta held
type EventSeries
 count int32
 lastObservedTime MicroTime
type EventSource
 component string
 host string
type ExecAction
 command [string] listType=atomic
type FCVolumeSource
 fsType string
 lun int32
 readOnly boolean
 targetWWNs [string] listType=atomic
 wwids [string] listType=atomic
type FileKeySelector mapType=atomic
 key string required
 optional boolean
 path string required
 volumeName string required
type FlexPersistentVolumeSource
 driver string required
 fsType string
 options {string}
 readOnly boolean
 secretRef SecretReference
type FlexVolumeSource
 driver string required
 fsType string
 options {string}
 readOnly boolean
 secretRef LocalObjectReference
type FlockerVolumeSource
 datasetName string
 datasetUUID string
type GCEPersistentDiskVolumeSource
 fsType string
 partition int32
 pdName string required
 readOnly boolean
type GRPCAction
 port int32 required
 service string
type GitRepoVolumeSource
 directory string
 repository string required
 revision string
type GlusterfsPersistentVolumeSource
 endpoints string required
 endpointsNamespace string
 path string required
 readOnly boolean
type GlusterfsVolumeSource
 endpoints string required
 path string required
 readOnly boolean
type HTTPGetAction
 host string
 httpHeaders [HTTPHeader] listType=atomic
 path string
 port IntOrString required
 scheme string enum=HTTP|HTTPS
type HTTPHeader
 name string required
 value string required
type HostAlias
 hostnames [string] listType=atomic
 ip string required
type HostIP
 ip string required
type HostPathVolumeSource
 path string required
 type string
type ISCSIPersistentVolumeSource
 chapAuthDiscovery boolean
 chapAuthSession boolean
 fsType string
 initiatorName string
 iqn string required
 iscsiInterface string default="default"
 lun int32 required
 portals [string] listType=atomic
 readOnly boolean
 secretRef SecretReference
 targetPortal string required
type ISCSIVolumeSource
 chapAuthDiscovery boolean
 chapAuthSession boolean
 fsType string
 initiatorName string
 iqn string required
 iscsiInterface string default="default"
 lun int32 required
 portals [string] listType=atomic
 readOnly boolean
 secretRef LocalObjectReference
 targetPortal string required
type ImageVolumeSource
 pullPolicy string
 reference string
type ImageVolumeStatus
 imageRef string required
type KeyToPath
 key string required
 mode int32
 path string required
type Lifecycle
 postStart LifecycleHandler
 preStop LifecycleHandler
 stopSignal string
type LifecycleHandler
 exec ExecAction
 httpGet HTTPGetAction
 sleep SleepAction
 tcpSocket TCPSocketAction
type LimitRange kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec LimitRangeSpec held
type LimitRangeItem
 default {Quantity}
 defaultRequest {Quantity}
 max {Quantity}
 maxLimitRequestRatio {Quantity}
 min {Quantity}
 type string required
type LimitRangeList kind
 apiVersion string
 items [LimitRange] required
 kind string
 metadata meta-v1.ListMeta held
type LimitRangeSpec
 limits [LimitRangeItem] required listType=atomic
type LinuxContainerUser
 gid int64 required
 supplementalGroups [int64] listType=atomic
 uid int64 required
type LoadBalancerIngress
 hostname string
 ip string
 ipMode string
 ports [PortStatus] listType=atomic
type LoadBalancerStatus
 ingress [LoadBalancerIngress] listType=atomic
type LocalObjectReference mapType=atomic
 name string
type LocalVolumeSource
 fsType string
 path string required
type ModifyVolumeStatus
 status string required
 targetVolumeAttributesClassName string
type NFSVolumeSource
 path string required
 readOnly boolean
 server string required
type Namespace kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec NamespaceSpec held
 status NamespaceStatus held
type NamespaceCondition
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type NamespaceList kind
 apiVersion string
 items [Namespace] required
 kind string
 metadata meta-v1.ListMeta held
type NamespaceSpec
 finalizers [string] listType=atomic
type NamespaceStatus
 conditions [NamespaceCondition] listType=map keys=type patchKey=type patchStrategy=merge
 phase string
type Node kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec NodeSpec held
 status NodeStatus held
type NodeAddress
 address string required
 type string required
type NodeAffinity
 preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm] listType=atomic
 requiredDuringSchedulingIgnoredDuringExecution NodeSelector
type NodeAllocatableResourceClaimStatus
 containers [string] listType=set
 resourceClaimName string required
 resources {Quantity} required
type NodeCondition
 lastHeartbeatTime Time
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type NodeConfigSource
 configMap ConfigMapNodeConfigSource
type NodeConfigStatus
 active NodeConfigSource
 assigned NodeConfigSource
 error string
 lastKnownGood NodeConfigSource
type NodeDaemonEndpoints
 kubeletEndpoint DaemonEndpoint held
type NodeFeatures
 supplementalGroupsPolicy boolean
type NodeList kind
 apiVersion string
 items [Node] required
 kind string
 metadata meta-v1.ListMeta held
type NodeRuntimeHandler
 features NodeRuntimeHandlerFeatures
 name string
type NodeRuntimeHandlerFeatures
 recursiveReadOnlyMounts boolean
 userNamespaces boolean
type NodeSelector mapType=atomic
 nodeSelectorTerms [NodeSelectorTerm] required listType=atomic
type NodeSelectorRequirement
 key string required
 operator string required
 values [string] listType=atomic
type NodeSelectorTerm mapType=atomic
 matchExpressions [NodeSelectorRequirement] listType=atomic
 matchFields [NodeSelectorRequirement] listType=atomic
type NodeSpec
 configSource NodeConfigSource
 externalID string
 podCIDR string
 podCIDRs [string] listType=set patchStrategy=merge
 providerID string
 taints [Taint] listType=atomic
 unschedulable boolean
type NodeStatus
 addresses [NodeAddress] listType=map keys=type patchKey=type patchStrategy=merge
 allocatable {Quantity}
 capacity {Quantity}
 conditions [NodeCondition] listType=map keys=type patchKey=type patchStrategy=merge
 config NodeConfigStatus
 daemonEndpoints NodeDaemonEndpoints held
 declaredFeatures [string] listType=atomic
 features NodeFeatures
 images [ContainerImage] listType=atomic
 nodeInfo NodeSystemInfo held
 phase string
 runtimeHandlers [NodeRuntimeHandler] listType=atomic
 volumesAttached [AttachedVolume] listType=atomic
 volumesInUse [string] listType=atomic
type NodeSwapStatus
 capacity int64
type NodeSystemInfo
 architecture string required
 bootID string required
 containerRuntimeVersion string required
 kernelVersion string required
 kubeProxyVersion string required
 kubeletVersion string required
 machineID string required
 operatingSystem string required
 osImage string required
 swap NodeSwapStatus
 systemUUID string required
type ObjectFieldSelector mapType=atomic
 apiVersion string
 fieldPath string required
type ObjectReference mapType=atomic
 apiVersion string
 fieldPath string
 kind string
 name string
 namespace string
 resourceVersion string
 uid string
type PersistentVolume kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec PersistentVolumeSpec held
 status PersistentVolumeStatus held
type PersistentVolumeClaim kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec PersistentVolumeClaimSpec held
 status PersistentVolumeClaimStatus held
type PersistentVolumeClaimCondition
 lastProbeTime Time
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type PersistentVolumeClaimList kind
 apiVersion string
 items [PersistentVolumeClaim] required
 kind string
 metadata meta-v1.ListMeta held
type PersistentVolumeClaimSpec
 accessModes [string] listType=atomic
 dataSource TypedLocalObjectReference
 dataSourceRef TypedObjectReference
 resources VolumeResourceRequirements held
 selector meta-v1.LabelSelector
 storageClassName string
 volumeAttributesClassName string
 volumeMode string
 volumeName string
type PersistentVolumeClaimStatus
 accessModes [string] listType=atomic
 allocatedResourceStatuses {string} mapType=granular
 allocatedResources {Quantity}
 capacity {Quantity}
 conditions [PersistentVolumeClaimCondition] listType=map keys=type patchKey=type patchStrategy=merge
 currentVolumeAttributesClassName string
 modifyVolumeStatus ModifyVolumeStatus
 phase string
type PersistentVolumeClaimTemplate
 metadata meta-v1.ObjectMeta held
 spec PersistentVolumeClaimSpec required held
type PersistentVolumeClaimVolumeSource
 claimName string required
 readOnly boolean
type PersistentVolumeList kind
 apiVersion string
 items [PersistentVolume] required
 kind string
 metadata meta-v1.ListMeta held
type PersistentVolumeSpec
 accessModes [string] listType=atomic
 awsElasticBlockStore AWSElasticBlockStoreVolumeSource
 azureDisk AzureDiskVolumeSource
 azureFile AzureFilePersistentVolumeSource
 capacity {Quantity}
 cephfs CephFSPersistentVolumeSource
 cinder CinderPersistentVolumeSource
 claimRef ObjectReference mapType=granular
 csi CSIPersistentVolumeSource
 fc FCVolumeSource
 flexVolume FlexPersistentVolumeSource
 flocker FlockerVolumeSource
 gcePersistentDisk GCEPersistentDiskVolumeSource
 glusterfs GlusterfsPersistentVolumeSource
 hostPath HostPathVolumeSource
 iscsi ISCSIPersistentVolumeSource
 local LocalVolumeSource
 mountOptions [string] listType=atomic
 nfs NFSVolumeSource
 nodeAffinity VolumeNodeAffinity
 persistentVolumeReclaimPolicy string
 photonPersistentDisk PhotonPersistentDiskVolumeSource
 portworxVolume PortworxVolumeSource
 quobyte QuobyteVolumeSource
 rbd RBDPersistentVolumeSource
 scaleIO ScaleIOPersistentVolumeSource
 storageClassName string
 storageos StorageOSPersistentVolumeSource
 volumeAttributesClassName string
 volumeMode string
 vsphereVolume VsphereVirtualDiskVolumeSource
type PersistentVolumeStatus
 lastPhaseTransitionTime Time
 message string
 phase string
 reason string
type PhotonPersistentDiskVolumeSource
 fsType string
 pdID string required
type Pod kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec PodSpec held
 status PodStatus held
type PodAffinity
 preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm] listType=atomic
 requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm] listType=atomic
type PodAffinityTerm
 labelSelector meta-v1.LabelSelector
 matchLabelKeys [string] listType=atomic
 mismatchLabelKeys [string] listType=atomic
 namespaceSelector meta-v1.LabelSelector
 namespaces [string] listType=atomic
 topologyKey string required
type PodAntiAffinity
 preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm] listType=atomic
 requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm] listType=atomic
type PodCertificateProjection
 certificateChainPath string
 credentialBundlePath string
 keyPath string
 keyType string required
 maxExpirationSeconds int32
 signerName string required
 userAnnotations {string}
type PodCondition
 lastProbeTime Time
 lastTransitionTime Time
 message string
 observedGeneration int64
 reason string
 status string required
 type string required
type PodDNSConfig
 nameservers [string] listType=atomic
 options [PodDNSConfigOption] listType=atomic
 searches [string] listType=atomic
type PodDNSConfigOption
 name string
 value string
type PodExtendedResourceClaimStatus
 requestMappings [ContainerExtendedResourceRequest] required listType=atomic
 resourceClaimName string required
type PodIP
 ip string required
type PodList kind
 apiVersion string
 items [Pod] required
 kind string
 metadata meta-v1.ListMeta held
type PodOS
 name string required enum=linux|windows
type PodReadinessGate
 conditionType string required
type PodResourceClaim
 name string required
 resourceClaimName string
 resourceClaimTemplateName string
type PodResourceClaimStatus
 name string required
 resourceClaimName string
type PodSchedulingGate
 name string required
type PodSchedulingGroup union=/podGroupName:PodGroupName
 podGroupName string
type PodSecurityContext
 appArmorProfile AppArmorProfile
 fsGroup int64
 fsGroupChangePolicy string enum=Always|OnRootMismatch
 runAsGroup int64
 runAsNonRoot boolean
 runAsUser int64
 seLinuxChangePolicy string
 seLinuxOptions SELinuxOptions
 seccompProfile SeccompProfile
 supplementalGroups [int64] listType=atomic
 supplementalGroupsPolicy string enum=Merge|Strict
 sysctls [Sysctl] listType=atomic
 windowsOptions WindowsSecurityContextOptions
type PodSpec
 activeDeadlineSeconds int64
 affinity Affinity
 automountServiceAccountToken boolean
 containers [Container] required listType=map keys=name patchKey=name patchStrategy=merge
 dnsConfig PodDNSConfig
 dnsPolicy string enum=ClusterFirstWithHostNet|ClusterFirst|Default|None
 enableServiceLinks boolean
 ephemeralContainers [EphemeralContainer] listType=map keys=name patchKey=name patchStrategy=merge
 hostAliases [HostAlias] listType=map keys=ip patchKey=ip patchStrategy=merge
 hostIPC boolean
 hostNetwork boolean
 hostPID boolean
 hostUsers boolean
 hostname string
 hostnameOverride string
 imagePullSecrets [LocalObjectReference] listType=map keys=name patchKey=name patchStrategy=merge
 initContainers [Container] listType=map keys=name patchKey=name patchStrategy=merge
 nodeName string
 nodeSelector {string} mapType=atomic
 os PodOS
 overhead {Quantity}
 preemptionPolicy string enum=PreemptLowerPriority|Never
 priority int32
 priorityClassName string
 readinessGates [PodReadinessGate] listType=atomic
 resourceClaims [PodResourceClaim] listType=map keys=name patchKey=name patchStrategy=merge,retainKeys
 resources ResourceRequirements
 restartPolicy string enum=Always|OnFailure|Never
 runtimeClassName string
 schedulerName string
 schedulingGates [PodSchedulingGate] listType=map keys=name patchKey=name patchStrategy=merge
 schedulingGroup PodSchedulingGroup
 securityContext PodSecurityContext
 serviceAccount string
 serviceAccountName string
 setHostnameAsFQDN boolean
 shareProcessNamespace boolean
 subdomain string
 terminationGracePeriodSeconds int64
 tolerations [Toleration] listType=atomic
 topologySpreadConstraints [TopologySpreadConstraint] listType=map keys=topologyKey,whenUnsatisfiable patchKey=topologyKey patchStrategy=merge
 volumes [Volume] listType=map keys=name patchKey=name patchStrategy=merge,retainKeys
type PodStatus
 allocatedResources {Quantity}
 conditions [PodCondition] listType=map keys=type patchKey=type patchStrategy=merge
 containerStatuses [ContainerStatus] listType=atomic
 ephemeralContainerStatuses [ContainerStatus] listType=atomic
 extendedResourceClaimStatus PodExtendedResourceClaimStatus
 hostIP string
 hostIPs [HostIP] listType=atomic patchKey=ip patchStrategy=merge
 initContainerStatuses [ContainerStatus] listType=atomic
 message string
 nodeAllocatableResourceClaimStatuses [NodeAllocatableResourceClaimStatus] listType=atomic
 nominatedNodeName string
 observedGeneration int64
 phase string
 podIP string
 podIPs [PodIP] listType=map keys=ip patchKey=ip patchStrategy=merge
 qosClass string
 reason string
 resize string
 resourceClaimStatuses [PodResourceClaimStatus] listType=map keys=name patchKey=name patchStrategy=merge,retainKeys
 resources ResourceRequirements
 startTime Time
type PodTemplate kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 template PodTemplateSpec held
type PodTemplateList kind
 apiVersion string
 items [PodTemplate] required
 kind string
 metadata meta-v1.ListMeta held
type PodTemplateSpec
 metadata meta-v1.ObjectMeta held
 spec PodSpec held
type PortStatus
 error string
 port int32 required
 protocol string required
type PortworxVolumeSource
 fsType string
 readOnly boolean
 volumeID string required
type PreferredSchedulingTerm
 preference NodeSelectorTerm required held
 weight int32 required
type Probe
 exec ExecAction
 failureThreshold int32
 grpc GRPCAction
 httpGet HTTPGetAction
 initialDelaySeconds int32
 periodSeconds int32
 successThreshold int32
 tcpSocket TCPSocketAction
 terminationGracePeriodSeconds int64
 timeoutSeconds int32
type ProjectedVolumeSource
 defaultMode int32
 sources [VolumeProjection] listType=atomic
type QuobyteVolumeSource
 group string
 readOnly boolean
 registry string required
 tenant string
 user string
 volume string required
type RBDPersistentVolumeSource
 fsType string
 image string required
 keyring string default="/etc/ceph/keyring"
 monitors [string] required listType=atomic
 pool string default="rbd"
 readOnly boolean
 secretRef SecretReference
 user string default="admin"
type RBDVolumeSource
 fsType string
 image string required
 keyring string default="/etc/ceph/keyring"
 monitors [string] required listType=atomic
 pool string default="rbd"
 readOnly boolean
 secretRef LocalObjectReference
 user string default="admin"
type ReplicationController kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ReplicationControllerSpec held
 status ReplicationControllerStatus held
type ReplicationControllerCondition
 lastTransitionTime Time
 message string
 reason string
 status string required
 type string required
type ReplicationControllerList kind
 apiVersion string
 items [ReplicationController] required
 kind string
 metadata meta-v1.ListMeta held
type ReplicationControllerSpec
 minReadySeconds int32
 replicas int32 default=1
 selector {string} mapType=atomic
 template PodTemplateSpec
type ReplicationControllerStatus
 availableReplicas int32
 conditions [ReplicationControllerCondition] listType=map keys=type patchKey=type patchStrategy=merge
 fullyLabeledReplicas int32
 observedGeneration int64
 readyReplicas int32
 replicas int32 required
type ResourceClaim
 name string required
 request string
type ResourceFieldSelector mapType=atomic
 containerName string
 divisor Quantity
 resource string required
type ResourceHealth
 health string
 message string
 resourceID string required
type ResourceQuota kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ResourceQuotaSpec held
 status ResourceQuotaStatus held
type ResourceQuotaList kind
 apiVersion string
 items [ResourceQuota] required
 kind string
 metadata meta-v1.ListMeta held
type ResourceQuotaSpec
 hard {Quantity}
 scopeSelector ScopeSelector
 scopes [string] listType=atomic
type ResourceQuotaStatus
 hard {Quantity}
 used {Quantity}
type ResourceRequirements
 claims [ResourceClaim] listType=map keys=name
 limits {Quantity}
 requests {Quantity}
type ResourceStatus
 name string required
 resources [ResourceHealth] listType=map keys=resourceID
type SELinuxOptions
 level string
 role string
 type string
 user string
type ScaleIOPersistentVolumeSource
 fsType string default="xfs"
 gateway string required
 protectionDomain string
 readOnly boolean
 secretRef SecretReference required
 sslEnabled boolean
 storageMode string default="ThinProvisioned"
 storagePool string
 system string required
 volumeName string
type ScaleIOVolumeSource
 fsType string default="xfs"
 gateway string required
 protectionDomain string
 readOnly boolean
 secretRef LocalObjectReference required
 sslEnabled boolean
 storageMode string default="ThinProvisioned"
 storagePool string
 system string required
 volumeName string
type ScopeSelector mapType=atomic
 matchExpressions [ScopedResourceSelectorRequirement] listType=atomic
type ScopedResourceSelectorRequirement
 operator string required
 scopeName string required
 values [string] listType=atomic
type SeccompProfile union=type/localhostProfile:LocalhostProfile
 localhostProfile string
 type string required enum=Localhost|RuntimeDefault|Unconfined
type Secret kind
 apiVersion string
 data {bytes}
 immutable boolean
 kind string
 metadata meta-v1.ObjectMeta held
 stringData {string}
 type string
type SecretEnvSource
 name string
 optional boolean
type SecretKeySelector mapType=atomic
 key string required
 name string
 optional boolean
type SecretList kind
 apiVersion string
 items [Secret] required
 kind string
 metadata meta-v1.ListMeta held
type SecretProjection
 items [KeyToPath] listType=atomic
 name string
 optional boolean
type SecretReference mapType=atomic
 name string
 namespace string
type SecretVolumeSource
 defaultMode int32
 items [KeyToPath] listType=atomic
 optional boolean
 secretName string
type SecurityContext
 allowPrivilegeEscalation boolean
 appArmorProfile AppArmorProfile
 capabilities Capabilities
 privileged boolean
 procMount string enum=Default|Unmasked
 readOnlyRootFilesystem boolean
 runAsGroup int64
 runAsNonRoot boolean
 runAsUser int64
 seLinuxOptions SELinuxOptions
 seccompProfile SeccompProfile
 windowsOptions WindowsSecurityContextOptions
type Service kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ServiceSpec held
 status ServiceStatus held
type ServiceAccount kind
 apiVersion string
 automountServiceAccountToken boolean
 imagePullSecrets [LocalObjectReference] listType=atomic
 kind string
 metadata meta-v1.ObjectMeta held
 secrets [ObjectReference] listType=map keys=name patchKey=name patchStrategy=merge
type ServiceAccountList kind
 apiVersion string
 items [ServiceAccount] required
 kind string
 metadata meta-v1.ListMeta held
type ServiceAccountTokenProjection
 audience string
 expirationSeconds int64
 path string required
type ServiceList kind
 apiVersion string
 items [Service] required
 kind string
 metadata meta-v1.ListMeta held
type ServicePort
 appProtocol string
 name string
 nodePort int32
 port int32 required
 protocol string default="TCP" enum=SCTP|TCP|UDP
 targetPort IntOrString
type ServiceSpec
 allocateLoadBalancerNodePorts boolean
 clusterIP string
 clusterIPs [string] listType=atomic
 externalIPs [string] listType=atomic
 externalName string
 externalTrafficPolicy string enum=Cluster|Local
 healthCheckNodePort int32
 internalTrafficPolicy string enum=Cluster|Local
 ipFamilies [string] listType=atomic
 ipFamilyPolicy string enum=PreferDualStack|RequireDualStack|SingleStack
 loadBalancerClass string
 loadBalancerIP string
 loadBalancerSourceRanges [string] listType=atomic
 ports [ServicePort] listType=map keys=port,protocol patchKey=port patchStrategy=merge
 publishNotReadyAddresses boolean
 selector {string} mapType=atomic
 sessionAffinity string enum=ClientIP|None
 sessionAffinityConfig SessionAffinityConfig
 trafficDistribution string
 type string enum=ClusterIP|ExternalName|LoadBalancer|NodePort
type ServiceStatus
 conditions [meta-v1.Condition] listType=map keys=type patchKey=type patchStrategy=merge
 loadBalancer LoadBalancerStatus held
type SessionAffinityConfig
 clientIP ClientIPConfig
type SleepAction
 seconds int64 required
type StorageOSPersistentVolumeSource
 fsType string
 readOnly boolean
 secretRef ObjectReference
 volumeName string
 volumeNamespace string
type StorageOSVolumeSource
 fsType string
 readOnly boolean
 secretRef LocalObjectReference
 volumeName string
 volumeNamespace string
type Sysctl
 name string required
 value string required
type TCPSocketAction
 host string
 port IntOrString required
type Taint
 effect string required enum=NoSchedule|PreferNoSchedule|NoExecute
 key string required
 timeAdded Time
 value string
type Toleration
 effect string enum=NoSchedule|PreferNoSchedule|NoExecute
 key string
 operator string enum=Equal|Exists|Lt|Gt
 tolerationSeconds int64
 value string
type TopologySelectorLabelRequirement
 key string required
 values [string] required listType=atomic
type TopologySelectorTerm mapType=atomic
 matchLabelExpressions [TopologySelectorLabelRequirement] listType=atomic
type TopologySpreadConstraint
 labelSelector meta-v1.LabelSelector
 matchLabelKeys [string] listType=atomic
 maxSkew int32 required
 minDomains int32
 nodeAffinityPolicy string enum=Honor|Ignore
 nodeTaintsPolicy string enum=Honor|Ignore
 topologyKey string required
 whenUnsatisfiable string required enum=DoNotSchedule|ScheduleAnyway
type TypedLocalObjectReference mapType=atomic
 apiGroup string
 kind string required
 name string required
type TypedObjectReference
 apiGroup string
 kind string required
 name string required
 namespace string
type Volume
 awsElasticBlockStore AWSElasticBlockStoreVolumeSource
 azureDisk AzureDiskVolumeSource
 azureFile AzureFileVolumeSource
 cephfs CephFSVolumeSource
 cinder CinderVolumeSource
 configMap ConfigMapVolumeSource
 csi CSIVolumeSource
 downwardAPI DownwardAPIVolumeSource
 emptyDir EmptyDirVolumeSource
 ephemeral EphemeralVolumeSource
 fc FCVolumeSource
 flexVolume FlexVolumeSource
 flocker FlockerVolumeSource
 gcePersistentDisk GCEPersistentDiskVolumeSource
 gitRepo GitRepoVolumeSource
 glusterfs GlusterfsVolumeSource
 hostPath HostPathVolumeSource
 image ImageVolumeSource
 iscsi ISCSIVolumeSource
 name string required
 nfs NFSVolumeSource
 persistentVolumeClaim PersistentVolumeClaimVolumeSource
 photonPersistentDisk PhotonPersistentDiskVolumeSource
 portworxVolume PortworxVolumeSource
 projected ProjectedVolumeSource
 quobyte QuobyteVolumeSource
 rbd RBDVolumeSource
 scaleIO ScaleIOVolumeSource
 secret SecretVolumeSource
 storageos StorageOSVolumeSource
 vsphereVolume VsphereVirtualDiskVolumeSource
type VolumeDevice
 devicePath string required
 name string required
type VolumeMount
 mountPath string required
 mountPropagation string enum=Bidirectional|HostToContainer|None
 name string required
 readOnly boolean
 recursiveReadOnly string enum=Disabled|Enabled|IfPossible
 subPath string
 subPathExpr string
type VolumeMountStatus
 mountPath string required
 name string required
 readOnly boolean
 recursiveReadOnly string
 volumeStatus VolumeStatus
type VolumeNodeAffinity
 required NodeSelector
type VolumeProjection
 clusterTrustBundle ClusterTrustBundleProjection
 configMap ConfigMapProjection
 downwardAPI DownwardAPIProjection
 podCertificate PodCertificateProjection
 secret SecretProjection
 serviceAccountToken ServiceAccountTokenProjection
type VolumeResourceRequirements
 limits {Quantity}
 requests {Quantity}
type VolumeStatus
 image ImageVolumeStatus
type VsphereVirtualDiskVolumeSource
 fsType string
 storagePolicyID string
 storagePolicyName string
 volumePath string required
type WeightedPodAffinityTerm
 podAffinityTerm PodAffinityTerm required held
 weight int32 required
type WindowsSecurityContextOptions
 gmsaCredentialSpec string
 gmsaCredentialSpecName string
 hostProcess boolean
 runAsUserName string
`;
