/** The rules of containers, init containers and ephemeral containers. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isPortName, isPortNumber, portProblem } from '../names.ts';
import type {
  Container,
  ContainerPort,
  EphemeralContainer,
  PodSpec,
} from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  notFoundValue,
  problemsOf,
  requiredValue,
} from './cause.ts';
import { checkResizePolicy, checkRestart } from './container-restart.ts';
import { checkEnvFrom, checkVariable } from './environment.ts';
import { checkMounts } from './mounts.ts';
import { checkResources } from './pod-resources.ts';
import type { PodScope } from './pod-scope.ts';
import { checkHandlers, forbidHandlers } from './probes.ts';
import { checkContainerSecurity } from './security.ts';

export function checkContainers(spec: PodSpec, path: string, scope: PodScope): StatusCause[] {
  const containers = spec.containers ?? [];
  const at = `${path}.containers`;
  // An absent list is reported by the schema already.
  if (spec.containers?.length === 0) return [requiredValue(at)];
  const names = new Set<string>();
  const causes = containers.flatMap((container, index) => [
    ...checkContainer(container, `${at}[${index}]`, scope),
    ...checkUnique(container.name, names, `${at}[${index}].name`),
    ...checkHandlers(container, `${at}[${index}]`, scope),
    ...checkRestart(container, `${at}[${index}]`),
  ]);
  return [...causes, ...checkHostPorts(containers, at)];
}

/** One after the other, but for sidecars, which stay. */
export function checkInitContainers(spec: PodSpec, path: string, scope: PodScope): StatusCause[] {
  const at = `${path}.initContainers`;
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  return (spec.initContainers ?? []).flatMap((container, index) => {
    const place = `${at}[${index}]`;
    const isSidecar = container.restartPolicy === 'Always';
    return [
      ...checkContainer(container, place, scope),
      ...checkRestart(container, place),
      ...checkUnique(container.name, names, `${place}.name`),
      ...checkHostPorts([container], at),
      ...(isSidecar ? checkHandlers(container, place, scope) : forbidHandlers(container, place)),
    ];
  });
}

function checkUnique(name: string, names: Set<string>, field: string): StatusCause[] {
  const causes = name && names.has(name) ? [duplicateValue(field, name)] : [];
  names.add(name);
  return causes;
}

/** For looking into a pod only: nothing that the pod would rely on. */
const notEphemeral = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const;
const ephemeralDetail = 'cannot be set for an Ephemeral Container';

export function checkEphemeralContainers(spec: PodSpec, path: string, scope: PodScope) {
  const at = `${path}.ephemeralContainers`;
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const targets = new Set(others.map(({ name }) => name));
  const names = new Set(targets);
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const place = `${at}[${index}]`;
    const { targetContainerName: target } = container;
    return [
      ...checkContainer(container as Container, place, { ...scope, isPod: true }),
      ...checkUnique(container.name, names, `${place}.name`),
      ...(target && !targets.has(target)
        ? [notFoundValue(`${place}.targetContainerName`, target)]
        : []),
      ...checkAllowed(container, place),
    ];
  });
}

function checkAllowed(container: EphemeralContainer, path: string): StatusCause[] {
  const isSet = (name: (typeof notEphemeral)[number]) => {
    const value = container[name];
    return value !== undefined && !(typeof value === 'object' && Object.keys(value).length === 0);
  };
  const causes = notEphemeral
    .filter(isSet)
    .map((name) => forbiddenValue(`${path}.${name}`, ephemeralDetail));
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    for (const name of ['subPath', 'subPathExpr'] as const) {
      if (!mount[name]) continue;
      causes.push(forbiddenValue(`${path}.volumeMounts[${index}].${name}`, ephemeralDetail));
    }
  }
  return causes;
}

function checkContainer(container: Container, path: string, scope: PodScope): StatusCause[] {
  const { name, env = [], envFrom = [], resources, resizePolicy = [], securityContext } = container;
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (name) causes.push(...problemsOf(`${path}.name`, name, isDns1123Label(name)));
  return [
    ...causes,
    ...checkImage(container, path, scope),
    ...checkPorts(container.ports ?? [], `${path}.ports`),
    ...env.flatMap((variable, index) => checkVariable(variable, `${path}.env[${index}]`, scope)),
    ...checkEnvFrom(envFrom, `${path}.envFrom`),
    ...checkMounts(container, path, scope),
    ...(resources ? checkResources(resources, `${path}.resources`, scope) : []),
    ...checkResizePolicy(resizePolicy, `${path}.resizePolicy`, scope.restartPolicy),
    ...(securityContext
      ? checkContainerSecurity(securityContext, `${path}.securityContext`, scope)
      : []),
  ];
}

function checkImage({ image = '' }: Container, path: string, { isPod }: PodScope): StatusCause[] {
  if (!image) return [requiredValue(`${path}.image`)];
  if (!isPod || image.trim() === image) return [];
  const detail = 'must not have leading or trailing whitespace';
  return [invalidValue(`${path}.image`, image, detail)];
}

function checkPorts(ports: readonly ContainerPort[], path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, { name, containerPort, hostPort }] of ports.entries()) {
    const at = `${path}[${index}]`;
    if (name) {
      causes.push(...problemsOf(`${at}.name`, name, isPortName(name)));
      if (names.has(name)) causes.push(duplicateValue(`${at}.name`, name));
      names.add(name);
    }
    if (containerPort === 0) causes.push(requiredValue(`${at}.containerPort`));
    else if (containerPort !== undefined && !isPortNumber(containerPort)) {
      causes.push(invalidValue(`${at}.containerPort`, containerPort, portProblem));
    }
    if (hostPort && !isPortNumber(hostPort)) {
      causes.push(invalidValue(`${at}.hostPort`, hostPort, portProblem));
    }
  }
  return causes;
}

function checkHostPorts(containers: readonly Container[], path: string): StatusCause[] {
  const seen = new Set<string>();
  const causes: StatusCause[] = [];
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [place, { hostPort, hostIP = '', protocol = 'TCP' }] of ports.entries()) {
      if (!hostPort) continue;
      const id = `${protocol}/${hostIP}/${hostPort}`;
      const field = `${path}[${index}].ports[${place}].hostPort`;
      if (seen.has(id)) causes.push(duplicateValue(field, id));
      seen.add(id);
    }
  }
  return causes;
}
