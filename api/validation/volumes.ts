import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label } from '../names.ts';
import type { KeyToPath, Volume } from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkInsidePath } from './containers.ts';

export function checkVolumes(volumes: readonly Volume[], path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const { name } = volume;
    if (name === '') causes.push(requiredValue(`${at}.name`));
    else if (name) causes.push(...problemsOf(`${at}.name`, name, isDns1123Label(name)));
    if (name && names.has(name)) causes.push(duplicateValue(`${at}.name`, name));
    names.add(name);
    const [, ...others] = Object.keys(volume).filter((key) => key !== 'name');
    for (const source of others) {
      causes.push(forbiddenValue(`${at}.${source}`, 'may not specify more than 1 volume type'));
    }
    causes.push(...checkSource(volume, at));
  }
  return causes;
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

function checkSource({ secret, configMap, hostPath, emptyDir }: Volume, path: string) {
  const causes: StatusCause[] = [];
  if (secret && !secret.secretName) causes.push(requiredValue(`${path}.secret.secretName`));
  if (configMap && !configMap.name) causes.push(requiredValue(`${path}.configMap.name`));
  for (const [name, source] of Object.entries({ secret, configMap })) {
    causes.push(...checkMode(source?.defaultMode, `${path}.${name}.defaultMode`));
    causes.push(...checkItems(source?.items ?? [], `${path}.${name}.items`));
  }
  const at = `${path}.hostPath`;
  if (hostPath?.path?.split('/').includes('..')) {
    causes.push(invalidValue(`${at}.path`, hostPath.path, "must not contain '..'"));
  }
  if (hostPath?.path === '') causes.push(requiredValue(`${at}.path`));
  if (hostPath?.type && !hostPathTypes.includes(hostPath.type)) {
    causes.push(unsupportedValue(`${at}.type`, hostPath.type, hostPathTypes));
  }
  if (emptyDir?.sizeLimit?.startsWith('-')) {
    const detail = 'SizeLimit field must be a valid resource quantity';
    causes.push(forbiddenValue(`${path}.emptyDir.sizeLimit`, detail));
  }
  return causes;
}

function checkItems(items: readonly KeyToPath[], path: string): StatusCause[] {
  return items.flatMap((item, index) => [
    ...(item.key === '' ? [requiredValue(`${path}[${index}].key`)] : []),
    ...(item.path === '' ? [requiredValue(`${path}[${index}].path`)] : []),
    ...checkInsidePath(item.path, `${path}[${index}].path`),
    ...checkMode(item.mode, `${path}[${index}].mode`),
  ]);
}

function checkMode(mode: number | undefined, field: string): StatusCause[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  const detail = 'must be a number between 0 and 0777 (octal), both inclusive';
  return [invalidValue(field, mode, detail)];
}
