/** What the restricted level asks for beyond baseline: the current good practice. Pure. */
import type { Container } from '../../../api/types/core-v1.generated.ts';
import { settersOf } from './baseline.ts';
import { type Check, hasUserNamespace, isWindows, namesOf } from './subject.ts';
import { counted, plural, quoted, sorted } from './words.ts';

export const allowPrivilegeEscalation: Check = (subject) => {
  const bad = namesOf(subject, ({ securityContext }) => {
    return securityContext?.allowPrivilegeEscalation !== false;
  });
  if (bad.length === 0) return undefined;
  const what = 'must set securityContext.allowPrivilegeEscalation=false';
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${counted('container', bad)} ${what}`,
  };
};

export const allowPrivilegeEscalationOfLinux: Check = (subject) =>
  isWindows(subject) ? undefined : allowPrivilegeEscalation(subject);

export const capabilitiesDropped: Check = (subject) => {
  const keeping = namesOf(subject, ({ securityContext }) => {
    return !securityContext?.capabilities?.drop?.includes('ALL');
  });
  const added = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((each) => each !== 'NET_BIND_SERVICE');
  const adding = namesOf(subject, (container) => added(container).length > 0);
  const details = [];
  if (keeping.length > 0) {
    const what = 'must set securityContext.capabilities.drop=["ALL"]';
    details.push(`${counted('container', keeping)} ${what}`);
  }
  if (adding.length > 0) {
    const what = quoted(sorted(subject.containers.flatMap(added)));
    const where = 'in securityContext.capabilities.add';
    details.push(`${counted('container', adding)} must not include ${what} ${where}`);
  }
  if (details.length === 0) return undefined;
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

export const capabilitiesDroppedOfLinux: Check = (subject) =>
  isWindows(subject) ? undefined : capabilitiesDropped(subject);

const plainVolumes: readonly string[] = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

export const restrictedVolumes: Check = ({ spec }) => {
  const found = (spec.volumes ?? []).flatMap(({ name, ...sources }) => {
    const [type = 'unknown', source] = Object.entries(sources)[0] ?? [];
    return source && plainVolumes.includes(type) ? [] : [{ name, type }];
  });
  if (found.length === 0) return undefined;
  const names = sorted(found.map(({ name }) => name));
  const types = sorted(found.map(({ type }) => type));
  const uses = names.length === 1 ? 'uses' : 'use';
  const what = `${plural('restricted volume type', types.length)} ${quoted(types)}`;
  return {
    reason: 'restricted volume types',
    detail: `${counted('volume', names)} ${uses} ${what}`,
  };
};

export const runAsNonRoot: Check = (subject) => {
  const ofPod = subject.spec.securityContext?.runAsNonRoot;
  const setting = namesOf(
    subject,
    ({ securityContext }) => securityContext?.runAsNonRoot === false,
  );
  const setters = [
    ...(ofPod === false ? ['pod'] : []),
    ...(setting.length > 0 ? [counted('container', setting)] : []),
  ];
  const reason = 'runAsNonRoot != true';
  if (setters.length > 0) {
    const what = 'must not set securityContext.runAsNonRoot=false';
    return { reason, detail: `${setters.join(' and ')} ${what}` };
  }
  const silent = ofPod
    ? []
    : namesOf(subject, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  const what = 'must set securityContext.runAsNonRoot=true';
  return { reason, detail: `pod or ${counted('container', silent)} ${what}` };
};

export const runAsUser: Check = (subject) => {
  const setters = settersOf(subject, ({ runAsUser: user }) => user === 0);
  if (setters.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${setters.join(' and ')} must not set runAsUser=0` };
};

export const runAsNonRootOrUserNamespace: Check = (subject) =>
  hasUserNamespace(subject) ? undefined : runAsNonRoot(subject);

export const runAsUserOrUserNamespace: Check = (subject) =>
  hasUserNamespace(subject) ? undefined : runAsUser(subject);
