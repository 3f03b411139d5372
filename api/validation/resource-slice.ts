/** What a driver has to offer on a node, or on several. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import type {
  Device,
  DeviceAttribute,
  ResourcePool,
  ResourceSlice,
  ResourceSliceSpec,
} from '../types/resource-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue, tooLongValue, tooManyValues } from './cause.ts';
import { checkDriverName } from './csi.ts';
import { checkMax, checkUnique } from './device-claim.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';

export function validateResourceSlice(object: ResourceSlice, old: ResourceSlice | undefined) {
  const { spec } = object;
  const causes = [
    ...validateMetadata(object, old, clusterSubdomain),
    ...(spec ? checkSpec(spec, 'spec') : []),
  ];
  if (!old) return causes;
  return [
    ...causes,
    ...checkImmutable('spec.driver', spec?.driver, old.spec.driver),
    ...checkImmutable('spec.pool.name', spec?.pool?.name, old.spec.pool.name),
    ...checkImmutable('spec.nodeName', spec?.nodeName, old.spec.nodeName),
  ];
}

const devicesMax = 128;

function checkSpec(spec: ResourceSliceSpec, path: string): StatusCause[] {
  const { driver, pool, devices = [] } = spec;
  return [
    ...checkDriverName(driver, `${path}.driver`),
    ...(pool ? checkPool(pool, `${path}.pool`) : []),
    ...checkPlace(spec, path),
    ...checkMax(devices, `${path}.devices`, devicesMax),
    ...checkUnique(devices, `${path}.devices`),
    ...devices.flatMap((device, index) => checkDevice(device, `${path}.devices[${index}]`)),
  ];
}

const poolBytesMax = 253;

function checkPool({ name, generation, resourceSliceCount }: ResourcePool, path: string) {
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (name !== undefined) {
    if (name.length > poolBytesMax) causes.push(tooLongValue(`${path}.name`, poolBytesMax));
    for (const part of name.split('/')) {
      causes.push(...problemsOf(`${path}.name`, part, isDns1123Subdomain(part)));
    }
  }
  if (resourceSliceCount !== undefined && resourceSliceCount <= 0) {
    const detail = 'must be greater than zero';
    causes.push(invalidValue(`${path}.resourceSliceCount`, resourceSliceCount, detail));
  }
  if (generation !== undefined && generation < 0) {
    const detail = 'must be greater than or equal to zero';
    causes.push(invalidValue(`${path}.generation`, generation, detail));
  }
  return causes;
}

/** Where the devices can be used is said in one way. */
function checkPlace(spec: ResourceSliceSpec, path: string): StatusCause[] {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec;
  const fields = { nodeName, nodeSelector, allNodes, perDeviceNodeSelection };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const causes: StatusCause[] = [];
  for (const [field, value] of given) {
    const at = `${path}.${field}`;
    if (value === false) {
      causes.push(invalidValue(at, value, 'must be either unset or set to true'));
    } else if (field === 'nodeName') {
      const name = value as string;
      if (name === '') {
        causes.push(invalidValue(at, name, 'must be either unset or set to a non-empty string'));
      } else causes.push(...problemsOf(at, name, isDns1123Subdomain(name)));
    }
  }
  const names = Object.keys(fields).map((name) => `\`${name}\``);
  const detail = `exactly one of ${names.slice(0, -1).join(', ')}, or ${names.at(-1)} is required`;
  if (given.length === 0) return [...causes, requiredValue(path, detail)];
  if (given.length === 1) return causes;
  const shown = `{${given.map(([name]) => `\`${name}\``).join(', ')}}`;
  return [...causes, invalidValue(path, shown, `${detail}, but multiple fields are set`)];
}

const factsMax = 32;

function checkDevice(device: Device, path: string): StatusCause[] {
  const { name, attributes = {}, capacity = {} } = device;
  const causes = name === undefined ? [] : problemsOf(`${path}.name`, name, isDns1123Label(name));
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > factsMax) causes.push(tooManyValues(`${path}.attributes`, count, factsMax));
  for (const [key, attribute] of Object.entries(attributes)) {
    causes.push(...checkAttribute(attribute, `${path}.attributes[${key}]`));
  }
  return causes;
}

const textBytesMax = 64;

function checkAttribute(attribute: DeviceAttribute, path: string): StatusCause[] {
  const given = Object.entries(attribute).filter(([, value]) => value !== undefined);
  if (given.length === 0) return [requiredValue(path, 'exactly one value must be specified')];
  if (given.length > 1) {
    return [invalidValue(path, attribute, 'exactly one value must be specified')];
  }
  return given.flatMap(([field, value]) =>
    typeof value === 'string' && value.length > textBytesMax
      ? [tooLongValue(`${path}.${field}`, textBytesMax)]
      : [],
  );
}
