/** What a node may write into its own Node and into the mirrors of its static pods. Pure. */
import type { KubeObject } from '../../api/resource.ts';
import type { Node, Pod, PodSpec, Volume } from '../../api/types/core-v1.generated.ts';

/** Labels of `*.kubernetes.io` and `*.k8s.io` that kubelets set; all other such are others'. */
const ownLabels: ReadonlySet<string> = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

const ownDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** Whether a node may set this label on itself. */
export function isNodeLabel(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return true;
  const domain = key.slice(0, slash);
  const isOf = (parent: string) => domain === parent || domain.endsWith(`.${parent}`);
  // Reserved for isolating workloads from nodes, so never for the nodes themselves.
  if (isOf('node-restriction.kubernetes.io')) return false;
  if (!isOf('kubernetes.io') && !isOf('k8s.io')) return true;
  return ownLabels.has(key) || ownDomains.some(isOf);
}

/** The labels that were added, removed or given another value. */
export function changedLabels(draft: KubeObject, before: KubeObject): string[] {
  const [now, then] = [labelsOf(draft), labelsOf(before)];
  const keys = new Set([...now.keys(), ...then.keys()]);
  return [...keys].filter((key) => now.get(key) !== then.get(key));
}

const labelsOf = ({ metadata }: KubeObject) => new Map(Object.entries(metadata?.labels ?? {}));

/** A node creates only pods that show what it runs anyhow, and that get nothing from the API. */
export function mirrorPodProblem(
  pod: Pod,
  nodeName: string,
  node: Node | undefined,
): string | undefined {
  const { metadata, spec } = pod;
  if (!isMirrorPod(pod)) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, node ${JSON.stringify(nodeName)} can only create mirror pods`;
  }
  if (spec?.nodeName !== nodeName) {
    return `node ${JSON.stringify(nodeName)} can only create pods with spec.nodeName set to itself`;
  }
  const owners = metadata?.ownerReferences ?? [];
  const [owner] = owners;
  const isOwn =
    owners.length === 1 &&
    owner?.apiVersion === 'v1' &&
    owner.kind === 'Node' &&
    owner.name === nodeName &&
    owner.uid === node?.metadata?.uid;
  if (!isOwn) return `node ${JSON.stringify(nodeName)} can only create pods that its Node owns`;
  // Defaulting has named `default` by now; NodeRestriction gives mirror pods no token for it.
  if ((spec.serviceAccountName || 'default') !== 'default') {
    return `node ${JSON.stringify(nodeName)} can not create pods that reference a service account`;
  }
  const kind = apiReferences(spec)[0];
  if (kind === undefined) return undefined;
  return `node ${JSON.stringify(nodeName)} can not create pods that reference a ${kind}`;
}

export const isMirrorPod = ({ metadata }: Pod): boolean =>
  Object.hasOwn(metadata?.annotations ?? {}, 'kubernetes.io/config.mirror');

/** The kinds of the objects that a pod would get from the API. */
function apiReferences(spec: PodSpec): string[] {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const variables = containers.flatMap(({ env, envFrom }) => [
    ...(env ?? []).map(({ valueFrom }) => [valueFrom?.secretKeyRef, valueFrom?.configMapKeyRef]),
    ...(envFrom ?? []).map(({ secretRef, configMapRef }) => [secretRef, configMapRef]),
  ]);
  return [
    ...(spec.volumes ?? []).flatMap((volume) => apiVolumeKind(volume) ?? []),
    ...variables.flatMap(([secret, configMap]) => [
      ...(secret ? ['secret'] : []),
      ...(configMap ? ['configmap'] : []),
    ]),
    ...(spec.imagePullSecrets ?? []).map(() => 'secret'),
    ...(spec.resourceClaims ?? []).map(() => 'resourceclaim'),
  ];
}

function apiVolumeKind(volume: Volume): string | undefined {
  if (volume.secret) return 'secret';
  if (volume.configMap) return 'configmap';
  if (volume.persistentVolumeClaim || volume.ephemeral) return 'persistentvolumeclaim';
  if (volume.projected) return 'projected volume';
  return undefined;
}
