/** The rules for what a pod shall be, in a pod itself and in the templates of workloads. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain } from '../names.ts';
import type { PodSpec, Volume } from '../types/core-v1.generated.ts';
import type { ObjectMeta } from '../types/meta-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue } from './cause.ts';
import { checkContainers, checkEphemeralContainers, checkInitContainers } from './containers.ts';
import { checkPodNames } from './pod-names.ts';
import { checkPlacement } from './pod-placement.ts';
import { checkOverhead, checkPodResources, checkResourceClaims } from './pod-resources.ts';
import type { PodScope } from './pod-scope.ts';
import { checkPodSecurity } from './security.ts';
import { checkVolumes } from './volumes.ts';
import { checkHostProcess, checkSystem } from './windows.ts';

export interface SpecPlace {
  /** Of the pod, where the spec is one's own and not a template's. */
  readonly pod?: ObjectMeta;
  /** Volumes that a StatefulSet adds. */
  readonly claims?: readonly string[];
}

/** `path` is where the spec stands. */
export function checkPodSpec(
  spec: PodSpec,
  path: string,
  { pod, claims = [] }: SpecPlace = {},
): StatusCause[] {
  const { causes, volumes } = checkVolumes(spec.volumes ?? [], `${path}.volumes`, pod);
  const { resourceClaims = [] } = spec;
  const scope: PodScope = {
    volumes: new Map<string, Volume | undefined>([
      ...claims.map((name) => [name, undefined] as const),
      ...volumes,
    ]),
    resourceClaims: new Set(resourceClaims.map(({ name }) => name)),
    graceSeconds: spec.terminationGracePeriodSeconds,
    restartPolicy: spec.restartPolicy ?? 'Always',
    hasHostUsers: spec.hostUsers ?? true,
    isPod: pod !== undefined,
  };
  return [
    ...causes,
    ...checkResourceClaims(resourceClaims, `${path}.resourceClaims`),
    ...checkContainers(spec, path, scope),
    ...checkInitContainers(spec, path, scope),
    ...checkEphemeralContainers(spec, path, scope),
    ...checkPodResources(spec, `${path}.resources`),
    ...checkHostNetwork(spec, path, scope),
    ...checkPodSecurity(spec, path),
    ...checkPodNames(spec, path),
    ...checkPlacement(spec, path),
    ...checkHostProcess(spec, path),
    ...checkTimes(spec, path),
    ...checkClasses(spec, path),
    ...(spec.overhead ? checkOverhead(spec.overhead, `${path}.overhead`) : []),
    ...checkSystem(spec, path),
    ...checkStopSignals(spec, path),
  ];
}

/** On the node's network, a container's port is the node's; templates may leave it out. */
function checkHostNetwork(spec: PodSpec, path: string, { isPod }: PodScope): StatusCause[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, place) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return [];
      const field = `${path}.containers[${index}].ports[${place}].hostPort`;
      const detail = 'must match `containerPort` when `hostNetwork` is true';
      return [invalidValue(field, hostPort, detail)];
    }),
  );
}

function checkTimes({ activeDeadlineSeconds: deadline }: PodSpec, path: string): StatusCause[] {
  if (deadline === undefined || (deadline >= 1 && deadline <= 2_147_483_647)) return [];
  const detail = 'must be between 1 and 2147483647, inclusive';
  return [invalidValue(`${path}.activeDeadlineSeconds`, deadline, detail)];
}

const classNames = ['serviceAccountName', 'priorityClassName', 'runtimeClassName'] as const;

const checkClasses = (spec: PodSpec, path: string): StatusCause[] =>
  classNames.flatMap((field) => {
    const name = spec[field];
    // An empty runtime class is none, but not a name either.
    if (name === undefined || (name === '' && field !== 'runtimeClassName')) return [];
    return problemsOf(`${path}.${field}`, name, isDns1123Subdomain(name));
  });

/** Signals have other names on other systems, so the pod says which it is for. */
function checkStopSignals(spec: PodSpec, path: string): StatusCause[] {
  const { containers = [], initContainers = [], os } = spec;
  const lists = Object.entries({ containers, initContainers });
  return lists.flatMap(([list, members]) =>
    members.flatMap(({ lifecycle }, index) => {
      const signal = lifecycle?.stopSignal;
      if (signal === undefined) return [];
      const field = `${path}.${list}[${index}].lifecycle.stopSignal`;
      if (!os?.name) {
        return [requiredValue(`${path}.os.name`, 'may not be empty when stopSignal is set')];
      }
      const isKnown = os.name === 'windows' ? /^SIG(KILL|TERM)$/ : /^SIG[A-Z0-9]+([+-]\d+)?$/;
      return isKnown.test(signal) ? [] : [invalidValue(field, signal, 'is not a valid signal')];
    }),
  );
}
