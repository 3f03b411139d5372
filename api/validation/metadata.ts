/** The rules of metadata, the same for every kind but for what its names look like. */
import type { StatusCause } from '../../base/errors.ts';
import {
  byteLength,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  type NameCheck,
} from '../names.ts';
import type { KubeObject } from '../resource.ts';
import type { ObjectMeta, OwnerReference } from '../types/meta-v1.generated.ts';
import {
  forbiddenValue,
  immutableDetail,
  invalidValue,
  problemsOf,
  requiredValue,
  tooLongValue,
} from './cause.ts';

export interface MetadataRules {
  readonly namespaced: boolean;
  readonly name: NameCheck;
}

export const namespacedSubdomain: MetadataRules = { namespaced: true, name: isDns1123Subdomain };
export const clusterSubdomain: MetadataRules = { namespaced: false, name: isDns1123Subdomain };

export function validateMetadata(
  object: KubeObject,
  old: KubeObject | undefined,
  rules: MetadataRules,
): StatusCause[] {
  const metadata = object.metadata ?? {};
  return [
    ...checkNames(metadata, rules),
    ...checkLabels(metadata.labels, 'metadata.labels'),
    ...checkAnnotations(metadata.annotations, 'metadata.annotations'),
    ...checkFinalizers(metadata.finalizers ?? [], 'metadata.finalizers'),
    ...checkOwners(metadata.ownerReferences ?? []),
    ...(old ? checkUpdate(metadata, old.metadata ?? {}) : []),
  ];
}

/** Names without a domain are the machinery's own. */
const ownFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

export function checkFinalizers(finalizers: readonly string[], path: string): StatusCause[] {
  return finalizers.flatMap((finalizer, index) => {
    const at = `${path}[${index}]`;
    const problems = isQualifiedName(finalizer);
    const isNamed = finalizer.includes('/') || ownFinalizers.includes(finalizer);
    if (problems.length > 0 || isNamed) return problemsOf(at, finalizer, problems);
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    return [invalidValue(at, finalizer, detail)];
  });
}

export function checkLabels(labels: Readonly<Record<string, string>> = {}, path: string) {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...problemsOf(path, key, isQualifiedName(key)),
    ...problemsOf(path, value, isLabelValue(value)),
  ]);
}

export function checkAnnotations(annotations: Readonly<Record<string, string>> = {}, path: string) {
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    causes.push(...problemsOf(path, key, isQualifiedName(key.toLowerCase())));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > annotationBytesMax) causes.push(tooLongValue(path, annotationBytesMax));
  return causes;
}

const annotationBytesMax = 256 * 1024;

function checkNames({ name, generateName, namespace }: ObjectMeta, rules: MetadataRules) {
  const causes: StatusCause[] = [];
  if (generateName) {
    // The server appends five characters: a dash at the end is not the end of the name.
    const prefix = generateName.replace(/-$/, 'a');
    causes.push(...problemsOf('metadata.generateName', generateName, rules.name(prefix)));
  }
  if (!name) causes.push(requiredValue('metadata.name', 'name or generateName is required'));
  else causes.push(...problemsOf('metadata.name', name, rules.name(name)));
  if (rules.namespaced) {
    if (!namespace) causes.push(requiredValue('metadata.namespace'));
    else causes.push(...problemsOf('metadata.namespace', namespace, isDns1123Label(namespace)));
  } else if (namespace) {
    causes.push(forbiddenValue('metadata.namespace', 'not allowed on this type'));
  }
  return causes;
}

function checkOwners(owners: readonly OwnerReference[]): StatusCause[] {
  const path = 'metadata.ownerReferences';
  const causes = owners.flatMap((owner, index) => {
    const at = `${path}[${index}]`;
    const empty = (['apiVersion', 'kind', 'name', 'uid'] as const).filter((key) => !owner[key]);
    return empty.map((key) => invalidValue(`${at}.${key}`, owner[key] ?? '', `must not be empty`));
  });
  const controllers = owners.filter(({ controller }) => controller);
  if (controllers.length > 1) {
    const names = controllers.map(({ name }) => name).join(' and ');
    causes.push(invalidValue(path, names, 'Only one reference can have Controller set to true'));
  }
  return causes;
}

function checkUpdate(metadata: ObjectMeta, old: ObjectMeta): StatusCause[] {
  const fixed = ['name', 'namespace', 'uid', 'creationTimestamp'] as const;
  const changed = fixed.filter((key) => old[key] !== undefined && metadata[key] !== old[key]);
  const causes = changed.map((key) =>
    invalidValue(`metadata.${key}`, metadata[key] ?? '', immutableDetail),
  );
  const known = new Set(old.finalizers);
  const added = (metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
  if (old.deletionTimestamp && added.length > 0) {
    const detail =
      'no new finalizers can be added if the object is being deleted, found new ' +
      `finalizers ${JSON.stringify(added)}`;
    causes.push(forbiddenValue('metadata.finalizers', detail));
  }
  return causes;
}
