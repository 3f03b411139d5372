/** Where a container sees the pod's volumes: as folders, or as devices. */
import type { StatusCause } from '../../base/errors.ts';
import type { Container, VolumeDevice, VolumeMount } from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue, notFoundValue, requiredValue } from './cause.ts';
import { checkInsidePath } from './paths.ts';
import type { PodScope } from './pod-scope.ts';

export function checkMounts(container: Container, path: string, scope: PodScope): StatusCause[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const devices = {
    names: new Set(volumeDevices.map(({ name }) => name)),
    paths: new Set(volumeDevices.map(({ devicePath }) => devicePath)),
  };
  const at = `${path}.volumeMounts`;
  const seen = new Set<string>();
  const causes: StatusCause[] = [];
  for (const [index, mount] of volumeMounts.entries()) {
    causes.push(...checkMount(mount, `${at}[${index}]`, { scope, seen, devices }));
    causes.push(...checkPropagation(mount, at, container), ...checkRecursive(mount, at));
    seen.add(mount.mountPath);
  }
  return [...causes, ...checkDevices(container, `${path}.volumeDevices`, scope)];
}

interface Others {
  readonly scope: PodScope;
  readonly seen: ReadonlySet<string>;
  readonly devices: { readonly names: ReadonlySet<string>; readonly paths: ReadonlySet<string> };
}

function checkMount(mount: VolumeMount, path: string, { scope, seen, devices }: Others) {
  const { name, mountPath, subPath, subPathExpr } = mount;
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (name && !scope.volumes.has(name)) causes.push(notFoundValue(`${path}.name`, name));
  if (mountPath === '') causes.push(requiredValue(`${path}.mountPath`));
  if (seen.has(mountPath)) {
    causes.push(invalidValue(`${path}.mountPath`, mountPath, 'must be unique'));
  }
  if (name && devices.names.has(name)) {
    causes.push(invalidValue(`${path}.name`, name, 'must not already exist in volumeDevices'));
  }
  if (mountPath && devices.paths.has(mountPath)) {
    const detail = 'must not already exist as a path in volumeDevices';
    causes.push(invalidValue(`${path}.mountPath`, mountPath, detail));
  }
  if (subPath && subPathExpr) {
    const detail = 'subPathExpr and subPath are mutually exclusive';
    causes.push(invalidValue(`${path}.subPathExpr`, subPathExpr, detail));
  }
  // Upstream leaves the index out of these two paths.
  const list = path.slice(0, path.lastIndexOf('['));
  causes.push(...checkInsidePath(subPath, `${list}.subPath`));
  return [...causes, ...checkInsidePath(subPathExpr, `${list}.subPathExpr`)];
}

function checkPropagation({ mountPropagation }: VolumeMount, path: string, container: Container) {
  if (mountPropagation !== 'Bidirectional' || container.securityContext?.privileged) return [];
  const detail = 'Bidirectional mount propagation is available only to privileged containers';
  return [forbiddenValue(`${path}.mountPropagation`, detail)];
}

function checkRecursive(mount: VolumeMount, path: string): StatusCause[] {
  const { recursiveReadOnly, readOnly, mountPropagation = 'None' } = mount;
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') return [];
  const field = `${path}.recursiveReadOnly`;
  const causes: StatusCause[] = [];
  if (!readOnly) causes.push(forbiddenValue(field, 'may only be specified when readOnly is true'));
  if (mountPropagation !== 'None') {
    const detail = 'may only be specified when mountPropagation is None or not specified';
    causes.push(forbiddenValue(field, detail));
  }
  return causes;
}

/** Block devices come from claims only. */
function checkDevices(
  { volumeDevices = [], volumeMounts = [] }: Container,
  path: string,
  scope: PodScope,
) {
  const mountNames = new Set(volumeMounts.map(({ name }) => name));
  const mountPaths = new Set(volumeMounts.map(({ mountPath }) => mountPath));
  const seen = { names: new Set<string>(), paths: new Set<string>() };
  const causes: StatusCause[] = [];
  for (const [index, device] of volumeDevices.entries()) {
    const at = `${path}[${index}]`;
    causes.push(...checkDevice(device, at, { scope, seen }));
    const { name, devicePath } = device;
    if (name && mountNames.has(name)) {
      causes.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'));
    }
    if (devicePath && mountPaths.has(devicePath)) {
      const detail = 'must not already exist as a path in volumeMounts';
      causes.push(invalidValue(`${at}.devicePath`, devicePath, detail));
    }
    seen.names.add(name);
    seen.paths.add(devicePath);
  }
  return causes;
}

interface Seen {
  readonly scope: PodScope;
  readonly seen: { readonly names: ReadonlySet<string>; readonly paths: ReadonlySet<string> };
}

function checkDevice({ name, devicePath }: VolumeDevice, path: string, { scope, seen }: Seen) {
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (seen.names.has(name)) causes.push(invalidValue(`${path}.name`, name, 'must be unique'));
  if (name && !scope.volumes.has(name)) causes.push(notFoundValue(`${path}.name`, name));
  const volume = scope.volumes.get(name);
  if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
    const detail =
      'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
    causes.push(invalidValue(`${path}.name`, name, detail));
  }
  const field = `${path}.devicePath`;
  if (devicePath === '') causes.push(requiredValue(field));
  if (seen.paths.has(devicePath)) causes.push(invalidValue(field, devicePath, 'must be unique'));
  if (devicePath?.split('/').includes('..')) {
    causes.push(invalidValue(field, devicePath, "can not contain backsteps ('..')"));
  }
  return causes;
}
