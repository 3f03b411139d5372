/** Security contexts of pods and containers. */
import type { StatusCause } from '../../base/errors.ts';
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  requiredValue,
  tooLongValue,
  unsupportedValue,
} from './cause.ts';
import { checkInsidePath } from './paths.ts';
import { checkWindowsOptions } from './windows.ts';

const idMax = 2 ** 31 - 1;

/** A user or a group. */
function checkId(id: number | undefined, field: string): StatusCause[] {
  if (id === undefined || (id >= 0 && id <= idMax)) return [];
  return [invalidValue(field, id, `must be between 0 and ${idMax}, inclusive`)];
}

export function checkContainerSecurity(
  context: SecurityContext,
  path: string,
  { hasHostUsers }: { readonly hasHostUsers: boolean },
): StatusCause[] {
  const { privileged, allowPrivilegeEscalation: mayEscalate, capabilities, procMount } = context;
  const causes = [
    ...checkId(context.runAsUser, `${path}.runAsUser`),
    ...checkId(context.runAsGroup, `${path}.runAsGroup`),
  ];
  if (hasHostUsers && procMount === 'Unmasked') {
    const detail = '`hostUsers` must be false to use `Unmasked`';
    causes.push(invalidValue(`${path}.procMount`, procMount, detail));
  }
  causes.push(...checkSeccomp(context.seccompProfile, `${path}.seccompProfile`));
  if (mayEscalate === false && privileged) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    causes.push(invalidValue(path, context, detail));
  }
  if (mayEscalate === false && capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    const detail =
      'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    causes.push(invalidValue(path, context, detail));
  }
  return [
    ...causes,
    ...checkWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...checkAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
  ];
}

const selinuxPolicies = ['MountOption', 'Recursive'];

/** What namespaces a pod shares with its node stands in the spec beside its security context. */
export function checkPodSecurity(spec: PodSpec, path: string): StatusCause[] {
  const context = spec.securityContext ?? {};
  const at = `${path}.securityContext`;
  const { seLinuxChangePolicy: policy, supplementalGroups = [] } = context;
  const causes = [
    ...checkId(context.fsGroup, `${at}.fsGroup`),
    ...checkId(context.runAsUser, `${at}.runAsUser`),
    ...checkId(context.runAsGroup, `${at}.runAsGroup`),
    ...supplementalGroups.flatMap((id, index) => checkId(id, `${at}.supplementalGroups[${index}]`)),
  ];
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    causes.push(invalidValue(`${at}.shareProcessNamespace`, true, detail));
  }
  causes.push(
    ...checkSysctls(context, spec, `${at}.sysctls`),
    ...checkSeccomp(context.seccompProfile, `${at}.seccompProfile`),
    ...checkWindowsOptions(context.windowsOptions, `${at}.windowsOptions`),
    ...checkAppArmor(context.appArmorProfile, `${at}.appArmorProfile`),
  );
  if (policy !== undefined && !selinuxPolicies.includes(policy)) {
    causes.push(unsupportedValue(`${at}.seLinuxChangePolicy`, policy, selinuxPolicies));
  }
  return [...causes, ...checkHostUsers(spec, path)];
}

/** Who has users of its own shares no other namespace with the node. */
function checkHostUsers(spec: PodSpec, path: string): StatusCause[] {
  if (spec.hostUsers !== false) return [];
  const shared = { hostNetwork: 'hostNetwork', hostPID: 'HostPID', hostIPC: 'HostIPC' } as const;
  return Object.entries(shared)
    .filter(([name]) => spec[name as keyof typeof shared])
    .map(([, shown]) => forbiddenValue(`${path}.${shown}`, 'when `pod.Spec.HostUsers` is false'));
}

const sysctlPattern = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlNames = new RegExp(`^${sysctlPattern}$`);
const sysctlBytesMax = 253;

function checkSysctls({ sysctls = [] }: PodSecurityContext, spec: PodSpec, path: string) {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name }, index) => {
    const field = `${path}[${index}].name`;
    if (name === undefined) return [];
    const causes: StatusCause[] = [];
    if (name === '') causes.push(requiredValue(field));
    else if (name.length > sysctlBytesMax || !sysctlNames.test(name)) {
      const detail = `must have at most ${sysctlBytesMax} characters and match regex ^${sysctlPattern}$`;
      causes.push(invalidValue(field, name, detail));
    } else if (seen.has(name)) causes.push(duplicateValue(field, name));
    seen.add(name);
    const dotted = name.replaceAll('/', '.');
    if (spec.hostNetwork && dotted.startsWith('net.')) {
      causes.push(invalidValue(field, name, "may not be specified when 'hostNetwork' is true"));
    }
    if (spec.hostIPC && isOfIpc(dotted)) {
      causes.push(invalidValue(field, name, "may not be specified when 'hostIPC' is true"));
    }
    return causes;
  });
}

const isOfIpc = (sysctl: string) =>
  sysctl === 'kernel.sem' || /^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(sysctl);

function checkSeccomp(profile: SeccompProfile | undefined, path: string): StatusCause[] {
  if (!profile) return [];
  const { type, localhostProfile: file } = profile;
  const field = `${path}.localhostProfile`;
  if (type === '') {
    return [requiredValue(`${path}.type`, 'type is required when seccompProfile is set')];
  }
  if (type !== 'Localhost') {
    if (file === undefined) return [];
    return [invalidValue(field, profile, 'can only be set when seccomp type is Localhost')];
  }
  if (file === undefined) {
    return [requiredValue(field, 'must be set when seccomp type is Localhost')];
  }
  return checkInsidePath(file, field);
}

const profileBytesMax = 4095;

function checkAppArmor(profile: AppArmorProfile | undefined, path: string): StatusCause[] {
  if (!profile) return [];
  const { type, localhostProfile: name } = profile;
  const field = `${path}.localhostProfile`;
  if (type === '') {
    return [requiredValue(`${path}.type`, 'type is required when appArmorProfile is set')];
  }
  if (type !== 'Localhost') {
    if (name === undefined) return [];
    return [invalidValue(field, name, 'can only be set when AppArmor type is Localhost')];
  }
  const missing = requiredValue(field, 'must be set when AppArmor type is Localhost');
  if (name === undefined) return [missing];
  const causes: StatusCause[] = [];
  if (name.trim() !== name) {
    causes.push(invalidValue(field, name, 'must not be padded with whitespace'));
  } else if (name === '') causes.push(missing);
  return name.length > profileBytesMax ? [...causes, tooLongValue(field, profileBytesMax)] : causes;
}
