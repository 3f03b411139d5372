/** Seccomp, AppArmor and sysctls: what the kernel lets a pod do. Pure. */
import { settersOf } from './baseline.ts';
import { type Check, isWindows, namesOf, type Subject } from './subject.ts';
import { counted, plural, quoted, sorted } from './words.ts';

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

export const appArmorProfile: Check = (subject) => {
  const values: string[] = [];
  const setters = settersOf(subject, ({ appArmorProfile: profile }) => {
    const isBad = profile !== undefined && !isTame(profile.type);
    if (isBad) values.push(profile.type);
    return isBad;
  });
  const annotations = [...subject.annotations].filter(([key, value]) => {
    const isFine = value === '' || value === 'runtime/default' || value.startsWith('localhost/');
    return key.startsWith(appArmorPrefix) && !isFine;
  });
  if (annotations.length > 0) {
    const texts = annotations.map(([key, value]) => `${key}="${value}"`).sort();
    setters.push(`${plural('annotation', texts.length)} ${texts.join(', ')}`);
    values.push(...annotations.map(([, value]) => value));
  }
  if (setters.length === 0) return undefined;
  const types = sorted(values);
  return {
    reason: plural('forbidden AppArmor profile', types.length),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(types)}`,
  };
};

const isTame = (type: string) => type === 'RuntimeDefault' || type === 'Localhost';

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/';

/** Before 1.19 seccomp was asked for by annotations. */
export const seccompAnnotations: Check = (subject) => {
  const keys = [seccompPod, ...subject.containers.map(({ name }) => seccompContainer + name)];
  const bad = keys.flatMap((key) => {
    const value = subject.annotations.get(key);
    if (value === undefined || value.startsWith('localhost/')) return [];
    if (value === 'runtime/default' || value === 'docker/default') return [];
    return [`${key}="${value}"`];
  });
  if (bad.length === 0) return undefined;
  const texts = sorted(bad);
  const detail = `forbidden ${plural('annotation', texts.length)} ${texts.join(', ')}`;
  return { reason: 'seccompProfile', detail };
};

export const seccompProfile: Check = (subject) => {
  const values: string[] = [];
  const setters = settersOf(subject, ({ seccompProfile: profile }) => {
    const isBad = profile !== undefined && !isTame(profile.type);
    if (isBad) values.push(profile.type);
    return isBad;
  });
  if (setters.length === 0) return undefined;
  const what = `must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}`;
  return { reason: 'seccompProfile', detail: `${setters.join(' and ')} ${what}` };
};

/** None is not enough: a profile must be named. */
export const seccompProfileRequired: Check = (subject) => {
  const set = seccompProfile(subject);
  if (set) return set;
  if (subject.spec.securityContext?.seccompProfile) return undefined;
  const bare = namesOf(subject, ({ securityContext }) => !securityContext?.seccompProfile);
  if (bare.length === 0) return undefined;
  const what = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: 'seccompProfile', detail: `pod or ${counted('container', bare)} ${what}` };
};

export const seccompProfileOfLinux: Check = (subject) =>
  isWindows(subject) ? undefined : seccompProfileRequired(subject);

/** By the minor version from which each counts as safe. */
const safeSysctls: readonly (readonly [number, readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
  [36, ['net.ipv4.tcp_slow_start_after_idle', 'net.ipv4.tcp_notsent_lowat']],
];

/** One check for each version that knew more of them as safe. */
export const sysctlVersions = safeSysctls.map(([since]) => {
  const safe = new Set(safeSysctls.flatMap(([from, names]) => (from <= since ? names : [])));
  return { since, check: (subject: Subject) => sysctls(subject, safe) };
});

function sysctls({ spec }: Subject, safe: ReadonlySet<string>) {
  const bad = (spec.securityContext?.sysctls ?? []).filter(({ name }) => !safe.has(name));
  if (bad.length === 0) return undefined;
  return { reason: 'forbidden sysctls', detail: bad.map(({ name }) => name).join(', ') };
}
