/** What storage drivers tell of themselves: the driver, its nodes, its free space. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain, isQualifiedName } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type {
  CSIDriver,
  CSIDriverSpec,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  TokenRequest,
} from '../types/storage-v1.generated.ts';
import {
  duplicateValue,
  immutableDetail,
  invalidValue,
  problemsOf,
  requiredValue,
  tooLongValue,
  unsupportedValue,
} from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, namespacedSubdomain, validateMetadata } from './metadata.ts';
import { isSame } from './same.ts';
import { checkSelector } from './selector.ts';

const nameBytesMax = 63;

export function checkDriverName(name: string | undefined, path: string): StatusCause[] {
  if (name === undefined) return [];
  if (name === '') return [requiredValue(path)];
  const long = name.length > nameBytesMax ? [tooLongValue(path, nameBytesMax)] : [];
  return [...long, ...problemsOf(path, name, isDns1123Subdomain(name.toLowerCase()))];
}

export function validateCsiDriver(object: CSIDriver, old: CSIDriver | undefined): StatusCause[] {
  const causes = [
    ...validateMetadata(object, old, clusterSubdomain),
    ...checkDriverName(object.metadata?.name, 'metadata.name'),
    ...(object.spec ? checkDriverSpec(object.spec, 'spec') : []),
  ];
  if (!old) return causes;
  const { attachRequired, volumeLifecycleModes: modes } = object.spec ?? {};
  return [
    ...causes,
    // The path is upstream's, with its slip.
    ...checkImmutable('spec.attachedRequired', attachRequired, old.spec.attachRequired),
    ...checkImmutable('spec.volumeLifecycleModes', modes, old.spec.volumeLifecycleModes),
  ];
}

const lifecycleModes = ['Ephemeral', 'Persistent'];
const updateSecondsMin = 10;

function checkDriverSpec(spec: CSIDriverSpec, path: string): StatusCause[] {
  const { volumeLifecycleModes = [], tokenRequests = [] } = spec;
  const causes = checkTokenRequests(tokenRequests, `${path}.tokenRequests`);
  for (const mode of volumeLifecycleModes) {
    if (lifecycleModes.includes(mode)) continue;
    causes.push(unsupportedValue(`${path}.volumeLifecycleModes`, mode, lifecycleModes));
  }
  const { nodeAllocatableUpdatePeriodSeconds: seconds } = spec;
  if (seconds !== undefined && seconds < updateSecondsMin) {
    const detail = `must be greater than or equal to ${updateSecondsMin} seconds`;
    causes.push(invalidValue(`${path}.nodeAllocatableUpdatePeriodSeconds`, seconds, detail));
  }
  return causes;
}

function checkTokenRequests(requests: readonly TokenRequest[], path: string): StatusCause[] {
  const audiences = requests.map(({ audience }) => audience);
  return requests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    const at = `${path}[${index}]`;
    if (audiences.indexOf(audience) < index) return [duplicateValue(`${at}.audience`, audience)];
    if (seconds === undefined) return [];
    const refuse = (detail: string) => [invalidValue(`${at}.expirationSeconds`, seconds, detail)];
    if (seconds < 600) return refuse('may not specify a duration less than 10 minutes');
    if (seconds > 2 ** 32) return refuse('may not specify a duration larger than 2^32 seconds');
    return [];
  });
}

export function validateCsiNode(object: CSINode, old: CSINode | undefined): StatusCause[] {
  const { drivers = [] } = object.spec ?? {};
  const causes = validateMetadata(object, old, clusterSubdomain);
  const names = drivers.map(({ name }) => name);
  for (const [index, driver] of drivers.entries()) {
    const at = `spec.drivers[${index}]`;
    causes.push(...checkNodeDriver(driver, at));
    if (names.indexOf(driver.name) < index) {
      causes.push(duplicateValue(`${at}.name`, driver.name));
    }
  }
  for (const before of old?.spec.drivers ?? []) {
    const driver = drivers.find(({ name }) => name === before.name);
    if (!driver || isSame(withoutCount(driver), withoutCount(before))) continue;
    causes.push(invalidValue('CSINodeDriver', driver, immutableDetail));
  }
  return causes;
}

/** How many volumes fit may change while the driver runs. */
const withoutCount = ({ allocatable: _, ...rest }: CSINodeDriver) => rest;

const nodeIdBytesMax = 192;

function checkNodeDriver(driver: CSINodeDriver, path: string): StatusCause[] {
  const { name, nodeID, allocatable, topologyKeys = [] } = driver;
  const causes = checkDriverName(name, `${path}.name`);
  if (nodeID === '') causes.push(requiredValue(`${path}.nodeID`));
  if (nodeID && nodeID.length > nodeIdBytesMax) {
    const detail = `must be ${nodeIdBytesMax} characters or less`;
    causes.push(invalidValue(`${path}.nodeID`, nodeID, detail));
  }
  const { count } = allocatable ?? {};
  if (count !== undefined && count < 0) {
    const detail = 'must be greater than or equal to 0';
    causes.push(invalidValue(`${path}.allocatable.count`, count, detail));
  }
  for (const [index, key] of topologyKeys.entries()) {
    const at = `${path}.topologyKeys`;
    if (key === '') causes.push(requiredValue(at));
    if (topologyKeys.indexOf(key) < index) causes.push(duplicateValue(at, key));
    causes.push(...isQualifiedName(key).map((problem) => invalidValue(at, topologyKeys, problem)));
  }
  return causes;
}

export function validateCsiStorageCapacity(
  object: CSIStorageCapacity,
  old: CSIStorageCapacity | undefined,
): StatusCause[] {
  const { nodeTopology, storageClassName: name, capacity, maximumVolumeSize } = object;
  const causes = validateMetadata(object, old, namespacedSubdomain);
  if (nodeTopology) causes.push(...checkSelector(nodeTopology, 'nodeTopology'));
  if (name !== undefined) {
    causes.push(...problemsOf('storageClassName', name, isDns1123Subdomain(name)));
  }
  for (const [path, amount] of Object.entries({ capacity, maximumVolumeSize })) {
    if (amount === undefined || parseQuantity(amount).nano >= 0n) continue;
    causes.push(invalidValue(path, amount, 'must be greater than or equal to 0'));
  }
  if (!old) return causes;
  return [
    ...causes,
    ...checkImmutable('nodeTopology', nodeTopology, old.nodeTopology),
    ...checkImmutable('storageClassName', name, old.storageClassName),
  ];
}
