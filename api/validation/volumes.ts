/** Volumes of pods. Where disks and shares come from is in volume-sources.ts. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type {
  CSIVolumeSource,
  EphemeralVolumeSource,
  ImageVolumeSource,
  KeyToPath,
  Volume,
} from '../types/core-v1.generated.ts';
import type { ObjectMeta } from '../types/meta-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkAnnotations, checkLabels } from './metadata.ts';
import { checkFileMode, checkKeyToPath } from './paths.ts';
import { checkDownwardFile, checkProjected } from './projected-volume.ts';
import { checkClaimSpec } from './volume-claim.ts';
import { checkDriverName, checkSources } from './volume-sources.ts';

interface Checked {
  readonly causes: StatusCause[];
  /** Those without faults, by name. */
  readonly volumes: ReadonlyMap<string, Volume>;
}

/** `pod`: the metadata of the pod, where it is one and no template. */
export function checkVolumes(
  list: readonly Volume[],
  path: string,
  pod: ObjectMeta | undefined,
): Checked {
  const causes: StatusCause[] = [];
  const volumes = new Map<string, Volume>();
  const madeClaims = new Set(
    list.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${pod?.name}-${name}`),
  );
  for (const [index, volume] of list.entries()) {
    const at = `${path}[${index}]`;
    const { name } = volume;
    const own = checkVolume(volume, at, pod);
    if (name && volumes.has(name)) own.push(duplicateValue(`${at}.name`, name));
    if (own.length === 0) volumes.set(name, volume);
    causes.push(...own);
    const claimName = volume.persistentVolumeClaim?.claimName;
    if (pod?.name && claimName && madeClaims.has(claimName)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume';
      causes.push(invalidValue(`${at}.persistentVolumeClaim.claimName`, claimName, detail));
    }
  }
  return { causes, volumes };
}

function checkVolume(volume: Volume, path: string, pod: ObjectMeta | undefined): StatusCause[] {
  const { name } = volume;
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  const causes = [
    ...checkSources(volume, path, sources),
    ...(sources[0] ? checkOwnSource(volume, sources[0], path) : []),
  ];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (name) causes.push(...problemsOf(`${path}.name`, name, isDns1123Label(name)));
  if (volume.ephemeral && pod?.name && name) {
    const claim = `${pod.name}-${name}`;
    const problems = isDns1123Subdomain(claim);
    causes.push(
      ...problems.map((each) => invalidValue(`${path}.name`, name, `PVC name "${claim}": ${each}`)),
    );
  }
  if (volume.iscsi?.initiatorName && `${name}:${volume.iscsi.targetPortal}`.length > 64) {
    const detail =
      'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if ' +
      'iscsi.initiatorName is specified.';
    causes.push(invalidValue(`${path}.name`, name, detail));
  }
  return causes;
}

/** Sources that only pods have. Of several, the first is looked at. */
function checkOwnSource(volume: Volume, source: string, path: string): StatusCause[] {
  const at = `${path}.${source}`;
  const { secret, configMap, emptyDir, downwardAPI, projected, ephemeral, csi, image } = volume;
  if (source === 'emptyDir' && emptyDir?.sizeLimit) {
    if (parseQuantity(emptyDir.sizeLimit).nano >= 0n) return [];
    const detail = 'SizeLimit field must be a valid resource quantity';
    return [forbiddenValue(`${at}.sizeLimit`, detail)];
  }
  if (source === 'secret' && secret) {
    const missing = secret.secretName ? [] : [requiredValue(`${at}.secretName`)];
    return [...missing, ...checkFiles(secret, at)];
  }
  if (source === 'configMap' && configMap) {
    const missing = configMap.name ? [] : [requiredValue(`${at}.name`)];
    return [...missing, ...checkFiles(configMap, at)];
  }
  if (source === 'downwardAPI' && downwardAPI) {
    const { defaultMode, items = [] } = downwardAPI;
    return [
      ...checkFileMode(defaultMode, `${at}.defaultMode`),
      ...items.flatMap((file) => checkDownwardFile(file, at)),
    ];
  }
  if (source === 'persistentVolumeClaim') {
    return volume.persistentVolumeClaim?.claimName === '' ? [requiredValue(`${at}.claimName`)] : [];
  }
  if (source === 'projected' && projected) return checkProjected(projected, at);
  if (source === 'ephemeral' && ephemeral) return checkEphemeral(ephemeral, at);
  if (source === 'csi' && csi) return checkCsi(csi, path, at);
  return source === 'image' && image ? checkImage(image, at) : [];
}

interface Files {
  readonly defaultMode?: number;
  readonly items?: readonly KeyToPath[];
}

const checkFiles = ({ defaultMode, items = [] }: Files, path: string): StatusCause[] => [
  ...checkFileMode(defaultMode, `${path}.defaultMode`),
  ...items.flatMap((item, index) => checkKeyToPath(item, `${path}.items[${index}]`)),
];

const notInTemplate = [
  'name',
  'generateName',
  'namespace',
  'ownerReferences',
  'finalizers',
] as const;

function checkEphemeral({ volumeClaimTemplate: template }: EphemeralVolumeSource, path: string) {
  const at = `${path}.volumeClaimTemplate`;
  if (!template) return [requiredValue(at)];
  const { metadata = {}, spec } = template;
  const set = notInTemplate.filter((name) => metadata[name] !== undefined);
  return [
    ...checkAnnotations(metadata.annotations, `${at}.metadata.annotations`),
    ...checkLabels(metadata.labels, `${at}.metadata.labels`),
    ...set.map((name) => forbiddenValue(`${at}.metadata.${name}`, 'cannot be set')),
    ...checkClaimSpec(spec ?? {}, `${at}.spec`),
  ];
}

function checkCsi(
  { driver, nodePublishSecretRef: secret }: CSIVolumeSource,
  path: string,
  at: string,
) {
  const causes = checkDriverName(driver, `${at}.driver`);
  if (!secret) return causes;
  const { name } = secret;
  if (!name) return [...causes, requiredValue(`${at}.nodePublishSecretRef.name`)];
  return [...causes, ...problemsOf(`${path}.csi.name`, name, isDns1123Subdomain(name))];
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

function checkImage({ reference, pullPolicy }: ImageVolumeSource, path: string): StatusCause[] {
  const causes = reference ? [] : [requiredValue(`${path}.reference`)];
  if (pullPolicy && !pullPolicies.includes(pullPolicy)) {
    causes.push(unsupportedValue(`${path}.pullPolicy`, pullPolicy, pullPolicies));
  }
  return causes;
}
