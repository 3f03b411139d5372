/** Volumes put together from secrets, ConfigMaps, the pod's own fields, tokens and certificates. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain } from '../names.ts';
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../types/core-v1.generated.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkFieldRef, checkResourceFieldRef } from './environment.ts';
import { checkFileMode, checkFilePath, checkKeyToPath } from './paths.ts';
import { checkSelector } from './selector.ts';

export function checkProjected(source: ProjectedVolumeSource, path: string): StatusCause[] {
  const causes = checkFileMode(source.defaultMode, `${path}.defaultMode`);
  const paths = new Set<string>();
  const claim = (file: string | undefined, shown: unknown) => {
    if (!file) return [];
    const isTaken = paths.has(file);
    paths.add(file);
    return isTaken ? [invalidValue(path, shown, 'conflicting duplicate paths')] : [];
  };
  for (const [index, projection] of (source.sources ?? []).entries()) {
    const at = `${path}.sources[${index}]`;
    causes.push(...checkProjection(projection, { path, at, claim }));
    if (Object.keys(projection).length > 1) {
      const detail = 'may not specify more than 1 volume type per source';
      causes.push(forbiddenValue(at, detail));
    }
  }
  return causes;
}

interface Place {
  readonly path: string; // Of the volume.
  readonly at: string; // Of the one source in it.
  /** A path in the volume that two sources want is a fault. */
  readonly claim: (file: string | undefined, shown: unknown) => StatusCause[];
}

function checkProjection(projection: VolumeProjection, place: Place): StatusCause[] {
  const { at, claim, path } = place;
  const { secret, configMap, downwardAPI, serviceAccountToken } = projection;
  const { clusterTrustBundle, podCertificate } = projection;
  const causes: StatusCause[] = [];
  for (const [name, keys] of Object.entries({ secret, configMap })) {
    if (!keys) continue;
    if (!keys.name) causes.push(requiredValue(`${at}.${name}.name`));
    for (const [index, item] of (keys.items ?? []).entries()) {
      causes.push(...checkKeyToPath(item, `${at}.${name}.items[${index}]`));
      causes.push(...claim(item.path, keys.name ?? ''));
    }
  }
  for (const file of downwardAPI?.items ?? []) {
    causes.push(...checkDownwardFile(file, `${at}.downwardAPI`), ...claim(file.path, file.path));
  }
  if (serviceAccountToken) {
    causes.push(...checkToken(serviceAccountToken, `${at}.serviceAccountToken`, path));
  }
  if (clusterTrustBundle) {
    causes.push(...checkTrustBundle(clusterTrustBundle, `${at}.clusterTrustBundle`));
    causes.push(...claim(clusterTrustBundle.path, clusterTrustBundle.path));
  }
  if (!podCertificate) return causes;
  return [...causes, ...checkCertificate(podCertificate, `${at}.podCertificate`, claim)];
}

const volumeFields = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** `path` is that of the volume or source: upstream does not say which of its files. */
export function checkDownwardFile(file: DownwardAPIVolumeFile, path: string): StatusCause[] {
  const { fieldRef, resourceFieldRef } = file;
  const causes = file.path === '' ? [requiredValue(`${path}.path`)] : [];
  causes.push(...checkFilePath(file.path, `${path}.path`));
  if (fieldRef) {
    causes.push(...checkFieldRef(fieldRef, volumeFields, `${path}.fieldRef`));
    if (resourceFieldRef) {
      const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      causes.push(invalidValue(path, 'resource', detail));
    }
  } else if (resourceFieldRef) {
    causes.push(...checkResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, true));
  } else causes.push(requiredValue(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...causes, ...checkFileMode(file.mode, `${path}.mode`)];
}

const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;

function checkToken(token: ServiceAccountTokenProjection, at: string, path: string): StatusCause[] {
  const { expirationSeconds: seconds = 3600, path: file } = token;
  const field = `${at}.expirationSeconds`;
  const causes: StatusCause[] = [];
  if (seconds < tokenSecondsMin) {
    causes.push(invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'));
  }
  if (seconds > tokenSecondsMax) {
    const detail = 'may not specify a duration larger than 2^32 seconds';
    causes.push(invalidValue(field, seconds, detail));
  }
  if (file === '') return [...causes, requiredValue(`${path}.path`)];
  return [...causes, ...checkFilePath(file, `${path}.path`)];
}

function checkTrustBundle(bundle: ClusterTrustBundleProjection, path: string): StatusCause[] {
  const { name, signerName, labelSelector, path: file } = bundle;
  const causes: StatusCause[] = [];
  if (name !== undefined && signerName !== undefined) {
    causes.push(invalidValue(path, bundle, 'only one of name and signerName may be used'));
  } else if (name !== undefined) {
    if (name === '') causes.push(requiredValue(`${path}.name`, 'must be a valid object name'));
    if (labelSelector) {
      const detail = 'labelSelector must be unset if name is specified';
      causes.push(invalidValue(`${path}.labelSelector`, labelSelector, detail));
    }
  } else if (signerName !== undefined) {
    causes.push(...checkSigner(signerName, `${path}.signerName`));
    if (labelSelector) causes.push(...checkSelector(labelSelector, `${path}.labelSelector`));
  } else causes.push(requiredValue(path, 'either name or signerName must be specified'));
  if (file === '') causes.push(requiredValue(`${path}.path`));
  return [...causes, ...checkFilePath(file, `${path}.path`)];
}

/** `example.com/signer` */
function checkSigner(name: string, field: string): StatusCause[] {
  if (name === '') return [requiredValue(field, 'must be a valid signer name')];
  const [domain = '', path, ...more] = name.split('/');
  if (!path || more.length > 0) {
    const detail =
      'must be a fully qualified domain and path of the form "example.com/signer-name"';
    return [invalidValue(field, name, detail)];
  }
  return problemsOf(field, domain, isDns1123Subdomain(domain));
}

const keyTypes = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'];
const certificateSecondsMin = 3600;
const certificateSecondsMax = 91 * 24 * 3600;

function checkCertificate(source: PodCertificateProjection, path: string, claim: Place['claim']) {
  const { signerName, keyType, maxExpirationSeconds: seconds } = source;
  const causes = signerName === undefined ? [] : checkSigner(signerName, `${path}.signerName`);
  if (keyType !== undefined && !keyTypes.includes(keyType)) {
    causes.push(unsupportedValue(`${path}.keyType`, keyType, keyTypes));
  }
  const field = `${path}.maxExpirationSeconds`;
  if (seconds !== undefined && seconds < certificateSecondsMin) {
    const detail = `if provided, maxExpirationSeconds must be >= ${certificateSecondsMin}`;
    causes.push(invalidValue(field, seconds, detail));
  }
  if (seconds !== undefined && seconds > certificateSecondsMax) {
    const detail = `if provided, maxExpirationSeconds must be <= ${certificateSecondsMax}`;
    causes.push(invalidValue(field, seconds, detail));
  }
  const { credentialBundlePath, keyPath, certificateChainPath } = source;
  const files = { credentialBundlePath, keyPath, certificateChainPath };
  if (Object.values(files).every((file) => !file)) {
    const detail =
      'specify at least one of credentialBundlePath, keyPath, and certificateChainPath';
    causes.push(requiredValue(path, detail));
  }
  for (const [name, file] of Object.entries(files)) {
    causes.push(...checkFilePath(file, `${path}.${name}`), ...claim(file, file));
  }
  return causes;
}
