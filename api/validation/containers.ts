/** The rules of containers and init containers. */
import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1123Label,
  isEnvironmentName,
  isPortName,
  isPortNumber,
  portProblem,
} from '../names.ts';
import type {
  Container,
  ContainerPort,
  EnvVar,
  PodSpec,
  VolumeMount,
} from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  notFoundValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkResources } from './pod-resources.ts';
import { checkHandlers } from './probes.ts';

export interface PodScope {
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
}

export function checkContainers(
  containers: readonly Container[],
  path: string,
  scope: PodScope,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    causes.push(...checkContainer(container, at, scope));
    if (names.has(container.name)) causes.push(duplicateValue(`${at}.name`, container.name));
    names.add(container.name);
  }
  causes.push(...checkHostPorts(containers, path));
  return causes;
}

export function checkInitContainers(spec: PodSpec, path: string, scope: PodScope): StatusCause[] {
  const at = `${path}.initContainers`;
  const inits = spec.initContainers ?? [];
  const causes = checkContainers(inits, at, scope);
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  for (const [index, init] of inits.entries()) {
    if (names.has(init.name)) causes.push(duplicateValue(`${at}[${index}].name`, init.name));
    const { restartPolicy } = init;
    if (restartPolicy === 'Always') continue;
    if (restartPolicy && !['Never', 'OnFailure'].includes(restartPolicy)) {
      const choices = ['Always', 'Never', 'OnFailure'];
      causes.push(unsupportedValue(`${at}[${index}].restartPolicy`, restartPolicy, choices));
    }
    const handlers = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;
    for (const handler of handlers.filter((each) => init[each])) {
      const detail = 'may not be set for init containers without restartPolicy=Always';
      causes.push(forbiddenValue(`${at}[${index}].${handler}`, detail));
    }
  }
  return causes;
}

function checkContainer(container: Container, path: string, scope: PodScope): StatusCause[] {
  const { name, image = '', env = [], volumeMounts = [], securityContext } = container;
  const causes = name
    ? problemsOf(`${path}.name`, name, isDns1123Label(name))
    : emptyIsMissing(name, `${path}.name`);
  if (!image) causes.push(requiredValue(`${path}.image`));
  else if (image.trim() !== image) {
    const detail = 'must not have leading or trailing whitespace';
    causes.push(invalidValue(`${path}.image`, image, detail));
  }
  causes.push(
    ...checkPorts(container.ports ?? [], `${path}.ports`, scope),
    ...env.flatMap((variable, index) => checkVariable(variable, `${path}.env[${index}]`)),
    ...checkMounts(volumeMounts, `${path}.volumeMounts`, scope),
    ...(container.resources ? checkResources(container.resources, `${path}.resources`) : []),
    ...checkHandlers(container, path),
  );
  if (securityContext?.privileged && securityContext.allowPrivilegeEscalation === false) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    causes.push(invalidValue(`${path}.securityContext`, securityContext, detail));
  }
  return causes;
}

/** An absent field is reported by the schema already. */
const emptyIsMissing = (value: string | undefined, field: string): StatusCause[] =>
  value === undefined ? [] : [requiredValue(field)];

function checkPorts(ports: readonly ContainerPort[], path: string, scope: PodScope) {
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
    if (scope.hostNetwork && hostPort && hostPort !== containerPort) {
      const detail = 'must match `hostPort` when `hostNetwork` is true';
      causes.push(invalidValue(`${at}.containerPort`, containerPort, detail));
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

function checkVariable({ name, value, valueFrom }: EnvVar, path: string): StatusCause[] {
  const causes = name
    ? problemsOf(`${path}.name`, name, isEnvironmentName(name))
    : emptyIsMissing(name, `${path}.name`);
  if (!valueFrom) return causes;
  const sources = Object.keys(valueFrom);
  const at = `${path}.valueFrom`;
  if (sources.length === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    causes.push(invalidValue(at, '', detail));
  } else if (value) {
    causes.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  } else if (sources.length > 1) {
    causes.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  }
  return causes;
}

function checkMounts(mounts: readonly VolumeMount[], path: string, scope: PodScope) {
  const causes: StatusCause[] = [];
  const paths = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const at = `${path}[${index}]`;
    const { name, mountPath, subPath, subPathExpr } = mount;
    if (name === '') causes.push(requiredValue(`${at}.name`));
    else if (name && !scope.volumes.has(name)) causes.push(notFoundValue(`${at}.name`, name));
    if (mountPath === '') causes.push(requiredValue(`${at}.mountPath`));
    else if (mountPath && paths.has(mountPath)) {
      causes.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    }
    paths.add(mountPath);
    if (subPath && subPathExpr) {
      const detail = 'subPathExpr and subPath are mutually exclusive';
      causes.push(invalidValue(`${at}.subPathExpr`, subPathExpr, detail));
    }
    causes.push(...checkInsidePath(subPath, `${at}.subPath`));
    causes.push(...checkInsidePath(subPathExpr, `${at}.subPathExpr`));
  }
  return causes;
}

/** A path below a volume: it may not lead out of it. */
export function checkInsidePath(path: string | undefined, field: string): StatusCause[] {
  if (!path) return [];
  if (path.startsWith('/')) return [invalidValue(field, path, 'must be a relative path')];
  return path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : [];
}
