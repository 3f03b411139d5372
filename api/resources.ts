/** Every resource that is served. A new kind is one file in resources/ and one line here. */
import type { Resource } from './resource.ts';
import { apiServices } from './resources/api-service.ts';
import { bindings } from './resources/binding.ts';
import { certificateSigningRequests } from './resources/certificate-signing-request.ts';
import { clusterRoles } from './resources/cluster-role.ts';
import { clusterRoleBindings } from './resources/cluster-role-binding.ts';
import { componentStatuses } from './resources/component-status.ts';
import { configMaps } from './resources/config-map.ts';
import { controllerRevisions } from './resources/controller-revision.ts';
import { cronJobs } from './resources/cron-job.ts';
import { csiDrivers } from './resources/csi-driver.ts';
import { csiNodes } from './resources/csi-node.ts';
import { csiStorageCapacities } from './resources/csi-storage-capacity.ts';
import { customResourceDefinitions } from './resources/custom-resource-definition.ts';
import { daemonSets } from './resources/daemon-set.ts';
import { deployments } from './resources/deployment.ts';
import { deviceClasses } from './resources/device-class.ts';
import { endpointSlices } from './resources/endpoint-slice.ts';
import { endpoints } from './resources/endpoints.ts';
import { events } from './resources/event.ts';
import { eventsV1 } from './resources/event-v1.ts';
import { flowSchemas } from './resources/flow-schema.ts';
import { horizontalPodAutoscalers } from './resources/horizontal-pod-autoscaler.ts';
import { horizontalPodAutoscalersV1 } from './resources/horizontal-pod-autoscaler-v1.ts';
import { ingresses } from './resources/ingress.ts';
import { ingressClasses } from './resources/ingress-class.ts';
import { ipAddresses } from './resources/ip-address.ts';
import { jobs } from './resources/job.ts';
import { leases } from './resources/lease.ts';
import { limitRanges } from './resources/limit-range.ts';
import { mutatingAdmissionPolicies } from './resources/mutating-admission-policy.ts';
import { mutatingAdmissionPolicyBindings } from './resources/mutating-admission-policy-binding.ts';
import { mutatingWebhookConfigurations } from './resources/mutating-webhook-configuration.ts';
import { namespaces } from './resources/namespace.ts';
import { networkPolicies } from './resources/network-policy.ts';
import { nodes } from './resources/node.ts';
import { persistentVolumes } from './resources/persistent-volume.ts';
import { persistentVolumeClaims } from './resources/persistent-volume-claim.ts';
import { pods } from './resources/pod.ts';
import { podDisruptionBudgets } from './resources/pod-disruption-budget.ts';
import { podTemplates } from './resources/pod-template.ts';
import { priorityClasses } from './resources/priority-class.ts';
import { priorityLevelConfigurations } from './resources/priority-level-configuration.ts';
import { replicaSets } from './resources/replica-set.ts';
import { replicationControllers } from './resources/replication-controller.ts';
import { resourceClaims } from './resources/resource-claim.ts';
import { resourceClaimTemplates } from './resources/resource-claim-template.ts';
import { resourceQuotas } from './resources/resource-quota.ts';
import { resourceSlices } from './resources/resource-slice.ts';
import {
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  tokenReviews,
} from './resources/reviews.ts';
import { roles } from './resources/role.ts';
import { roleBindings } from './resources/role-binding.ts';
import { runtimeClasses } from './resources/runtime-class.ts';
import { secrets } from './resources/secret.ts';
import { services } from './resources/service.ts';
import { serviceAccounts } from './resources/service-account.ts';
import { serviceCidrs } from './resources/service-cidr.ts';
import { statefulSets } from './resources/stateful-set.ts';
import { storageClasses } from './resources/storage-class.ts';
import { validatingAdmissionPolicies } from './resources/validating-admission-policy.ts';
import { validatingAdmissionPolicyBindings } from './resources/validating-admission-policy-binding.ts';
import { validatingWebhookConfigurations } from './resources/validating-webhook-configuration.ts';
import { volumeAttachments } from './resources/volume-attachment.ts';
import { volumeAttributesClasses } from './resources/volume-attributes-class.ts';

export {
  apiServices,
  bindings,
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  componentStatuses,
  configMaps,
  controllerRevisions,
  cronJobs,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  customResourceDefinitions,
  daemonSets,
  deployments,
  deviceClasses,
  endpointSlices,
  endpoints,
  events,
  eventsV1,
  flowSchemas,
  horizontalPodAutoscalers,
  horizontalPodAutoscalersV1,
  ingressClasses,
  ingresses,
  ipAddresses,
  jobs,
  leases,
  limitRanges,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  podTemplates,
  priorityClasses,
  priorityLevelConfigurations,
  replicaSets,
  replicationControllers,
  resourceClaims,
  resourceClaimTemplates,
  resourceQuotas,
  resourceSlices,
  roleBindings,
  roles,
  runtimeClasses,
  secrets,
  serviceAccounts,
  serviceCidrs,
  services,
  statefulSets,
  storageClasses,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  volumeAttachments,
  volumeAttributesClasses,
};

/** In the order of discovery. The server knows objects only as KubeObject. */
export const allResources = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  apiServices,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  eventsV1,
  horizontalPodAutoscalers,
  horizontalPodAutoscalersV1,
  cronJobs,
  jobs,
  certificateSigningRequests,
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCidrs,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  customResourceDefinitions,
  priorityClasses,
  runtimeClasses,
  endpointSlices,
  leases,
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  flowSchemas,
  priorityLevelConfigurations,
  selfSubjectReviews,
  tokenReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
] as unknown as readonly Resource[];
