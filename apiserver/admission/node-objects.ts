/** What a node may write into its own Node and into the mirrors of its static pods. Pure. */
import type { KubeObject } from '../../api/resource.ts';
import type { Node, Pod, PodSpec, Volume } from '../../api/types/core-v1.generated.ts';
import { podReferences } from '../authorization/pod-references.ts';

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
  const name = JSON.stringify(nodeName);
  if (!isMirrorPod(pod)) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, node ${name} can only create mirror pods`;
  }
  if (pod.spec?.nodeName !== nodeName) {
    return `node ${name} can only create pods with spec.nodeName set to itself`;
  }
  const reference = apiReference(pod.spec, pod);
  return (
    ownerProblem(pod, nodeName, node) ??
    (reference && `node ${name} can not create pods that reference ${reference}`)
  );
}

function ownerProblem({ metadata }: Pod, nodeName: string, node: Node | undefined) {
  const owners = metadata?.ownerReferences ?? [];
  const name = JSON.stringify(nodeName);
  const [owner] = owners;
  if (owners.length > 1) {
    return `node ${name} can only create pods with a single owner reference set to itself`;
  }
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== nodeName) {
    return `node ${name} can only create pods with an owner reference set to itself`;
  }
  if (!owner.controller) {
    return `node ${name} can only create pods with a controller owner reference set to itself`;
  }
  if (owner.blockOwnerDeletion) {
    return `node ${name} must not set blockOwnerDeletion on an owner reference`;
  }
  const uid = node?.metadata?.uid;
  if (owner.uid === uid) return undefined;
  return `node ${nodeName} UID mismatch: expected ${owner.uid} got ${uid ?? ''}`;
}

export const isMirrorPod = ({ metadata }: Pod): boolean =>
  Object.hasOwn(metadata?.annotations ?? {}, 'kubernetes.io/config.mirror');

/** What a pod would get from the API, or undefined. */
function apiReference(spec: PodSpec, pod: Pod): string | undefined {
  // Defaulting may have named `default`; a mirror pod gets no token for it.
  if ((spec.serviceAccountName || 'default') !== 'default') return 'serviceaccounts';
  const { annotations: _, ...metadata } = pod.metadata ?? {};
  const { serviceAccountName: __, ...rest } = spec;
  const [named] = podReferences({ metadata, spec: rest });
  return named?.split(' ', 1)[0] ?? spec.volumes?.map(apiVolume).find((each) => each !== undefined);
}

/** Volumes that need the API though they name nothing of it. */
function apiVolume({ csi, glusterfs, projected }: Volume): string | undefined {
  if (csi) return 'csidrivers (via CSI volumes)';
  if (glusterfs) return 'endpoints (via glusterFS volumes)';
  const sources = projected?.sources ?? [];
  if (sources.some((each) => each.serviceAccountToken)) {
    return 'serviceaccounts (via projected volumes)';
  }
  if (sources.some((each) => each.clusterTrustBundle)) return 'clustertrustbundles';
  return sources.some((each) => each.podCertificate) ? 'podcertificates' : undefined;
}
