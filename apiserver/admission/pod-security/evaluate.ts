/** All checks of the Pod Security Standards by level and version, in upstream's order. Pure. */
import * as baseline from './baseline.ts';
import type { LevelVersion } from './policy.ts';
import * as profiles from './profiles.ts';
import * as restricted from './restricted.ts';
import type { Check, Subject, Violation } from './subject.ts';

interface Versioned {
  /** The check by the minor version it came with, oldest first. */
  readonly versions: readonly { readonly since: number; readonly check: Check }[];
  /** Baseline only: the restricted level has a stricter check of the same thing. */
  readonly isCovered?: boolean;
}

const since = (minor: number, check: Check) => ({ since: minor, check });
const always = (check: Check): Versioned => ({ versions: [since(0, check)] });

/** By name of the check, as messages list them. */
const baselineChecks: readonly Versioned[] = [
  always(profiles.appArmorProfile),
  { ...always(baseline.capabilities), isCovered: true },
  always(baseline.hostNamespaces),
  { ...always(baseline.hostPathVolumes), isCovered: true },
  always(baseline.hostPorts),
  { versions: [since(34, baseline.hostProbes)] },
  always(baseline.privileged),
  {
    versions: [since(0, baseline.procMount), since(35, baseline.procMountOrUserNamespace)],
    isCovered: true,
  },
  always(baseline.seLinuxOptions),
  {
    versions: [since(0, profiles.seccompAnnotations), since(19, profiles.seccompProfile)],
    isCovered: true,
  },
  { versions: profiles.sysctlVersions },
  always(baseline.windowsHostProcess),
];

const restrictedChecks: readonly Versioned[] = [
  {
    versions: [
      since(8, restricted.allowPrivilegeEscalation),
      since(25, restricted.allowPrivilegeEscalationOfLinux),
    ],
  },
  {
    versions: [
      since(0, baseline.capabilities),
      since(22, restricted.capabilitiesDropped),
      since(25, restricted.capabilitiesDroppedOfLinux),
    ],
  },
  always(baseline.procMount),
  always(restricted.restrictedVolumes),
  {
    versions: [
      since(0, restricted.runAsNonRoot),
      since(35, restricted.runAsNonRootOrUserNamespace),
    ],
  },
  {
    versions: [since(23, restricted.runAsUser), since(35, restricted.runAsUserOrUserNamespace)],
  },
  {
    versions: [
      since(0, profiles.seccompAnnotations),
      since(19, profiles.seccompProfileRequired),
      since(25, profiles.seccompProfileOfLinux),
    ],
  },
];

/** Everything that is wrong with the pod at that level. */
export function evaluate({ level, minor }: LevelVersion, subject: Subject): Violation[] {
  if (level === 'privileged') return [];
  const checks =
    level === 'baseline'
      ? baselineChecks
      : [...baselineChecks.filter(({ isCovered }) => !isCovered), ...restrictedChecks];
  return checks.flatMap(({ versions }) => {
    const version = versions.findLast((each) => each.since <= minor);
    return version?.check(subject) ?? [];
  });
}

/** `host namespaces (hostPID=true), privileged (container "a" must not …)` */
export const describeInDetail = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ');

export const describeInShort = (violations: readonly Violation[]): string =>
  violations.map(({ reason }) => reason).join(', ');
