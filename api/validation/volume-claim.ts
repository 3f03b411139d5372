/** PersistentVolumeClaims: what a pod asks of its storage. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../names.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
  TypedObjectReference,
} from '../types/core-v1.generated.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { isSame } from './same.ts';
import { checkSelector } from './selector.ts';

type Claim = PersistentVolumeClaim;
type Spec = PersistentVolumeClaimSpec;

export function validateClaim(claim: Claim, old: Claim | undefined): StatusCause[] {
  return [
    ...validateMetadata(claim, old, namespacedSubdomain),
    ...checkClaimSpec(claim.spec ?? {}, 'spec'),
    ...(old ? checkChange(claim, old) : []),
    ...(old && !isSame(claim.status, old.status) ? checkStatus(claim.status ?? {}) : []),
  ];
}

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

/** Also of the claims that StatefulSets and ephemeral volumes make. */
export function checkClaimSpec(spec: Spec, path: string): StatusCause[] {
  const { accessModes: modes = [], selector, volumeMode } = spec;
  const causes = checkAccessModes(modes, `${path}.accessModes`);
  if (modes.length === 0) {
    causes.unshift(requiredValue(`${path}.accessModes`, 'at least 1 access mode is required'));
  }
  if (selector) causes.push(...checkSelector(selector, `${path}.selector`));
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) causes.push(requiredValue(`${path}.resources[storage]`));
  else if (parseQuantity(storage).nano <= 0n) {
    const field = `${path}.resources[storage]`;
    causes.push(invalidValue(field, storage, 'must be greater than zero'));
  }
  for (const name of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const value = spec[name];
    if (value) causes.push(...problemsOf(`${path}.${name}`, value, isDns1123Subdomain(value)));
  }
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode)) {
    causes.push(unsupportedValue(`${path}.volumeMode`, volumeMode, volumeModes));
  }
  return [...causes, ...checkSources(spec, path)];
}

export function checkAccessModes(modes: readonly string[], field: string): StatusCause[] {
  const causes = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => unsupportedValue(field, mode, accessModes));
  const known = new Set(modes.filter((mode) => accessModes.includes(mode)));
  if (known.has('ReadWriteOncePod') && known.size > 1) {
    causes.push(forbiddenValue(field, 'may not use ReadWriteOncePod with other access modes'));
  }
  return causes;
}

/** What the volume begins with; two fields say it, for old clients and new ones. */
function checkSources({ dataSource, dataSourceRef }: Spec, path: string): StatusCause[] {
  const causes = [
    ...(dataSource ? checkSource(dataSource, `${path}.dataSource`) : []),
    ...(dataSourceRef ? checkSource(dataSourceRef, `${path}.dataSourceRef`) : []),
  ];
  if (!dataSource || !dataSourceRef) return causes;
  const { namespace, ...reference } = dataSourceRef;
  if (namespace) {
    const detail = 'may not be specified when dataSourceRef.namespace is specified';
    causes.push(invalidValue(path, `${path}.dataSource`, detail));
  } else if (!isSame(dataSource, reference)) {
    causes.push(invalidValue(path, `${path}.dataSource`, 'must match dataSourceRef'));
  }
  return causes;
}

function checkSource(source: TypedObjectReference, path: string): StatusCause[] {
  const { apiGroup = '', kind, name, namespace } = source;
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  if (kind === '') causes.push(requiredValue(`${path}.kind`));
  if (apiGroup)
    causes.push(...problemsOf(`${path}.apiGroup`, apiGroup, isDns1123Subdomain(apiGroup)));
  else if (kind !== 'PersistentVolumeClaim') {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    causes.push(invalidValue(path, kind, detail));
  }
  if (namespace)
    causes.push(...problemsOf(`${path}.namespace`, namespace, isDns1123Label(namespace)));
  return causes;
}

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** A claim is bound once, gets its class once, and may grow while it is bound. */
function checkChange(claim: Claim, old: Claim): StatusCause[] {
  const [spec, before] = [claim.spec ?? {}, old.spec ?? {}];
  const annotation = old.metadata?.annotations?.[classAnnotation];
  const causes = checkImmutable(
    `metadata.annotations.${classAnnotation}`,
    claim.metadata?.annotations?.[classAnnotation] ?? '',
    annotation ?? '',
  );
  if (!isSame(comparable(claim, old), comparable(old, old))) {
    const detail =
      'spec is immutable after creation except resources.requests and ' +
      'volumeAttributesClassName for bound claims';
    causes.push(forbiddenValue('spec', detail));
  }
  const [size = '0', sizeBefore = '0'] = [spec, before].map(
    (each) => each.resources?.requests?.storage,
  );
  const capacity = old.status?.capacity?.storage ?? '0';
  if (compareQuantities(size, sizeBefore) < 0 && compareQuantities(size, capacity) <= 0) {
    const detail = 'field can not be less than status.capacity';
    causes.push(forbiddenValue('spec.resources.requests.storage', detail));
  }
  causes.push(...checkImmutable('volumeMode', spec.volumeMode, before.volumeMode));
  if (before.volumeAttributesClassName !== undefined && !spec.volumeAttributesClassName) {
    const what = spec.volumeAttributesClassName === '' ? 'an empty string' : 'nil';
    const detail = `update from non-nil value to ${what} is forbidden`;
    causes.push(forbiddenValue('spec.volumeAttributesClassName', detail));
  }
  return causes;
}

/** The spec as it would be without the changes that are allowed. */
function comparable({ spec = {}, status }: Claim, old: Claim): Spec {
  const before = old.spec ?? {};
  const same: Spec = { ...spec };
  if (!before.volumeName) delete same.volumeName;
  const annotation = old.metadata?.annotations?.[classAnnotation];
  const isFirstClass = before.storageClassName === undefined;
  if (isFirstClass && (annotation ?? spec.storageClassName) === spec.storageClassName) {
    delete same.storageClassName;
  }
  if (status?.phase !== 'Bound') return same;
  delete same.volumeAttributesClassName;
  const { storage: _, ...requests } = spec.resources?.requests ?? {};
  return { ...same, resources: { ...spec.resources, requests } };
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
];

function checkStatus(status: PersistentVolumeClaimStatus): StatusCause[] {
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = status;
  const causes: StatusCause[] = [];
  for (const [name, amount] of Object.entries(capacity)) {
    if (parseQuantity(amount).nano >= 0n) continue;
    const detail = 'must be a valid resource quantity';
    causes.push(invalidValue(`status.capacity[${name}]`, amount, detail));
  }
  for (const [name, value] of Object.entries(allocatedResourceStatuses)) {
    causes.push(...checkResourceName(name, 'status.allocatedResourceStatus'));
    if (resizeStatuses.includes(value)) continue;
    causes.push(unsupportedValue('status.allocatedResourceStatus', name, resizeStatuses));
  }
  for (const name of Object.keys(allocatedResources)) {
    causes.push(...checkResourceName(name, 'status.allocatedResources'));
  }
  return causes;
}

function checkResourceName(name: string, field: string): StatusCause[] {
  const problems = isQualifiedName(name);
  if (problems.length > 0) return problemsOf(field, name, problems);
  const isNative = !name.includes('/') || name.includes('kubernetes.io/');
  return isNative && name !== 'storage' ? [unsupportedValue(field, name, ['storage'])] : [];
}
