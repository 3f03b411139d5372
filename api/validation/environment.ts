/** Variables of containers, and the fields that they and volumes show of the pod. */
import type { StatusCause } from '../../base/errors.ts';
import {
  isConfigKey,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvironmentName,
  isQualifiedName,
} from '../names.ts';
import { canonicalQuantity } from '../quantity.ts';
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../types/core-v1.generated.ts';
import {
  invalidValue,
  notFoundValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkInsidePath } from './paths.ts';
import type { PodScope } from './pod-scope.ts';

export function checkVariable(variable: EnvVar, path: string, scope: PodScope): StatusCause[] {
  const { name, value, valueFrom } = variable;
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (name) causes.push(...problemsOf(`${path}.name`, name, isEnvironmentName(name)));
  if (!valueFrom) return causes;
  const at = `${path}.valueFrom`;
  causes.push(...checkSources(valueFrom, at, scope));
  const count = Object.keys(valueFrom).length;
  if (count === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` ' +
      'or `fileKeyRef`';
    causes.push(invalidValue(at, '', detail));
  } else if (value) {
    causes.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  } else if (count > 1) {
    causes.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  }
  return causes;
}

const variableFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function checkSources(source: EnvVarSource, path: string, scope: PodScope): StatusCause[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  return [
    ...(fieldRef ? checkFieldRef(fieldRef, variableFields, `${path}.fieldRef`) : []),
    ...(resourceFieldRef
      ? checkResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`)
      : []),
    ...(configMapKeyRef ? checkKeyRef(configMapKeyRef, `${path}.configMapKeyRef`) : []),
    ...(secretKeyRef ? checkKeyRef(secretKeyRef, `${path}.secretKeyRef`) : []),
    ...(fileKeyRef ? checkFileRef(fileKeyRef, `${path}.fileKeyRef`, scope) : []),
  ];
}

function checkKeyRef({ name = '', key }: ConfigMapKeySelector, path: string): StatusCause[] {
  const causes = problemsOf(`${path}.name`, name, isDns1123Subdomain(name));
  if (key === '') return [...causes, requiredValue(`${path}.key`)];
  return key ? [...causes, ...problemsOf(`${path}.key`, key, isConfigKey(key))] : causes;
}

function checkFileRef(reference: FileKeySelector, path: string, { volumes }: PodScope) {
  const { volumeName = '', path: file, key } = reference;
  const causes = problemsOf(`${path}.volumeName`, volumeName, isDns1123Label(volumeName));
  if (file === '') causes.push(requiredValue(`${path}.path`));
  causes.push(...checkInsidePath(file, `${path}.path`));
  if (key === '') causes.push(requiredValue(`${path}.key`));
  else if (key) causes.push(...problemsOf(`${path}.key`, key, isEnvironmentName(key)));
  if (!volumes.has(volumeName)) causes.push(notFoundValue(`${path}.volumeName`, volumeName));
  else if (!volumes.get(volumeName)?.emptyDir) {
    const detail = 'referenced volume must be of type emptyDir';
    causes.push(invalidValue(`${path}.volumeName`, volumeName, detail));
  }
  return causes;
}

/** `metadata.labels['app']`, or one of `fields`. */
export function checkFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  fields: readonly string[],
  path: string,
): StatusCause[] {
  if (!apiVersion) return [requiredValue(`${path}.apiVersion`)];
  if (!fieldPath) return fieldPath === '' ? [requiredValue(`${path}.fieldPath`)] : [];
  const wrong = (why: string) => [
    invalidValue(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${why}`),
  ];
  if (apiVersion !== 'v1') return wrong(`unsupported pod version: ${apiVersion}`);
  const [, base = fieldPath, key] = /^(.*?)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  if (key === undefined) {
    if (!knownFields.has(base)) return wrong(`field label not supported: ${fieldPath}`);
    if (fields.includes(base)) return [];
    return [unsupportedValue(`${path}.fieldPath`, base, fields)];
  }
  if (base === 'metadata.labels') return problemsOf(path, key, isQualifiedName(key));
  if (base !== 'metadata.annotations') {
    return wrong(`field label does not support subscript: ${fieldPath}`);
  }
  return problemsOf(path, key.toLowerCase(), isQualifiedName(key.toLowerCase()));
}

const knownFields = new Set([
  ...variableFields,
  'metadata.labels',
  'metadata.annotations',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** A volume shows several containers' resources, so it says whose. */
export function checkResourceFieldRef(
  { containerName, resource, divisor }: ResourceFieldSelector,
  path: string,
  isOfVolume = false,
): StatusCause[] {
  if (isOfVolume && !containerName) return [requiredValue(`${path}.containerName`)];
  if (!resource) return resource === '' ? [requiredValue(`${path}.resource`)] : [];
  const isHugePages = /^(requests|limits)\.hugepages-/.test(resource);
  if (!resourceFields.includes(resource) && !isHugePages) {
    return [unsupportedValue(`${path}.resource`, resource, resourceFields)];
  }
  return checkDivisor(resource, divisor, `${path}.divisor`);
}

const byteDivisors = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei';

function checkDivisor(resource: string, divisor: string | undefined, field: string) {
  if (divisor === undefined || canonicalQuantity(divisor) === '0') return [];
  const isCpu = resource.endsWith('.cpu');
  const allowed = isCpu ? ['1m', '1'] : byteDivisors.split(', ');
  if (allowed.includes(canonicalQuantity(divisor))) return [];
  const name = resource.slice(resource.indexOf('.') + 1);
  const what = name === 'ephemeral-storage' ? 'local ephemeral storage' : name.split('-')[0];
  const detail = isCpu
    ? "only divisor's values 1m and 1 are supported with the cpu resource"
    : `only divisor's values ${byteDivisors} are supported with the ${what} resource`;
  return [invalidValue(field, resource, detail)];
}

/** All of a ConfigMap or Secret at once. */
export function checkEnvFrom(sources: readonly EnvFromSource[], path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const at = `${path}[${index}]`;
    if (prefix) causes.push(...problemsOf(`${at}.prefix`, prefix, isEnvironmentName(prefix)));
    for (const [name, reference] of Object.entries({ configMapRef, secretRef })) {
      if (!reference) continue;
      const field = `${at}.${name}.name`;
      if (!reference.name) causes.push(requiredValue(field));
      else causes.push(...problemsOf(field, reference.name, isDns1123Subdomain(reference.name)));
    }
    if (!configMapRef && !secretRef) {
      const detail = 'must specify one of: `configMapRef` or `secretRef`';
      causes.push(invalidValue(path, '', detail));
    } else if (configMapRef && secretRef) {
      const detail = 'may not have more than one field specified at a time';
      causes.push(invalidValue(path, '', detail));
    }
  }
  return causes;
}
