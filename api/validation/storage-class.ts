/** Classes of volumes, and of the attributes that volumes may be given later. */
import type { StatusCause } from '../../base/errors.ts';
import { isQualifiedName } from '../names.ts';
import type {
  TopologySelectorLabelRequirement,
  TopologySelectorTerm,
} from '../types/core-v1.generated.ts';
import type { StorageClass, VolumeAttributesClass } from '../types/storage-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  tooLongValue,
} from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';
import { isSame } from './same.ts';

export function validateStorageClass(object: StorageClass, old: StorageClass | undefined) {
  const causes = validateMetadata(object, old, clusterSubdomain);
  if (old) {
    const { volumeBindingMode: mode } = object;
    return [
      ...causes,
      ...checkKept(object, old, ['parameters', 'provisioner', 'reclaimPolicy']),
      ...checkImmutable('volumeBindingMode', mode, old.volumeBindingMode),
    ];
  }
  return [
    ...causes,
    ...checkProvisioner(object.provisioner, 'provisioner'),
    ...checkParameters(object.parameters, 'parameters'),
    ...checkTopologies(object.allowedTopologies ?? [], 'allowedTopologies'),
  ];
}

export function validateVolumeAttributesClass(
  object: VolumeAttributesClass,
  old: VolumeAttributesClass | undefined,
): StatusCause[] {
  const causes = validateMetadata(object, old, clusterSubdomain);
  if (old) return [...causes, ...checkKept(object, old, ['driverName', 'parameters'])];
  const { driverName, parameters = {} } = object;
  causes.push(...checkProvisioner(driverName, 'driverName'));
  if (Object.keys(parameters).length === 0) {
    causes.push(requiredValue('parameters', 'must contain at least one key/value pair'));
  }
  return [...causes, ...checkParameters(parameters, 'parameters')];
}

/** Volumes that were made by a class would no longer be what it says. */
function checkKept<T extends object>(object: T, old: T, fields: (keyof T & string)[]) {
  const changed = fields.filter((field) => !isSame(object[field], old[field]));
  return changed.map((field) => forbiddenValue(field, `updates to ${field} are forbidden.`));
}

function checkProvisioner(name: string | undefined, path: string): StatusCause[] {
  if (name === undefined) return [];
  if (name === '') return [requiredValue(path)];
  return problemsOf(path, name, isQualifiedName(name.toLowerCase()));
}

const parametersMax = 512;
const parameterBytesMax = 256 * 1024;

function checkParameters(parameters: Readonly<Record<string, string>> = {}, path: string) {
  const entries = Object.entries(parameters);
  if (entries.length > parametersMax) return [tooLongValue(path, parametersMax)];
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const [key, value] of entries) {
    if (key === '') causes.push(invalidValue(path, key, 'field can not be empty.'));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > parameterBytesMax) causes.push(tooLongValue(path, parameterBytesMax));
  return causes;
}

const byteLength = (text: string) => new TextEncoder().encode(text).length;

function checkTopologies(terms: readonly TopologySelectorTerm[], path: string): StatusCause[] {
  return terms.flatMap((term, index) => {
    const at = `${path}[${index}].matchLabelExpressions`;
    const isAgain = terms.slice(0, index).some((each) => isSame(sorted(each), sorted(term)));
    return [...checkTerm(term, at), ...(isAgain ? [duplicateValue(at, '')] : [])];
  });
}

const sorted = ({ matchLabelExpressions = [] }: TopologySelectorTerm) =>
  matchLabelExpressions
    .map(({ key, values }) => ({ key, values: [...values].sort() }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));

function checkTerm({ matchLabelExpressions: list = [] }: TopologySelectorTerm, path: string) {
  return list.flatMap(({ key, values }, index) => {
    const at = `${path}[${index}]`;
    const isAgain = list.slice(0, index).some((each) => each.key === key);
    return [
      ...checkRequirement({ key, values }, at),
      ...(isAgain ? [duplicateValue(`${at}.key`, key)] : []),
    ];
  });
}

function checkRequirement({ key, values }: TopologySelectorLabelRequirement, path: string) {
  const causes = values.length === 0 ? [requiredValue(`${path}.values`)] : [];
  for (const [index, value] of values.entries()) {
    if (values.indexOf(value) === index) continue;
    causes.push(duplicateValue(`${path}.values[${index}]`, value));
  }
  return [...causes, ...problemsOf(`${path}.key`, key, isQualifiedName(key))];
}
