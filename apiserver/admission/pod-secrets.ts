/** The Secrets that a pod names, and whether its ServiceAccount lets it. Pure. */

import { containersOf, type PlacedContainer } from '../../api/pod-containers.ts';
import type { PodSpec, ServiceAccount } from '../../api/types/core-v1.generated.ts';

const words: Readonly<Record<PlacedContainer['list'], string>> = {
  containers: 'container',
  initContainers: 'init container',
  ephemeralContainers: 'ephemeral container',
};

/** By any field at all. */
export const secretsIn = (spec: PodSpec): string[] => [
  ...(spec.imagePullSecrets ?? []).map(({ name = '' }) => name),
  ...(spec.volumes ?? []).flatMap(({ secret, projected, ...other }) => [
    ...(secret ? [secret.secretName ?? ''] : []),
    ...(projected?.sources ?? []).flatMap((each) => each.secret?.name ?? []),
    // Drivers name theirs in a reference: azureFile, cephfs, csi, flexVolume, iscsi, rbd, …
    ...Object.values(other).flatMap((source: unknown) => referencesIn(source)),
  ]),
  ...containersOf(spec).flatMap(({ container }) => [
    ...(container.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []),
    ...(container.envFrom ?? []).flatMap(({ secretRef }) => secretRef?.name ?? []),
  ]),
];

function referencesIn(source: unknown): string[] {
  if (source === null || typeof source !== 'object') return [];
  const { secretRef, nodePublishSecretRef, secretName } = source as {
    secretRef?: { name?: string };
    nodePublishSecretRef?: { name?: string };
    secretName?: string;
  };
  return [secretRef?.name, nodePublishSecretRef?.name, secretName].filter(
    (name) => typeof name === 'string',
  );
}

/** What a pod names that its account does not list; undefined when all is well. */
export function secretProblem(spec: PodSpec, account: ServiceAccount): string | undefined {
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const of = `service account ${account.metadata?.name}`;
  const end = `is not allowed because ${of} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !mountable.has(secret.secretName)) {
      return `volume with secret.secretName="${secret.secretName}" ${end} secret`;
    }
  }
  for (const { container, list } of containersOf(spec)) {
    const start = `${words[list]} ${container.name} with`;
    for (const { name, valueFrom } of container.env ?? []) {
      const secret = valueFrom?.secretKeyRef?.name;
      if (valueFrom?.secretKeyRef && !mountable.has(secret)) {
        return `${start} envVar ${name} referencing secret.secretName="${secret}" ${end} secret`;
      }
    }
    for (const { secretRef } of container.envFrom ?? []) {
      if (secretRef && !mountable.has(secretRef.name)) {
        return `${start} envFrom referencing secret.secretName="${secretRef.name}" ${end} secret`;
      }
    }
  }
  const pullable = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  for (const [index, { name }] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pullable.has(name)) {
      return `imagePullSecrets[${index}].name="${name}" ${end} imagePullSecret`;
    }
  }
  return undefined;
}
