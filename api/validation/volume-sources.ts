/** Where volumes come from, as pods and PersistentVolumes name it: disks, shares, drivers. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import type { PersistentVolumeSpec, Volume } from '../types/core-v1.generated.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  tooLongValue,
  unsupportedValue,
} from './cause.ts';
import { checkNoBacksteps } from './paths.ts';

type Named = Readonly<Record<string, unknown>>;
type Check = (source: Named, path: string) => StatusCause[];

/** Fields that must hold something. What the schema requires is missing only when it is empty. */
export const needs =
  (...names: string[]): Check =>
  (source, path) =>
    names.filter((name) => source[name] === '').map((name) => requiredValue(`${path}.${name}`));

/** As `needs`, of fields that the schema does not require. */
const needsOptional =
  (...names: string[]): Check =>
  (source, path) =>
    names.filter((name) => !source[name]).map((name) => requiredValue(`${path}.${name}`));

const all =
  (...checks: Check[]): Check =>
  (source, path) =>
    checks.flatMap((check) => check(source, path));

const range =
  (name: string, max: number): Check =>
  (source, path) => {
    const value = source[name] as number | undefined;
    if (value === undefined || (value >= 0 && value <= max)) return [];
    return [invalidValue(`${path}.${name}`, value, `must be between 0 and ${max}, inclusive`)];
  };

/** A secret that pods name lies in their namespace; one of a volume names its own. */
const secret: Check = ({ secretRef }, path) =>
  secretRef
    ? needsOptional(...secretNames(secretRef))(secretRef as Named, `${path}.secretRef`)
    : [];

const secretNames = (secretRef: object) =>
  'namespace' in secretRef ? ['name', 'namespace'] : ['name'];

const partition: Check = (source, path) => {
  const value = source.partition as number | undefined;
  if (value === undefined || (value >= 0 && value <= 255)) return [];
  return [invalidValue(`${path}.partition`, value, 'must be between 1 and 255, inclusive')];
};

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

const hostPath: Check = (source, path) => {
  const { path: place, type } = source as { path?: string; type?: string };
  if (place === '') return [requiredValue(`${path}.path`)];
  const causes = checkNoBacksteps(place, `${path}.path`);
  if (type !== undefined && !hostPathTypes.includes(type)) {
    causes.push(unsupportedValue(`${path}.type`, type, hostPathTypes));
  }
  return causes;
};

const nfs: Check = (source, path) => {
  const causes = needs('server', 'path')(source, path);
  const place = source.path as string | undefined;
  if (place !== undefined && !place.startsWith('/')) {
    causes.push(invalidValue(`${path}.path`, place, 'must be an absolute path'));
  }
  return causes;
};

const initiators = [
  /^iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  /^eui.[A-Za-z0-9]{16}$/,
  /^naa.[A-Za-z0-9]{32}$/,
];

const iscsi: Check = (source, path) => {
  const { iqn, initiatorName } = source as { iqn?: string; initiatorName?: string };
  const causes = all(needs('targetPortal', 'iqn'), range('lun', 255))(source, path);
  for (const [name, value] of Object.entries({ iqn, initiatorname: initiatorName })) {
    if (!value || initiators.some((pattern) => pattern.test(value))) continue;
    const isKnown = /^(iqn|eui|naa)/.test(value);
    const detail = `must be valid format${isKnown ? '' : ' starting with iqn, eui, or naa'}`;
    causes.push(invalidValue(`${path}.${name}`, value, detail));
  }
  const wantsSecret = source.chapAuthDiscovery || source.chapAuthSession;
  if (wantsSecret && !source.secretRef) causes.push(requiredValue(`${path}.secretRef`));
  return causes;
};

const fibreChannel: Check = (source, path) => {
  const { targetWWNs = [], wwids = [], lun } = source as Partial<NonNullable<Volume['fc']>>;
  const at = `${path}.targetWWNs`;
  if (targetWWNs.length === 0 && wwids.length === 0) {
    return [requiredValue(at, 'must specify either targetWWNs or wwids, but not both')];
  }
  const causes: StatusCause[] = [];
  if (targetWWNs.length > 0 && wwids.length > 0) {
    const detail = 'targetWWNs and wwids can not be specified simultaneously';
    causes.push(invalidValue(at, targetWWNs, detail));
  }
  if (targetWWNs.length === 0) return causes;
  if (lun === undefined) {
    const detail = 'lun is required if targetWWNs is specified';
    return [...causes, requiredValue(`${path}.lun`, detail)];
  }
  return [...causes, ...range('lun', 255)(source, path)];
};

const flocker: Check = (source, path) => {
  const { datasetName = '', datasetUUID = '' } = source as Partial<NonNullable<Volume['flocker']>>;
  const causes: StatusCause[] = [];
  if (!datasetName && !datasetUUID) {
    causes.push(requiredValue(path, 'one of datasetName and datasetUUID is required'));
  }
  if (datasetName && datasetUUID) {
    const detail = 'datasetName and datasetUUID can not be specified simultaneously';
    causes.push(invalidValue(path, 'resource', detail));
  }
  if (datasetName.includes('/')) {
    causes.push(invalidValue(`${path}.datasetName`, datasetName, "must not contain '/'"));
  }
  return causes;
};

const flexVolume: Check = (source, path) => {
  const { options = {} } = source as { options?: Readonly<Record<string, string>> };
  const reserved = Object.keys(options).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${key.split('/')[0]?.toLowerCase()}`),
  );
  const detail = 'kubernetes.io and k8s.io namespaces are reserved';
  return [
    ...needs('driver')(source, path),
    ...reserved.map((key) => invalidValue(`${path}.options[${key}]`, key, detail)),
  ];
};

const azureKinds = ['Dedicated', 'Managed', 'Shared'];
const azureCaching = ['None', 'ReadOnly', 'ReadWrite'];

const azureDisk: Check = (source, path) => {
  const { cachingMode, kind, diskURI = '' } = source as Partial<NonNullable<Volume['azureDisk']>>;
  const causes = needs('diskName', 'diskURI')(source, path);
  if (cachingMode !== undefined && !azureCaching.includes(cachingMode)) {
    causes.push(unsupportedValue(`${path}.cachingMode`, cachingMode, azureCaching));
  }
  if (kind === undefined) return causes;
  if (!azureKinds.includes(kind)) {
    causes.push(unsupportedValue(`${path}.kind`, kind, azureKinds));
  }
  const [prefix, example] =
    kind === 'Managed'
      ? [
          '/subscriptions/',
          '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}',
        ]
      : [
          'https://',
          'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd',
        ];
  if (!diskURI.startsWith(prefix)) {
    causes.push(unsupportedValue(`${path}.diskURI`, diskURI, [example]));
  }
  return causes;
};

const quobyte: Check = (source, path) => {
  const { registry = '', tenant = '' } = source as Partial<NonNullable<Volume['quobyte']>>;
  const detail = 'must be a host:port pair or multiple pairs separated by commas';
  const causes = needs('volume')(source, path);
  if (!registry) causes.unshift(requiredValue(`${path}.registry`, detail));
  else if (tenant.length >= 65) {
    const limit = 'must be a UUID and may not exceed a length of 64 characters';
    causes.unshift(requiredValue(`${path}.tenant`, limit));
  } else if (!registry.split(',').every((pair) => /^(\[[^\]]*\]|[^:]*):[^:]*$/.test(pair))) {
    causes.unshift(invalidValue(`${path}.registry`, registry, detail));
  }
  return causes;
};

const storageos: Check = (source, path) => {
  const { volumeName, volumeNamespace } = source as Partial<NonNullable<Volume['storageos']>>;
  const causes = needsOptional('volumeName')(source, path);
  for (const [name, value] of Object.entries({ volumeName, volumeNamespace })) {
    if (value) causes.push(...problemsOf(`${path}.${name}`, value, isDns1123Label(value)));
  }
  return [...causes, ...secret(source, path)];
};

export function checkDriverName(driver: string | undefined, field: string): StatusCause[] {
  if (driver === undefined) return [];
  const causes = driver === '' ? [requiredValue(field)] : [];
  if (driver.length > 63) causes.push(tooLongValue(field, 63));
  return [...causes, ...problemsOf(field, driver, isDns1123Subdomain(driver.toLowerCase()))];
}

const glusterfs: Check = (source, path) => {
  const causes = needs('endpoints', 'path')(source, path);
  const namespace = source.endpointsNamespace as string | undefined;
  if (namespace === undefined) return causes;
  const field = `${path}.endpointsNamespace`;
  if (namespace) return [...causes, ...problemsOf(field, namespace, isDns1123Label(namespace))];
  const detail = 'if the endpointnamespace is set, it must be a valid namespace name';
  return [...causes, invalidValue(field, namespace, detail)];
};

const monitors: Check = (source, path) =>
  Array.isArray(source.monitors) && source.monitors.length === 0
    ? [requiredValue(`${path}.monitors`)]
    : [];

/** By the field's name; kinds that only one of the two has are checked where it is. */
const checks = new Map<string, Check>(
  Object.entries({
    hostPath,
    nfs,
    iscsi,
    fc: fibreChannel,
    flocker,
    flexVolume,
    azureDisk,
    quobyte,
    storageos,
    glusterfs,
    gcePersistentDisk: all(needs('pdName'), partition),
    awsElasticBlockStore: all(needs('volumeID'), partition),
    rbd: all(monitors, needs('image')),
    cephfs: monitors,
    cinder: all(needs('volumeID'), secret),
    azureFile: needs('secretName', 'shareName', 'secretNamespace'),
    vsphereVolume: needs('volumePath'),
    photonPersistentDisk: needs('pdID'),
    portworxVolume: needs('volumeID'),
    scaleIO: all(needs('gateway', 'system'), needsOptional('volumeName')),
    gitRepo: all(needs('repository'), ({ directory }, path) => [
      ...checkNoBacksteps(directory as string | undefined, `${path}.directory`),
    ]),
  }),
);

/** The field has one name, upstream's messages about it another. */
const reportedAs = new Map([['gcePersistentDisk', 'persistentDisk']]);

/** Exactly one source, and what it must say. `names`: the fields that are sources. */
export function checkSources(
  holder: Volume | PersistentVolumeSpec,
  path: string,
  names: readonly string[],
): StatusCause[] {
  const [first, ...others] = names;
  if (!first) return [requiredValue(path, 'must specify a volume type')];
  const source = (holder as Readonly<Record<string, unknown>>)[first] as Named;
  const place = `${path}.${reportedAs.get(first) ?? first}`;
  return [
    ...(checks.get(first)?.(source, place) ?? []),
    ...others.map((name) =>
      forbiddenValue(`${path}.${name}`, 'may not specify more than 1 volume type'),
    ),
  ];
}
