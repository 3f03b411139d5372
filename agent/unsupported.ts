/**
 * What a pod may ask for and this node does not do yet. Such a pod is refused as a whole, with
 * the field's name, rather than run as if it had not asked. Each feature that arrives deletes
 * its line here.
 */
import type {
  Container,
  Pod,
  PodSpec,
  Probe,
  SecurityContext,
  Volume,
} from '../api/types/core-v1.generated.ts';

/** The sentence for the user, or undefined when all of the spec can be done. */
export function findUnsupported(pod: Pod): string | undefined {
  const { spec } = pod;
  if (!spec) return undefined;
  const [field] = [
    ...ofSpec(spec),
    ...ofContainers(spec),
    ...(spec.volumes ?? []).flatMap(ofVolume),
  ];
  return field === undefined ? undefined : `${field} is not supported by this node yet`;
}

/** The same of one container, which was put into a pod that runs. */
export function findUnsupportedIn(container: Container): string | undefined {
  const [field] = asked(container.name, ofContainer(container));
  return field === undefined ? undefined : `${field} is not supported by this node yet`;
}

type Check = readonly [field: string, isAsked: boolean];

function ofSpec(spec: PodSpec): string[] {
  const { securityContext: security = {} } = spec;
  const unsafe = security.sysctls?.find(({ name }) => !safeSysctls.has(name));
  return asked('spec', [
    ['hostUsers=false', spec.hostUsers === false],
    ['runtimeClassName', Boolean(spec.runtimeClassName)],
    ['resourceClaims', (spec.resourceClaims?.length ?? 0) > 0],
    ['resources', spec.resources !== undefined],
    ['hostnameOverride', Boolean(spec.hostnameOverride)],
    ['os.name=windows', spec.os?.name === 'windows'],
    ['securityContext.seLinuxOptions', security.seLinuxOptions !== undefined],
    ['securityContext.windowsOptions', security.windowsOptions !== undefined],
    [`securityContext.sysctls[${unsafe?.name}]`, unsafe !== undefined],
    ...ofProfiles('securityContext', security),
  ]);
}

function ofContainers(spec: PodSpec): string[] {
  const lists = ['initContainers', 'containers'] as const;
  return lists.flatMap((list) =>
    (spec[list] ?? []).flatMap((container, index) =>
      asked(`spec.${list}[${index}]`, ofContainer(container)),
    ),
  );
}

function ofContainer(container: Container): Check[] {
  const { securityContext: security = {}, lifecycle = {} } = container;
  return [
    ['restartPolicy', container.restartPolicy !== undefined],
    ['restartPolicyRules', (container.restartPolicyRules?.length ?? 0) > 0],
    ['lifecycle.postStart', lifecycle.postStart !== undefined],
    ['lifecycle.preStop', lifecycle.preStop !== undefined],
    ['volumeDevices', (container.volumeDevices?.length ?? 0) > 0],
    ['env.valueFrom.fileKeyRef', container.env?.some(hasFileKeyRef) ?? false],
    ...probesOf(container).map(
      ([name, probe]): Check => [`${name}.grpc`, probe.grpc !== undefined],
    ),
    ...(container.volumeMounts ?? []).flatMap((mount, index): Check[] => [
      [`volumeMounts[${index}].subPath`, Boolean(mount.subPath)],
      [`volumeMounts[${index}].subPathExpr`, Boolean(mount.subPathExpr)],
      [`volumeMounts[${index}].mountPropagation`, (mount.mountPropagation ?? 'None') !== 'None'],
      [`volumeMounts[${index}].recursiveReadOnly`, mount.recursiveReadOnly === 'Enabled'],
    ]),
    ['securityContext.procMount', (security.procMount ?? 'Default') !== 'Default'],
    ['securityContext.seLinuxOptions', security.seLinuxOptions !== undefined],
    ['securityContext.windowsOptions', security.windowsOptions !== undefined],
    ...ofProfiles('securityContext', security),
  ];
}

/** RuntimeDefault runs without a filter for now; the agent says so in an event. */
function ofProfiles(at: string, { seccompProfile, appArmorProfile }: SecurityContext): Check[] {
  return [
    [`${at}.seccompProfile.type=Localhost`, seccompProfile?.type === 'Localhost'],
    [`${at}.appArmorProfile.type=Localhost`, appArmorProfile?.type === 'Localhost'],
  ];
}

function ofVolume(volume: Volume, index: number): string[] {
  const at = `spec.volumes[${index}]`;
  const source = Object.keys(volume).find((key) => key !== 'name' && !sources.has(key));
  if (source) return [`${at}.${source}`];
  const projected = volume.projected?.sources ?? [];
  return asked(at, [
    ['emptyDir.medium', (volume.emptyDir?.medium ?? '').startsWith('HugePages')],
    ...projected.flatMap((each): Check[] => [
      ['projected.sources.clusterTrustBundle', each.clusterTrustBundle !== undefined],
      ['projected.sources.podCertificate', each.podCertificate !== undefined],
    ]),
  ]);
}

function asked(at: string, checks: readonly Check[]): string[] {
  return checks.filter(([, isAsked]) => isAsked).map(([field]) => `${at}.${field}`);
}

function probesOf({ livenessProbe, readinessProbe, startupProbe }: Container) {
  return Object.entries({ livenessProbe, readinessProbe, startupProbe }).filter(
    (entry): entry is [string, Probe] => entry[1] !== undefined,
  );
}

const hasFileKeyRef = ({ valueFrom }: NonNullable<Container['env']>[number]) =>
  valueFrom !== undefined && 'fileKeyRef' in valueFrom && valueFrom.fileKeyRef !== undefined;

const sources = new Set([
  'emptyDir',
  'hostPath',
  'configMap',
  'secret',
  'downwardAPI',
  'projected',
]);

/** Namespaced, and harmless to other pods: Pod Security's list. */
const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_notsent_lowat',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_slow_start_after_idle',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);
