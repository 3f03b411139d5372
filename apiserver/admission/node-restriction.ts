/**
 * Keeps a node to itself: with its certificate stolen, the thief may play this node and no other.
 *
 * The Node authorizer says which objects a node may ask for; this looks into what it writes.
 */
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.generated.ts';
import type { Node, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.generated.ts';
import { messageOf } from '../../base/errors.ts';
import { subjectOfRequest } from '../authentication/certificate-request.ts';
import type { Authorizer } from '../authorization/authorize.ts';
import { nodeNameOf } from '../authorization/node-authorizer.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { isEqual } from '../write/equality.ts';
import { changedLabels, isNodeLabel, mirrorPodProblem } from './node-objects.ts';
import { tokenProblem } from './node-tokens.ts';
import { forbidden } from './refusal.ts';

interface Options {
  readonly reader: ObjectReader;
  readonly authorize?: Authorizer;
}

export function createNodeRestriction(options: Options): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    mutate(request) {
      const nodeName = nodeNameOf(request.user);
      if (nodeName === undefined) return undefined;
      const { group, plural } = request.resource;
      const problem =
        nodeName === ''
          ? `could not determine node from user ${quote(request.user.name)}`
          : checks.get(group === '' ? plural : `${plural}.${group}`)?.({
              ...options,
              request,
              nodeName,
            });
      if (problem !== undefined) throw forbidden(request, problem);
      return undefined;
    },
  };
}

export interface NodeWrite extends Options {
  readonly request: AdmissionRequest;
  readonly nodeName: string;
}

/** A sentence that says what is not allowed, or undefined. */
type Check = (write: NodeWrite) => string | undefined;

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['nodes', checkNode],
  ['pods', checkPod],
  ['persistentvolumeclaims', checkClaim],
  ['serviceaccounts', tokenProblem],
  ['leases.coordination.k8s.io', checkLease],
  ['csinodes.storage.k8s.io', checkCsiNode],
  ['resourceslices.resource.k8s.io', checkSlice],
  ['certificatesigningrequests.certificates.k8s.io', checkCertificate],
]);

function checkNode({ request, nodeName }: NodeWrite): string | undefined {
  const { operation, object, old } = request;
  const name = targetOf(request);
  const node = `node ${quote(nodeName)}`;
  if (name !== nodeName) return `${node} is not allowed to modify node ${quote(name)}`;
  if (operation === 'DELETE') return undefined;
  const [draft, before] = [(object ?? {}) as Node, (old ?? {}) as Node];
  const wrong = changedLabels(draft, before).filter((label) => !isNodeLabel(label));
  const labels = wrong.sort().join(', ');
  if (operation === 'CREATE') {
    if (draft.spec?.configSource) {
      return `${node} is not allowed to create pods with a non-nil configSource`;
    }
    return labels ? `${node} is not allowed to set the following labels: ${labels}` : undefined;
  }
  const { configSource } = draft.spec ?? {};
  if (configSource && !isEqual(configSource, before.spec?.configSource)) {
    return `${node} is not allowed to update configSource to a new non-nil configSource`;
  }
  if (!isEqual(draft.spec?.taints ?? [], before.spec?.taints ?? [])) {
    return `${node} is not allowed to modify taints`;
  }
  // CVE-2025-5187: an owner that does not exist makes the garbage collector delete the Node.
  const ownersOf = ({ metadata }: Node) => metadata?.ownerReferences ?? [];
  if (!isEqual(ownersOf(draft), ownersOf(before))) {
    return `${node} is not allowed to modify ownerReferences`;
  }
  return labels ? `is not allowed to modify labels: ${labels}` : undefined;
}

function checkPod(write: NodeWrite): string | undefined {
  const { request, nodeName, reader } = write;
  const { operation, info, object, old } = request;
  if (info.subresource === 'status') return checkPodStatus(write);
  const existing = () =>
    (old as Pod | undefined) ?? reader.get(pods, targetOf(request), info.namespace);
  const isOthers = () => existing()?.spec?.nodeName !== nodeName;
  if (info.subresource === 'eviction') {
    const why = `node ${nodeName} can only evict pods with spec.nodeName set to itself`;
    return isOthers() ? why : undefined;
  }
  if (info.subresource !== '') {
    return `unexpected pod subresource ${quote(info.subresource)}, only 'status' and 'eviction' are allowed`;
  }
  if (operation === 'CREATE') {
    return mirrorPodProblem((object ?? {}) as Pod, nodeName, reader.get(nodes, nodeName));
  }
  if (operation !== 'DELETE') {
    return `unexpected operation ${quote(operation)}, node ${quote(nodeName)} can only create and delete mirror pods`;
  }
  const why = `node ${quote(nodeName)} can only delete pods with spec.nodeName set to itself`;
  return isOthers() ? why : undefined;
}

function checkPodStatus({ request, nodeName }: NodeWrite): string | undefined {
  const [draft, before] = [(request.object ?? {}) as Pod, (request.old ?? {}) as Pod];
  const node = `node ${quote(nodeName)}`;
  if (before.spec?.nodeName !== nodeName) {
    return `${node} can only update pod status for pods with spec.nodeName set to itself`;
  }
  if (changedLabels(draft, before).length > 0) {
    return `${node} cannot update labels through pod status`;
  }
  const claimsOf = ({ status }: Pod) => status?.resourceClaimStatuses ?? [];
  if (!isEqual(claimsOf(draft), claimsOf(before))) {
    return `${node} cannot update resource claim statues`;
  }
  const [now, then] = [draft, before].map(({ status }) => status?.extendedResourceClaimStatus);
  return isEqual(now, then) ? undefined : `${node} cannot update extended resource claim status`;
}

/** How big a volume has become, and nothing else. */
function checkClaim({ request, nodeName }: NodeWrite): string | undefined {
  if (request.info.subresource !== 'status') return 'may only update PVC status';
  const [draft, before] = [request.object, request.old].map((object) =>
    withoutResize(object as PersistentVolumeClaim),
  );
  if (isEqual(draft, before)) return undefined;
  const fields = 'status.quantity and status.conditions';
  return `node ${quote(nodeName)} is not allowed to update fields other than ${fields}`;
}

function withoutResize({ metadata, status, ...rest }: PersistentVolumeClaim): object {
  const { resourceVersion: _, managedFields: __, ...kept } = metadata ?? {};
  const {
    capacity: ___,
    conditions: ____,
    allocatedResources: _____,
    allocatedResourceStatuses: ______,
    ...other
  } = status ?? {};
  return { ...rest, metadata: kept, status: other };
}

function checkLease({ request, nodeName }: NodeWrite): string | undefined {
  if (request.info.namespace !== 'kube-node-lease') {
    return `can only access leases in the "kube-node-lease" system namespace`;
  }
  if (targetOf(request) === nodeName) return undefined;
  return `can only access node lease with the same name as the requesting node`;
}

function checkCsiNode({ request, nodeName }: NodeWrite): string | undefined {
  if (targetOf(request) === nodeName) return undefined;
  return `can only access CSINode with the same name as the requesting node`;
}

function checkSlice({ request, nodeName }: NodeWrite): string | undefined {
  const { operation, object, old } = request;
  type Slice = { readonly spec?: { readonly nodeName?: string } } | undefined;
  const isOwn = (slice: unknown) => (slice as Slice)?.spec?.nodeName === nodeName;
  const what = 'ResourceSlice with the same NodeName as the requesting node';
  if (operation === 'CREATE' && !isOwn(object)) return `can only create ${what}`;
  return operation === 'DELETE' && !isOwn(old) ? `can only delete ${what}` : undefined;
}

const nodeSigners = [
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/kube-apiserver-client-kubelet',
];

function checkCertificate({ request, nodeName }: NodeWrite): string | undefined {
  if (request.operation !== 'CREATE') return undefined;
  const { spec } = request.object as CertificateSigningRequest;
  if (!nodeSigners.includes(spec.signerName)) return undefined;
  try {
    if (subjectOfRequest(spec.request).commonName === `system:node:${nodeName}`) return undefined;
  } catch (error) {
    return `unable to parse csr: ${messageOf(error)}`;
  }
  return `can only create a node CSR with CN=system:node:${nodeName}`;
}

const targetOf = ({ info, object, old }: AdmissionRequest): string =>
  info.name || object?.metadata?.name || old?.metadata?.name || '';

const quote = (text: string) => JSON.stringify(text);
