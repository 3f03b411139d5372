/** PersistentVolumes: storage that exists, and who may have it. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type {
  CSIPersistentVolumeSource,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
} from '../types/core-v1.generated.ts';
import { checkNodeSelector } from './affinity.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';
import { checkNoBacksteps } from './paths.ts';
import { isSame } from './same.ts';
import { checkAccessModes } from './volume-claim.ts';
import { checkDriverName, checkSources } from './volume-sources.ts';

type Spec = PersistentVolumeSpec;

export function validatePersistentVolume(
  volume: PersistentVolume,
  old: PersistentVolume | undefined,
): StatusCause[] {
  const { spec = {} } = volume;
  return [
    ...validateMetadata(volume, old, clusterSubdomain),
    ...checkVolumeSpec(spec, 'spec'),
    ...(old ? checkChange(spec, old.spec ?? {}) : []),
  ];
}

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];
const volumeModes = ['Block', 'Filesystem'];

function checkVolumeSpec(spec: Spec, path: string): StatusCause[] {
  const { accessModes = [], persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  const causes = accessModes.length === 0 ? [requiredValue(`${path}.accessModes`)] : [];
  causes.push(...checkAccessModes(accessModes, `${path}.accessModes`));
  causes.push(...checkCapacity(spec, `${path}.capacity`));
  if (policy && !reclaimPolicies.includes(policy)) {
    const field = `${path}.persistentVolumeReclaimPolicy`;
    causes.push(unsupportedValue(field, policy, reclaimPolicies));
  }
  causes.push(...checkAffinity(spec, `${path}.nodeAffinity`));
  causes.push(...checkSources(spec, path, sourcesOf(spec)), ...checkOwnSources(spec, path));
  if (spec.storageClassName) {
    const name = spec.storageClassName;
    causes.push(...problemsOf(`${path}.storageClassName`, name, isDns1123Subdomain(name)));
  }
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode)) {
    causes.push(unsupportedValue(`${path}.volumeMode`, volumeMode, volumeModes));
  }
  return [...causes, ...checkAttributesClass(spec, path)];
}

function checkCapacity({ capacity = {} }: Spec, path: string): StatusCause[] {
  const names = Object.keys(capacity);
  const causes = names.length === 0 ? [requiredValue(path)] : [];
  if (names.length !== 1 || names[0] !== 'storage') {
    causes.push(unsupportedValue(path, capacity, ['storage']));
  }
  for (const [name, amount] of Object.entries(capacity)) {
    const { nano } = parseQuantity(amount);
    const field = `${path}[${name}]`;
    if (nano < 0n) causes.push(invalidValue(field, amount, 'must be a valid resource quantity'));
    if (nano <= 0n) causes.push(invalidValue(field, amount, 'must be greater than zero'));
  }
  return causes;
}

function checkAffinity({ nodeAffinity, local }: Spec, path: string): StatusCause[] {
  if (!nodeAffinity) {
    return local ? [requiredValue(path, 'Local volume requires node affinity')] : [];
  }
  if (nodeAffinity.required) return checkNodeSelector(nodeAffinity.required, `${path}.required`);
  return [requiredValue(`${path}.required`, 'must specify required node constraints')];
}

const notSources = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

const sourcesOf = (spec: Spec) => Object.keys(spec).filter((name) => !notSources.has(name));

function checkOwnSources(spec: Spec, path: string): StatusCause[] {
  const { local, csi, hostPath, persistentVolumeReclaimPolicy: policy } = spec;
  const causes = local ? checkNoBacksteps(local.path, `${path}.local.path`) : [];
  if (local?.path === '') causes.push(requiredValue(`${path}.local.path`));
  if (csi) causes.push(...checkCsi(csi, `${path}.csi`));
  if (policy === 'Recycle' && hostPath?.path && /^[/.]*$/.test(hostPath.path)) {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    causes.push(forbiddenValue(`${path}.persistentVolumeReclaimPolicy`, detail));
  }
  return causes;
}

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

function checkCsi(csi: CSIPersistentVolumeSource, path: string): StatusCause[] {
  const causes = checkDriverName(csi.driver, `${path}.driver`);
  if (csi.volumeHandle === '') causes.push(requiredValue(`${path}.volumeHandle`));
  for (const name of csiSecrets) {
    const reference = csi[name];
    if (reference) causes.push(...checkSecretReference(reference, `${path}.${name}`));
  }
  return causes;
}

function checkSecretReference({ name, namespace }: SecretReference, path: string): StatusCause[] {
  return [
    ...(name
      ? problemsOf(`${path}.name`, name, isDns1123Subdomain(name))
      : [requiredValue(`${path}.name`)]),
    ...(namespace
      ? problemsOf(`${path}.namespace`, namespace, isDns1123Label(namespace))
      : [requiredValue(`${path}.namespace`)]),
  ];
}

function checkAttributesClass(spec: Spec, path: string): StatusCause[] {
  const { volumeAttributesClassName: name, csi } = spec;
  if (name === undefined) return [];
  const field = `${path}.volumeAttributesClassName`;
  const causes = name
    ? problemsOf(field, name, isDns1123Subdomain(name))
    : [requiredValue(field, 'an empty string is disallowed')];
  if (csi) return causes;
  const detail = 'has to be specified when using volumeAttributesClassName';
  return [...causes, requiredValue(`${path}.csi`, detail)];
}

/** Where the data lie does not change; where they can be reached from is told once. */
function checkChange(spec: Spec, before: Spec): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!isSame(sourceOf(spec, before), sourceOf(before, before))) {
    const detail = 'spec.persistentvolumesource is immutable after creation';
    causes.push(forbiddenValue('spec.persistentvolumesource', detail));
  }
  causes.push(...checkImmutable('volumeMode', spec.volumeMode, before.volumeMode));
  if (before.nodeAffinity) {
    causes.push(...checkImmutable('nodeAffinity', spec.nodeAffinity, before.nodeAffinity));
  }
  if (
    before.volumeAttributesClassName !== undefined &&
    spec.volumeAttributesClassName === undefined
  ) {
    const detail = 'update from non-nil value to nil is forbidden';
    causes.push(forbiddenValue('spec.volumeAttributesClassName', detail));
  }
  return causes;
}

/** A secret for growing may come later. */
function sourceOf(spec: Spec, before: Spec): object {
  const fields = spec as Readonly<Record<string, unknown>>;
  const sources = Object.fromEntries(sourcesOf(spec).map((name) => [name, fields[name]]));
  if (!spec.csi || before.csi?.controllerExpandSecretRef) return sources;
  const { controllerExpandSecretRef: _, ...csi } = spec.csi;
  return { ...sources, csi };
}
