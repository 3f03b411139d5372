/** The gate before every write: plugins that may change it or refuse it, in upstream's order. */
import { UsageError } from '../../base/errors.ts';
import type { Authorizer } from '../authorization/authorize.ts';
import type { Admission } from '../call.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { chainPlugins } from './chain.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { denyServiceExternalIps } from './deny-service-external-ips.ts';
import { createNamespaceLifecycle } from './namespace-lifecycle.ts';
import { createNodeRestriction } from './node-restriction.ts';
import { createServiceAllocator } from './service-allocator.ts';

export interface AdmissionOptions {
  readonly reader: ObjectReader;
  /** `10.43.0.0/16` */
  readonly serviceCidr: string;
  /** `30000-32767` */
  readonly nodePortRange: string;
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
  { name: 'AlwaysAdmit' },
  { name: 'NamespaceAutoProvision' },
  { name: 'NamespaceLifecycle', isOn: true, create: createNamespaceLifecycle },
  { name: 'NamespaceExists' },
  { name: 'LimitPodHardAntiAffinityTopology' },
  { name: 'LimitRanger', isOn: true },
  { name: 'ServiceAccount', isOn: true },
  // Off upstream, but no cluster is safe without it: every distribution turns it on.
  { name: 'NodeRestriction', isOn: true, create: createNodeRestriction },
  { name: 'TaintNodesByCondition', isOn: true },
  { name: 'AlwaysPullImages' },
  { name: 'ImagePolicyWebhook' },
  { name: 'PodSecurity', isOn: true },
  { name: 'PodNodeSelector' },
  { name: 'Priority', isOn: true },
  { name: 'DefaultTolerationSeconds', isOn: true, create: () => defaultTolerationSeconds },
  { name: 'PodTolerationRestriction' },
  { name: 'EventRateLimit' },
  { name: 'ExtendedResourceToleration' },
  { name: 'DefaultStorageClass', isOn: true },
  { name: 'StorageObjectInUseProtection', isOn: true },
  { name: 'PodGroupProtection' },
  { name: 'OwnerReferencesPermissionEnforcement' },
  { name: 'PersistentVolumeClaimResize', isOn: true },
  { name: 'RuntimeClass', isOn: true },
  { name: 'CertificateApproval', isOn: true },
  { name: 'CertificateSigning', isOn: true },
  { name: 'ClusterTrustBundleAttest', isOn: true },
  { name: 'CertificateSubjectRestriction', isOn: true },
  { name: 'DefaultIngressClass', isOn: true },
  // Off upstream; on here (CVE-2020-8554, CIS 1.2.3).
  { name: 'DenyServiceExternalIPs', isOn: true, create: () => denyServiceExternalIps },
  { name: 'PodTopologyLabels', isOn: true },
  { name: 'PodGroupWorkloadExists' },
  { name: 'NodeDeclaredFeatureValidator' },
  { name: 'JobValidation' },
  { name: 'PodResizeValidator', isOn: true },
  { name: 'MutatingAdmissionPolicy', isOn: true },
  { name: 'MutatingAdmissionWebhook', isOn: true },
  { name: 'ValidatingAdmissionPolicy', isOn: true },
  { name: 'ValidatingAdmissionWebhook', isOn: true },
  { name: 'ResourceQuota', isOn: true },
  { name: 'AlwaysDeny' },
];

/**
 * @throws UsageError for a plugin that does not exist, or not here
 * @throws Error for a CIDR or a port range that is none
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const plugins = chosenEntries(options).flatMap(({ create }) => create?.(options) ?? []);
  return chainPlugins([...(options.checks ?? []), ...plugins], [createServiceAllocator(options)]);
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
  if (list === 'disable' || entry.create || entry.isOn) return undefined;
  return `enable-admission-plugins: ${name} exists in Kubernetes, but not in this server`;
}
