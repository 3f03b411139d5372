/** Every resource that is served. A new kind is one file in resources/ and one line here. */
import type { Resource } from './resource.ts';
import { apiServices } from './resources/api-service.ts';
import { certificateSigningRequests } from './resources/certificate-signing-request.ts';
import { clusterRoles } from './resources/cluster-role.ts';
import { clusterRoleBindings } from './resources/cluster-role-binding.ts';
import { configMaps } from './resources/config-map.ts';
import { csiDrivers } from './resources/csi-driver.ts';
import { csiNodes } from './resources/csi-node.ts';
import { csiStorageCapacities } from './resources/csi-storage-capacity.ts';
import { customResourceDefinitions } from './resources/custom-resource-definition.ts';
import { deployments } from './resources/deployment.ts';
import { deviceClasses } from './resources/device-class.ts';
import { endpointSlices } from './resources/endpoint-slice.ts';
import { endpoints } from './resources/endpoints.ts';
import { events } from './resources/event.ts';
import { flowSchemas } from './resources/flow-schema.ts';
import { ingresses } from './resources/ingress.ts';
import { ingressClasses } from './resources/ingress-class.ts';
import { ipAddresses } from './resources/ip-address.ts';
import { leases } from './resources/lease.ts';
import { mutatingAdmissionPolicies } from './resources/mutating-admission-policy.ts';
import { mutatingAdmissionPolicyBindings } from './resources/mutating-admission-policy-binding.ts';
import { mutatingWebhookConfigurations } from './resources/mutating-webhook-configuration.ts';
import { namespaces } from './resources/namespace.ts';
import { networkPolicies } from './resources/network-policy.ts';
import { nodes } from './resources/node.ts';
import { pods } from './resources/pod.ts';
import { priorityClasses } from './resources/priority-class.ts';
import { priorityLevelConfigurations } from './resources/priority-level-configuration.ts';
import { replicaSets } from './resources/replica-set.ts';
import { resourceClaims } from './resources/resource-claim.ts';
import { resourceClaimTemplates } from './resources/resource-claim-template.ts';
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
import { storageClasses } from './resources/storage-class.ts';
import { validatingAdmissionPolicies } from './resources/validating-admission-policy.ts';
import { validatingAdmissionPolicyBindings } from './resources/validating-admission-policy-binding.ts';
import { validatingWebhookConfigurations } from './resources/validating-webhook-configuration.ts';
import { volumeAttachments } from './resources/volume-attachment.ts';
import { volumeAttributesClasses } from './resources/volume-attributes-class.ts';

export {
  apiServices,
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  customResourceDefinitions,
  deployments,
  deviceClasses,
  endpointSlices,
  endpoints,
  events,
  flowSchemas,
  ingressClasses,
  ingresses,
  ipAddresses,
  leases,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  nodes,
  pods,
  priorityClasses,
  priorityLevelConfigurations,
  replicaSets,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  roleBindings,
  roles,
  runtimeClasses,
  secrets,
  serviceAccounts,
  serviceCidrs,
  services,
  storageClasses,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  volumeAttachments,
  volumeAttributesClasses,
};

/** In the order of discovery. The server knows objects only as KubeObject. */
export const allResources = [
  configMaps,
  endpoints,
  events,
  namespaces,
  nodes,
  pods,
  secrets,
  serviceAccounts,
  services,
  apiServices,
  deployments,
  replicaSets,
  certificateSigningRequests,
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCidrs,
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
