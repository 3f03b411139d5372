/** Annotations that mean something to the node; some are old ways to say what fields say now. */
import type { StatusCause } from '../../base/errors.ts';
import type { AppArmorProfile, Pod, PodSpec, SeccompProfile } from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue } from './cause.ts';
import { checkInsidePath } from './paths.ts';
import { allContainers } from './pod-scope.ts';

export const mirrorKey = 'kubernetes.io/config.mirror';
const deletionCostKey = 'controller.kubernetes.io/pod-deletion-cost';
const seccompPodKey = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

type Annotations = Readonly<Record<string, string>>;

/** `path` is where they stand: metadata.annotations. Also of templates. */
export function checkPodAnnotations(
  annotations: Annotations = {},
  spec: PodSpec,
  path: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set(allContainers(spec, '').map(({ container }) => container.name));
  for (const [key, value] of Object.entries(annotations)) {
    const field = `${path}[${key}]`;
    if (key === mirrorKey && !spec.nodeName) {
      const detail = 'must set spec.nodeName if mirror pod annotation is set';
      causes.push(invalidValue(field, value, detail));
    } else if (key === deletionCostKey && !isInt32(value)) {
      causes.push(invalidValue(field, value, 'must be a 32bit integer'));
    } else if (key === seccompPodKey || key.startsWith(seccompPrefix)) {
      causes.push(...checkSeccompText(value, `${path}.${key}`));
    } else if (key.startsWith(appArmorPrefix)) {
      const name = key.slice(appArmorPrefix.length);
      if (!names.has(name)) causes.push(invalidValue(field, name, 'container not found'));
      causes.push(...checkAppArmorText(value, field));
    }
  }
  return causes;
}

/** No sign, no leading zeros: the controllers compare it as a number. */
const isInt32 = (text: string) =>
  /^(0|-?[1-9]\d{0,9})$/.test(text) && Math.abs(Number(text)) < 2 ** 31;

function checkSeccompText(text: string, field: string): StatusCause[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(text)) return [];
  if (text.startsWith('localhost/')) return checkInsidePath(text.slice('localhost/'.length), field);
  return [invalidValue(field, text, 'must be a valid seccomp profile')];
}

function checkAppArmorText(text: string, field: string): StatusCause[] {
  if (['', 'runtime/default', 'unconfined'].includes(text)) return [];
  if (text.startsWith('localhost/')) return [];
  return [invalidValue(field, text, `invalid AppArmor profile name: ${JSON.stringify(text)}`)];
}

/** Of a new pod: the old way and the new way say the same, where both say something. */
export function checkAgreement({ metadata, spec }: Pod): StatusCause[] {
  const { annotations = {} } = metadata ?? {};
  if (!spec || Object.keys(annotations).length === 0) return [];
  const ofPod = spec.securityContext ?? {};
  const causes = ofPod.seccompProfile
    ? compare(annotations[seccompPodKey], ofPod.seccompProfile, {
        path: 'spec.securityContext.seccompProfile',
        what: 'seccomp',
      })
    : [];
  for (const { container, path } of allContainers(spec, 'spec')) {
    const { seccompProfile, appArmorProfile = ofPod.appArmorProfile } =
      container.securityContext ?? {};
    if (seccompProfile) {
      const place = { path: `${path}.securityContext.seccompProfile`, what: 'seccomp' };
      causes.push(...compare(annotations[seccompPrefix + container.name], seccompProfile, place));
    }
    if (appArmorProfile && spec.os?.name !== 'windows') {
      const place = { path: `${path}.securityContext.appArmorProfile`, what: 'apparmor' };
      causes.push(...compare(annotations[appArmorPrefix + container.name], appArmorProfile, place));
    }
  }
  return causes;
}

interface Place {
  readonly path: string;
  readonly what: string;
}

const local = 'localhost/';

function compare(
  text: string | undefined,
  { type, localhostProfile }: SeccompProfile | AppArmorProfile,
  { path, what }: Place,
): StatusCause[] {
  if (text === undefined) return [];
  const wrongType = [
    forbiddenValue(`${path}.type`, `${what} type in annotation and field must match`),
  ];
  if (type === 'Unconfined') return text === 'unconfined' ? [] : wrongType;
  if (type === 'RuntimeDefault') {
    const isOld = what === 'seccomp' && text === 'docker/default';
    return text === 'runtime/default' || isOld ? [] : wrongType;
  }
  if (type !== 'Localhost') return [];
  if (!text.startsWith(local)) return wrongType;
  if (text.slice(local.length) === localhostProfile) return [];
  const detail = `${what} profile in annotation and field must match`;
  return [forbiddenValue(`${path}.localhostProfile`, detail)];
}

/** What the node has acted on stays. */
export function checkAnnotationUpdate(now: Annotations = {}, before: Annotations = {}) {
  const keys = new Set([...Object.keys(now), ...Object.keys(before)]);
  return [...keys]
    .filter((key) => now[key] !== before[key])
    .flatMap((key) => {
      const what =
        key === mirrorKey
          ? 'mirror pod annotation'
          : key.startsWith(appArmorPrefix)
            ? 'AppArmor annotations'
            : undefined;
      if (!what) return [];
      const verb = Object.hasOwn(before, key) ? 'remove or update' : 'add';
      return [forbiddenValue(`metadata.annotations[${key}]`, `may not ${verb} ${what}`)];
    });
}
