import type { FieldSchema } from '../api/schema.ts';

/**
 * Fields whose zero value says something. On the wire a field that Go holds by value is there even
 * if nobody set it, and one that Go holds by pointer only if somebody did; protobuf documents do
 * not tell the two apart. The rule: zeros of required fields stay, those of others go. This is
 * where Go differs from the rule: optional fields whose zero stays (they are behind pointers, or
 * without omitempty), and with a `-` required ones whose zero goes.
 */
const table = `
admissionregistration-v1
 MatchResources matchPolicy
 MutatingAdmissionPolicySpec failurePolicy
 MutatingWebhook failurePolicy matchPolicy reinvocationPolicy sideEffects timeoutSeconds
 NamedRuleWithOperations scope
 ParamRef parameterNotFoundAction
 RuleWithOperations scope
 ServiceReference path port
 ValidatingAdmissionPolicyBindingSpec -policyName
 ValidatingAdmissionPolicySpec failurePolicy
 ValidatingWebhook failurePolicy matchPolicy sideEffects timeoutSeconds
 Validation reason
 WebhookClientConfig url
apps-v1
 DaemonSetSpec revisionHistoryLimit
 DaemonSetStatus collisionCount
 DeploymentSpec progressDeadlineSeconds replicas revisionHistoryLimit
 DeploymentStatus collisionCount terminatingReplicas
 ReplicaSetSpec replicas
 ReplicaSetStatus terminatingReplicas
 RollingUpdateStatefulSetStrategy partition
 StatefulSetOrdinals start
 StatefulSetSpec replicas revisionHistoryLimit serviceName
 StatefulSetStatus availableReplicas collisionCount
authentication-v1
 TokenRequestSpec expirationSeconds
 TokenRequestStatus token
 TokenReviewSpec -token
autoscaling-v1
 HorizontalPodAutoscalerSpec minReplicas targetCPUUtilizationPercentage
 HorizontalPodAutoscalerStatus currentCPUUtilizationPercentage observedGeneration
autoscaling-v2
 HPAScalingRules selectPolicy stabilizationWindowSeconds
 HorizontalPodAutoscalerSpec minReplicas
 HorizontalPodAutoscalerStatus observedGeneration
 MetricTarget averageUtilization
 MetricValueStatus averageUtilization
batch-v1
 CronJobSpec failedJobsHistoryLimit startingDeadlineSeconds successfulJobsHistoryLimit suspend
 CronJobSpec timeZone
 JobSpec activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions
 JobSpec managedBy manualSelector maxFailedIndexes parallelism podReplacementPolicy suspend
 JobSpec ttlSecondsAfterFinished
 JobStatus failedIndexes ready terminating
 PodFailurePolicyOnExitCodesRequirement containerName
 PodFailurePolicyOnPodConditionsPattern status
 SuccessPolicyRule succeededCount succeededIndexes
certificates-v1
 CertificateSigningRequestSpec expirationSeconds
coordination-v1
 LeaseSpec holderIdentity leaseDurationSeconds leaseTransitions preferredHolder strategy
core-v1
 AppArmorProfile localhostProfile
 AzureDiskVolumeSource cachingMode fsType kind readOnly
 AzureFilePersistentVolumeSource secretNamespace
 CSIVolumeSource fsType readOnly
 ClientIPConfig timeoutSeconds
 ClusterTrustBundleProjection name optional signerName
 ConfigMap immutable
 ConfigMapEnvSource optional
 ConfigMapKeySelector optional
 ConfigMapProjection optional
 ConfigMapVolumeSource defaultMode optional
 Container restartPolicy
 ContainerRestartRule -action
 ContainerRestartRuleOnExitCodes -operator
 ContainerStatus started stopSignal
 DownwardAPIVolumeFile mode
 DownwardAPIVolumeSource defaultMode
 EndpointAddress nodeName
 EndpointPort appProtocol
 EphemeralContainer restartPolicy
 Event reportingComponent reportingInstance
 FCVolumeSource lun
 FileKeySelector optional
 GRPCAction service
 GlusterfsPersistentVolumeSource endpointsNamespace
 HostPathVolumeSource type
 ISCSIPersistentVolumeSource initiatorName
 ISCSIVolumeSource initiatorName
 ImageVolumeStatus -imageRef
 KeyToPath mode
 Lifecycle stopSignal
 LoadBalancerIngress ipMode
 LocalVolumeSource fsType
 NodeFeatures supplementalGroupsPolicy
 NodeRuntimeHandler name
 NodeRuntimeHandlerFeatures recursiveReadOnlyMounts userNamespaces
 NodeSwapStatus capacity
 PersistentVolumeClaimSpec storageClassName volumeAttributesClassName volumeMode
 PersistentVolumeClaimStatus currentVolumeAttributesClassName
 PersistentVolumeSpec volumeAttributesClassName volumeMode
 PodCertificateProjection maxExpirationSeconds -keyType -signerName
 PodDNSConfigOption value
 PodResourceClaim resourceClaimName resourceClaimTemplateName
 PodResourceClaimStatus resourceClaimName
 PodSchedulingGroup podGroupName
 PodSecurityContext fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser
 PodSecurityContext seLinuxChangePolicy supplementalGroupsPolicy
 PodSpec activeDeadlineSeconds automountServiceAccountToken enableServiceLinks hostUsers
 PodSpec hostnameOverride preemptionPolicy priority runtimeClassName setHostnameAsFQDN
 PodSpec shareProcessNamespace terminationGracePeriodSeconds
 PortStatus error
 Probe terminationGracePeriodSeconds
 ProjectedVolumeSource defaultMode
 ReplicationControllerSpec replicas
 ResourceHealth message
 SeccompProfile localhostProfile
 Secret immutable
 SecretEnvSource optional
 SecretKeySelector optional
 SecretProjection optional
 SecretVolumeSource defaultMode optional
 SecurityContext allowPrivilegeEscalation privileged procMount readOnlyRootFilesystem runAsGroup
 SecurityContext runAsNonRoot runAsUser
 ServiceAccount automountServiceAccountToken
 ServiceAccountTokenProjection expirationSeconds
 ServicePort appProtocol
 ServiceSpec allocateLoadBalancerNodePorts internalTrafficPolicy ipFamilyPolicy loadBalancerClass
 ServiceSpec trafficDistribution
 Toleration tolerationSeconds
 TopologySpreadConstraint minDomains nodeAffinityPolicy nodeTaintsPolicy
 TypedLocalObjectReference apiGroup
 TypedObjectReference apiGroup namespace
 VolumeMount mountPropagation recursiveReadOnly
 VolumeMountStatus recursiveReadOnly
 WindowsSecurityContextOptions gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName
discovery-v1
 Endpoint hostname nodeName zone
 EndpointConditions ready serving terminating
 EndpointPort appProtocol name port protocol
flowcontrol-v1
 ExemptPriorityLevelConfiguration lendablePercent nominalConcurrencyShares
 FlowSchemaSpec matchingPrecedence
 LimitedPriorityLevelConfiguration borrowingLimitPercent lendablePercent nominalConcurrencyShares
 QueuingConfiguration handSize queueLengthLimit queues
meta-v1
 DeleteOptions gracePeriodSeconds ignoreStoreReadErrorWithClusterBreakingPotential orphanDependents
 DeleteOptions propagationPolicy
 ObjectMeta deletionGracePeriodSeconds
 OwnerReference blockOwnerDeletion controller
 Preconditions resourceVersion uid
networking-v1
 HTTPIngressPath pathType
 IngressClassParametersReference apiGroup namespace scope
 IngressPortStatus error
 IngressSpec ingressClassName
 NetworkPolicyPort endPort protocol
 ParentReference -name -resource
policy-v1
 PodDisruptionBudgetSpec unhealthyPodEvictionPolicy
 PodDisruptionBudgetStatus currentHealthy desiredHealthy disruptionsAllowed expectedPods
rbac-v1
 RoleRef apiGroup
resource-v1
 AllocatedDeviceStatus shareID
 Device allNodes allowMultipleAllocations bindsToNode nodeName
 DeviceAttribute bool int string version
 DeviceClassSpec extendedResourceName
 DeviceConstraint distinctAttribute matchAttribute
 DeviceRequestAllocationResult adminAccess shareID
 DeviceToleration tolerationSeconds
 ExactDeviceRequest adminAccess
 NodeAllocatableResourceMapping capacityKey
 ResourceSliceSpec allNodes nodeName perDeviceNodeSelection
scheduling-v1
 PriorityClass preemptionPolicy value
storage-v1
 CSIDriverSpec attachRequired fsGroupPolicy nodeAllocatableUpdatePeriodSeconds podInfoOnMount
 CSIDriverSpec preventPodSchedulingIfMissing requiresRepublish seLinuxMount
 CSIDriverSpec serviceAccountTokenInSecrets storageCapacity
 StorageClass allowVolumeExpansion reclaimPolicy volumeBindingMode
 TokenRequest expirationSeconds
 VolumeAttachmentSource persistentVolumeName
 VolumeError errorCode
 VolumeNodeResources count
`;

const words = new Set(parse(table));

/** `keepsZero('core-v1.PodSpec', field)`. */
export function keepsZero(type: string, { name, required }: FieldSchema): boolean {
  return words.has(`${type}.${name}`) || (required && !words.has(`${type}.-${name}`));
}

function* parse(text: string): Generator<string> {
  let file = '';
  for (const line of text.trim().split('\n')) {
    const [type, ...fields] = line.trim().split(' ');
    if (fields.length === 0) file = type!;
    for (const field of fields) yield `${file}.${type}.${field}`;
  }
}
