/**
 * Keeps a node to itself: with its certificate stolen, the thief may play this node and no other.
 *
 * RBAC says which kinds a node may write; this says which objects, and what in them.
 */
import { isDeepStrictEqual } from 'node:util';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import type { TokenRequest } from '../../api/types/authentication-v1.generated.ts';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader, User } from '../request.ts';
import { changedLabels, isMirrorPod, isNodeLabel, mirrorPodProblem } from './node-objects.ts';
import { forbidden } from './refusal.ts';

export function createNodeRestriction({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    validate(request) {
      const nodeName = nodeNameOf(request.user);
      if (nodeName === undefined) return undefined;
      const { group, plural } = request.resource;
      const key = group === '' ? plural : `${plural}.${group}`;
      const problem = checks.get(key)?.(request, nodeName, reader);
      if (problem !== undefined) throw forbidden(request, problem);
      return undefined;
    },
  };
}

/** Undefined for everybody who is not a node. A node without a name may write nothing of these. */
function nodeNameOf({ name, groups }: User): string | undefined {
  if (!groups.includes('system:nodes')) return undefined;
  return name.startsWith('system:node:') ? name.slice('system:node:'.length) : '';
}

/** A sentence that says what is not allowed, or undefined. */
type Check = (
  request: AdmissionRequest,
  nodeName: string,
  reader: ObjectReader,
) => string | undefined;

const checks: ReadonlyMap<string, Check> = new Map([
  ['nodes', checkNode],
  ['pods', checkPod],
  ['serviceaccounts', checkToken],
  ['leases.coordination.k8s.io', checkLease],
  ['csinodes.storage.k8s.io', checkCsiNode],
]);

function checkNode(request: AdmissionRequest, nodeName: string): string | undefined {
  const { operation, info, object, old } = request;
  const name = targetOf(request);
  if (name !== nodeName) {
    return `node ${quote(nodeName)} is not allowed to modify node ${quote(name)}`;
  }
  if (operation === 'DELETE' || info.subresource) return undefined;
  const [draft, before] = [(object ?? {}) as Node, (old ?? {}) as Node];
  const wrong = changedLabels(draft, before).filter((label) => !isNodeLabel(label));
  if (wrong.length > 0) {
    return `is not allowed to modify labels: ${wrong.sort().join(', ')}`;
  }
  if (operation === 'CREATE') return undefined;
  if (!isSame(draft.spec?.taints, before.spec?.taints)) {
    return `node ${quote(nodeName)} is not allowed to modify taints`;
  }
  // CVE-2025-5187: an owner that does not exist makes the garbage collector delete the Node.
  if (!isSame(draft.metadata?.ownerReferences, before.metadata?.ownerReferences)) {
    return `node ${quote(nodeName)} is not allowed to modify ownerReferences`;
  }
  return undefined;
}

function checkPod(
  request: AdmissionRequest,
  nodeName: string,
  reader: ObjectReader,
): string | undefined {
  const { operation, info, object, old } = request;
  if (operation === 'CREATE' && info.subresource === '') {
    return mirrorPodProblem((object ?? {}) as Pod, nodeName, reader.get(nodes, nodeName));
  }
  const pod = (old as Pod | undefined) ?? reader.get(pods, targetOf(request), info.namespace);
  if (pod && pod.spec?.nodeName !== nodeName) {
    return `node ${quote(nodeName)} can only touch pods with spec.nodeName set to itself`;
  }
  if (operation === 'DELETE' || info.subresource === 'eviction') return undefined;
  if (info.subresource !== 'status') {
    return `node ${quote(nodeName)} may only update the status of pods`;
  }
  const before = old as Pod | undefined;
  if (!isSame(object?.metadata?.labels, before?.metadata?.labels)) {
    return `node ${quote(nodeName)} cannot update labels through pod status`;
  }
  return undefined;
}

/** Tokens for pods that run here, and no others. */
function checkToken(
  { info, object }: AdmissionRequest,
  nodeName: string,
  reader: ObjectReader,
): string | undefined {
  if (info.subresource !== 'token') return undefined;
  const bound = (object as TokenRequest | undefined)?.spec?.boundObjectRef;
  if (bound?.kind !== 'Pod' || !bound.name) {
    return `node requested token not bound to a pod`;
  }
  if (!bound.uid) return `node requested token with a pod binding without a uid`;
  const pod = reader.get(pods, bound.name, info.namespace);
  if (!pod || pod.metadata?.uid !== bound.uid) {
    return `the UID in the bound object reference (${bound.uid}) does not match a running pod`;
  }
  if (pod.spec?.nodeName !== nodeName) {
    return `node requested token bound to a pod scheduled on a different node`;
  }
  // Whoever holds a node's certificate can make mirror pods wherever it likes.
  if (isMirrorPod(pod)) return `node requested token bound to a mirror pod`;
  return undefined;
}

function checkLease(request: AdmissionRequest, nodeName: string): string | undefined {
  if (request.info.namespace !== 'kube-node-lease') {
    return `can only access leases in the "kube-node-lease" system namespace`;
  }
  if (targetOf(request) === nodeName) return undefined;
  return `can only access node lease with the same name as the requesting node`;
}

function checkCsiNode(request: AdmissionRequest, nodeName: string): string | undefined {
  if (targetOf(request) === nodeName) return undefined;
  return `can only access CSINode with the same name as the requesting node`;
}

const targetOf = ({ info, object, old }: AdmissionRequest): string =>
  info.name || object?.metadata?.name || old?.metadata?.name || '';

const quote = (text: string) => JSON.stringify(text);

const isSame = (a: unknown, b: unknown) => isDeepStrictEqual(a ?? empty(b), b ?? empty(a));

/** Absent, `[]` and `{}` say the same. */
const empty = (like: unknown) => (Array.isArray(like) ? [] : {});
