/** The gate before every write: plugins that may change it or refuse it, in upstream's order. */
import type { Clock } from '../../base/clock.ts';
import { UsageError } from '../../base/errors.ts';
import type { Authorizer } from '../authorization/authorize.ts';
import type { Admission } from '../call.ts';
import type { Registry } from '../registry/registry.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { alwaysAdmit, alwaysDeny } from './always.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import {
  certificateSubjectRestriction,
  createCertificateApproval,
  createCertificateSigning,
} from './certificates.ts';
import { chainPlugins } from './chain.ts';
import { createDefaultIngressClass } from './default-ingress-class.ts';
import { createDefaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { denyServiceExternalIps } from './deny-service-external-ips.ts';
import { createEventRateLimit } from './event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts';
import { createLimitRanger } from './limit-ranger.ts';
import type { MakeObject } from './make-object.ts';
import { createNamespaceAutoProvision } from './namespace-auto-provision.ts';
import { createNamespaceExists } from './namespace-exists.ts';
import { createNamespaceLifecycle } from './namespace-lifecycle.ts';
import { createNodeRestriction } from './node-restriction.ts';
import { createOwnerReferences } from './owner-references.ts';
import { createPersistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { createPodNodeSelector } from './pod-node-selector.ts';
import { createPodResizeValidator } from './pod-resize-validator.ts';
import { createPodSecurity } from './pod-security/pod-security.ts';
import { createPodTolerationRestriction } from './pod-toleration-restriction.ts';
import { createPodTopologyLabels } from './pod-topology-labels.ts';
import { createPriority } from './priority.ts';
import { createResourceQuota } from './quota/resource-quota.ts';
import { createRuntimeClass } from './runtime-class.ts';
import { createServiceAccount } from './service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

export interface AdmissionOptions {
  readonly reader: ObjectReader;
  /** The same, and all that it knows. */
  readonly registry: Registry;
  readonly clock: Clock;
  /** For plugins that make what is missing. */
  readonly makeObject: MakeObject;
  /** What plugins are set up with, by their names: see config.ts. */
  readonly configs?: ReadonlyMap<string, unknown>;
  /** Gives out what an object is to have once all have changed it: see services/. */
  readonly allocator: AdmissionPlugin;
  /** What belongs to the resources themselves and cannot be turned off. */
  readonly checks?: readonly AdmissionPlugin[];
  /** For plugins that ask whether the user may do something else as well. */
  readonly authorize?: Authorizer;
  /** Beside those that are on by default. */
  readonly enabled?: readonly string[];
  readonly disabled?: readonly string[];
}

interface Entry {
  readonly name: string;
  readonly isOn?: boolean; // By default.
  /** Absent: it exists upstream, and not here. */
  readonly create?: (options: AdmissionOptions) => AdmissionPlugin;
}

/** Every plugin that upstream has, in its order. A new one is a file here and its `create`. */
const table: readonly Entry[] = [
  { name: 'AlwaysAdmit', create: () => alwaysAdmit },
  { name: 'NamespaceAutoProvision', create: createNamespaceAutoProvision },
  { name: 'NamespaceLifecycle', isOn: true, create: createNamespaceLifecycle },
  { name: 'NamespaceExists', create: createNamespaceExists },
  { name: 'LimitPodHardAntiAffinityTopology', create: () => limitPodHardAntiAffinityTopology },
  { name: 'LimitRanger', isOn: true, create: createLimitRanger },
  { name: 'ServiceAccount', isOn: true, create: createServiceAccount },
  // Off upstream, but no cluster is safe without it: every distribution turns it on.
  { name: 'NodeRestriction', isOn: true, create: createNodeRestriction },
  { name: 'TaintNodesByCondition', isOn: true, create: () => taintNodesByCondition },
  { name: 'AlwaysPullImages', create: () => alwaysPullImages },
  { name: 'ImagePolicyWebhook' },
  { name: 'PodSecurity', isOn: true, create: createPodSecurity },
  { name: 'PodNodeSelector', create: createPodNodeSelector },
  { name: 'Priority', isOn: true, create: createPriority },
  { name: 'DefaultTolerationSeconds', isOn: true, create: () => defaultTolerationSeconds },
  { name: 'PodTolerationRestriction', create: createPodTolerationRestriction },
  { name: 'EventRateLimit', create: createEventRateLimit },
  { name: 'ExtendedResourceToleration', create: () => extendedResourceToleration },
  { name: 'DefaultStorageClass', isOn: true, create: createDefaultStorageClass },
  { name: 'StorageObjectInUseProtection', isOn: true, create: () => storageObjectInUseProtection },
  { name: 'PodGroupProtection' },
  { name: 'OwnerReferencesPermissionEnforcement', create: createOwnerReferences },
  { name: 'PersistentVolumeClaimResize', isOn: true, create: createPersistentVolumeClaimResize },
  { name: 'RuntimeClass', isOn: true, create: createRuntimeClass },
  { name: 'CertificateApproval', isOn: true, create: createCertificateApproval },
  { name: 'CertificateSigning', isOn: true, create: createCertificateSigning },
  { name: 'ClusterTrustBundleAttest', isOn: true },
  {
    name: 'CertificateSubjectRestriction',
    isOn: true,
    create: () => certificateSubjectRestriction,
  },
  { name: 'DefaultIngressClass', isOn: true, create: createDefaultIngressClass },
  // Off upstream; on here (CVE-2020-8554, CIS 1.2.3).
  { name: 'DenyServiceExternalIPs', isOn: true, create: () => denyServiceExternalIps },
  { name: 'PodTopologyLabels', isOn: true, create: createPodTopologyLabels },
  { name: 'PodGroupWorkloadExists' },
  { name: 'NodeDeclaredFeatureValidator' },
  { name: 'JobValidation' },
  { name: 'PodResizeValidator', isOn: true, create: createPodResizeValidator },
  { name: 'MutatingAdmissionPolicy', isOn: true },
  { name: 'MutatingAdmissionWebhook', isOn: true },
  { name: 'ValidatingAdmissionPolicy', isOn: true },
  { name: 'ValidatingAdmissionWebhook', isOn: true },
  { name: 'ResourceQuota', isOn: true, create: createResourceQuota },
  { name: 'AlwaysDeny', create: () => alwaysDeny },
];

/**
 * @throws UsageError for a plugin that does not exist, or not here
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const plugins = chosenEntries(options).flatMap(({ create }) => create?.(options) ?? []);
  return chainPlugins([...(options.checks ?? []), ...plugins], [options.allocator]);
}

/** The names of the plugins that run, in order. @throws UsageError */
export const chosenPlugins = (options: Pick<AdmissionOptions, 'enabled' | 'disabled'>): string[] =>
  chosenEntries(options).flatMap(({ name, create }) => (create ? [name] : []));

function chosenEntries({
  enabled = [],
  disabled = [],
}: Pick<AdmissionOptions, 'enabled' | 'disabled'>): Entry[] {
  const problems = [
    ...enabled.map((name) => findProblem('enable', name)),
    ...disabled.map((name) => findProblem('disable', name)),
    ...enabled
      .filter((name) => disabled.includes(name))
      .map(
        (name) => `${name} in enable-admission-plugins and disable-admission-plugins overlapped`,
      ),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return table.filter(
    ({ name, isOn }) => (isOn || enabled.includes(name)) && !disabled.includes(name),
  );
}

function findProblem(list: 'enable' | 'disable', name: string): string | undefined {
  const entry = table.find((each) => each.name === name);
  if (!entry) return `${list}-admission-plugins plugin ${JSON.stringify(name)} is unknown`;
  if (list === 'disable' || entry.create) return undefined;
  return `enable-admission-plugins: ${name} exists in Kubernetes, but not in this server`;
}
