/** What a pod, or a volume, needs of the API on the node that runs it. Pure. */
import type { PersistentVolume, Pod, Volume } from '../../api/types/core-v1.generated.ts';

export type ReferredKind =
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'resourceclaims'
  | 'secrets'
  | 'serviceaccounts';

/** `secrets default/db` */
export const referenceKey = (kind: ReferredKind, namespace: string, name: string): string =>
  `${kind} ${namespace}/${name}`;

type Named = { readonly name?: string | undefined } | undefined;
type Reference = readonly [ReferredKind, string | undefined];

/** The keys of everything that the pod names; none of a mirror pod's, which a node makes itself. */
export function podReferences(pod: Pod): Set<string> {
  const { namespace = '', annotations } = pod.metadata ?? {};
  if (Object.hasOwn(annotations ?? {}, 'kubernetes.io/config.mirror')) return new Set();
  const found: Reference[] = [
    ['serviceaccounts', pod.spec?.serviceAccountName],
    ...(pod.spec?.imagePullSecrets ?? []).map(({ name }): Reference => ['secrets', name]),
    ...environmentReferences(pod),
    ...(pod.spec?.volumes ?? []).flatMap((volume) => volumeReferences(volume, pod)),
    ...claimReferences(pod),
  ];
  return new Set(
    found.flatMap(([kind, name]) => (name ? [referenceKey(kind, namespace, name)] : [])),
  );
}

function environmentReferences({ spec }: Pod): Reference[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers].flatMap(
    ({ env = [], envFrom = [] }) => [
      ...envFrom.flatMap(({ secretRef, configMapRef }) => pair(secretRef, configMapRef)),
      ...env.flatMap(({ valueFrom }) => pair(valueFrom?.secretKeyRef, valueFrom?.configMapKeyRef)),
    ],
  );
}

const pair = (secret: Named, configMap: Named): Reference[] => [
  ['secrets', secret?.name],
  ['configmaps', configMap?.name],
];

function volumeReferences(volume: Volume, { metadata }: Pod): Reference[] {
  const { secret, configMap, projected, persistentVolumeClaim: claim, ephemeral } = volume;
  return [
    ['secrets', secret?.secretName],
    ['configmaps', configMap?.name],
    ['persistentvolumeclaims', claim?.claimName],
    ['persistentvolumeclaims', ephemeral && `${metadata?.name}-${volume.name}`],
    ...(projected?.sources ?? []).flatMap((each) => pair(each.secret, each.configMap)),
    ...driverSecrets(volume).map(({ name }): Reference => ['secrets', name]),
  ];
}

interface SecretName {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

/** What all the storage drivers' sources have in common: where they name a secret for the node. */
interface DriverSource {
  readonly secretRef?: SecretName;
  readonly secretName?: string;
  readonly secretNamespace?: string;
  readonly nodePublishSecretRef?: SecretName;
  readonly nodeStageSecretRef?: SecretName;
  readonly nodeExpandSecretRef?: SecretName;
}

const drivers = 'azureFile cephfs cinder csi flexVolume iscsi rbd scaleIO storageos'.split(' ');

function driverSecrets(sources: object): SecretName[] {
  return drivers.flatMap((driver) => {
    const source = (sources as Record<string, DriverSource | undefined>)[driver];
    if (!source) return [];
    const { nodePublishSecretRef, nodeStageSecretRef, nodeExpandSecretRef } = source;
    const named = { name: source.secretName, namespace: source.secretNamespace };
    const all = [source.secretRef, nodePublishSecretRef, nodeStageSecretRef, nodeExpandSecretRef];
    return [named, ...all].filter((each) => each !== undefined);
  });
}

/** Claims are made for pods by a controller, which notes their names in the pod's status. */
function claimReferences({ spec, status }: Pod): Reference[] {
  const made = new Map(
    (status?.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [
      name,
      resourceClaimName,
    ]),
  );
  return [
    ...(spec?.resourceClaims ?? []).map(
      ({ name, resourceClaimName }): Reference => [
        'resourceclaims',
        resourceClaimName ?? made.get(name),
      ],
    ),
    ['resourceclaims', status?.extendedResourceClaimStatus?.resourceClaimName],
  ];
}

/** The key of the claim that a volume is bound to, and of the secrets that a node needs for it. */
export function volumeLinks({
  spec,
}: PersistentVolume): { claim: string; secrets: string[] } | undefined {
  const { name, namespace } = spec?.claimRef ?? {};
  if (!spec || !name || !namespace) return undefined;
  return {
    claim: referenceKey('persistentvolumeclaims', namespace, name),
    secrets: driverSecrets(spec).flatMap((secret) =>
      secret.name ? [referenceKey('secrets', secret.namespace || namespace, secret.name)] : [],
    ),
  };
}
