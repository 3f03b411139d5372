import type { Service, ServiceSpec } from '../types/core-v1.generated.ts';

/** What upstream fills into a Service; its address and node ports are given out by the server. */
export function defaultService({ spec }: Service): void {
  if (!spec) return;
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  }
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  defaultTrafficPolicies(spec);
  if (spec.type !== 'ExternalName') alignAddresses(spec);
}

function defaultTrafficPolicies(spec: ServiceSpec): void {
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (isExternal || spec.externalIPs?.length) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** Families follow from what the cluster has: the server fills them in with the addresses. */
function alignAddresses(spec: ServiceSpec): void {
  if (spec.clusterIP !== undefined) spec.clusterIPs ??= [spec.clusterIP];
  else if (spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
}
