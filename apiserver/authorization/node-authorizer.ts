/**
 * The Node authorizer: what a node may ask for beyond what all nodes may alike. Where only the
 * body of a write tells whose it is, NodeRestriction looks at it.
 */
import { parseFieldSelector } from '../../api/fields.ts';
import type { KubeObject } from '../../api/resource.ts';
import { groupResourceOf } from '../../api/resource.ts';
import { pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { ObjectReader, User } from '../request.ts';
import { nodeRules } from './bootstrap-components.ts';
import { type Follow, findResource } from './follow.ts';
import { NodeGraph } from './node-graph.ts';
import { type ReferredKind, referenceKey } from './pod-references.ts';
import { type Attributes, type Decision, ruleAllows } from './rbac.ts';

export interface NodeAuthorizerOptions {
  readonly reader: ObjectReader;
  readonly follow: Follow;
}

/** Undefined for everybody who is no node; empty for a node that does not say which. */
export function nodeNameOf({ name, groups }: User): string | undefined {
  if (!groups.includes('system:nodes')) return undefined;
  return name.startsWith(namePrefix) ? name.slice(namePrefix.length) : '';
}

const namePrefix = 'system:node:';

/** Undefined: nothing to say about this user. */
export function createNodeAuthorizer(options: NodeAuthorizerOptions) {
  let graph: NodeGraph | undefined;
  const view: View = {
    reader: options.reader,
    // Made when the first node asks: a server that starts has other things to do.
    graph: () => {
      graph ??= new NodeGraph(options.follow);
      return graph;
    },
  };
  return (user: User, attributes: Attributes): Decision | undefined => {
    const node = nodeNameOf(user);
    if (node === undefined) return undefined;
    if (node === '') return deny(`unknown node for user ${JSON.stringify(user.name)}`);
    return judge({ node, attributes, view });
  };
}

interface View {
  readonly reader: ObjectReader;
  readonly graph: () => NodeGraph;
}

interface Question {
  readonly node: string;
  readonly attributes: Attributes;
  readonly view: View;
}

const allowed: Decision = { allowed: true, reason: '' };
const deny = (reason: string): Decision => ({ allowed: false, reason });

function judge(question: Question): Decision {
  const { attributes } = question;
  const { isResource, group, resource } = attributes;
  const special = isResource && judges.get(groupResourceOf({ group, plural: resource }));
  if (special) return special(question);
  return nodeRules.some((rule) => ruleAllows(rule, attributes)) ? allowed : deny('');
}

type Judge = (question: Question) => Decision;

const judges: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ['secrets', (question) => judgeRead(question, 'secrets')],
  ['configmaps', (question) => judgeRead(question, 'configmaps')],
  ['persistentvolumeclaims', judgeClaim],
  ['persistentvolumes', judgeVolume],
  ['resourceclaims.resource.k8s.io', (question) => judgeGet(question, 'resourceclaims')],
  ['volumeattachments.storage.k8s.io', judgeAttachment],
  ['serviceaccounts', judgeAccount],
  ['leases.coordination.k8s.io', judgeLease],
  ['csinodes.storage.k8s.io', judgeCsiNode],
  ['resourceslices.resource.k8s.io', judgeSlice],
  ['nodes', judgeNode],
  ['pods', judgePod],
]);

const isRead = (verb: string) => verb === 'get' || verb === 'list' || verb === 'watch';

/** Reads of one object, also as a list or a watch of that one name. */
function judgeRead(question: Question, kind: ReferredKind): Decision {
  const { verb, subresource, namespace } = question.attributes;
  if (!isRead(verb)) return deny('can only read resources of this type');
  if (subresource) return deny('cannot read subresource');
  if (!namespace) return deny('can only read namespaced object of this type');
  return judgeReference(question, kind);
}

function judgeGet(question: Question, kind: ReferredKind): Decision {
  return refuseAllButGet(question) ?? judgeReference(question, kind);
}

function refuseAllButGet({ attributes }: Question): Decision | undefined {
  if (attributes.verb !== 'get') return deny('can only get individual resources of this type');
  return attributes.subresource ? deny('cannot get subresource') : undefined;
}

function judgeReference({ node, attributes, view }: Question, kind: ReferredKind): Decision {
  const { namespace, name } = attributes;
  if (!name) return deny('No Object name found');
  const key = referenceKey(kind, namespace, name);
  return view.graph().isNeeded(node, key) ? allowed : unrelated(node);
}

const unrelated = (node: string) =>
  deny(`no relationship found between node '${node}' and this object`);

function judgeClaim(question: Question): Decision {
  const { verb, subresource } = question.attributes;
  if (subresource !== 'status') return judgeGet(question, 'persistentvolumeclaims');
  if (verb !== 'update' && verb !== 'patch') return deny('can only get/update/patch this type');
  return judgeReference(question, 'persistentvolumeclaims');
}

function judgeVolume(question: Question): Decision {
  const { node, attributes, view } = question;
  const refusal = refuseAllButGet(question);
  if (refusal) return refusal;
  return view.graph().isMounted(node, attributes.name) ? allowed : unrelated(node);
}

function judgeAttachment(question: Question): Decision {
  const refusal = refuseAllButGet(question);
  if (refusal) return refusal;
  type Attachment = KubeObject & { spec?: { nodeName?: string } };
  const found = lookUp<Attachment>(question, 'volumeattachments.storage.k8s.io');
  return found?.spec?.nodeName === question.node ? allowed : unrelated(question.node);
}

function lookUp<T extends KubeObject>({ attributes, view }: Question, name: string) {
  const resource = findResource(name);
  return resource && (view.reader.get(resource, attributes.name) as T | undefined);
}

function judgeAccount(question: Question): Decision {
  const { verb, subresource, name } = question.attributes;
  if (verb === 'get' && !subresource) return judgeRead(question, 'serviceaccounts');
  if (verb !== 'create' || !name) {
    return deny('can only create tokens for individual service accounts');
  }
  if (subresource !== 'token') return deny('can only create token subresource of serviceaccount');
  return judgeReference(question, 'serviceaccounts');
}

const ownVerbs = new Set(['get', 'create', 'update', 'patch', 'delete']);

function judgeLease({ node, attributes }: Question): Decision {
  const { verb, namespace, name } = attributes;
  if (!ownVerbs.has(verb)) {
    return deny('can only get, create, update, patch, or delete a node lease');
  }
  if (namespace !== 'kube-node-lease') {
    return deny('can only access leases in the "kube-node-lease" system namespace');
  }
  if (verb === 'create' || name === node) return allowed;
  return deny('can only access node lease with the same name as the requesting node');
}

function judgeCsiNode({ node, attributes }: Question): Decision {
  const { verb, subresource, name } = attributes;
  if (!ownVerbs.has(verb)) return deny('can only get, create, update, patch, or delete a CSINode');
  if (subresource) return deny('cannot authorize CSINode subresources');
  if (verb === 'create' || name === node) return allowed;
  return deny('can only access CSINode with the same name as the requesting node');
}

function judgeSlice(question: Question): Decision {
  const { verb, subresource } = question.attributes;
  if (subresource) return deny('cannot authorize ResourceSlice subresources');
  if (verb === 'create') return allowed;
  if (ownVerbs.has(verb)) {
    type Slice = KubeObject & { spec?: { nodeName?: string } };
    const found = lookUp<Slice>(question, 'resourceslices.resource.k8s.io');
    return found?.spec?.nodeName === question.node ? allowed : unrelated(question.node);
  }
  if (selects(question, 'spec.nodeName')) return allowed;
  return deny('can only list/watch/deletecollection resourceslices with nodeName field selector');
}

/** Whether the field selector takes only what has this node's name in a field. */
function selects({ node, attributes }: Question, field: string): boolean {
  const text = attributes.query?.get('fieldSelector') ?? '';
  const terms = attributes.fieldTerms ?? parseFieldSelector(text);
  return terms.some((term) => term.field === field && term.isEqual && term.value === node);
}

function judgeNode({ node, attributes }: Question): Decision {
  const { verb, subresource, name } = attributes;
  const isUpdate = verb === 'update' || verb === 'patch';
  if (subresource === 'status' && isUpdate) return allowed;
  if (subresource) return deny('');
  if (verb === 'create' || isUpdate) return allowed;
  if (!isRead(verb)) return deny('');
  if (name === node) return allowed;
  const what = name ? `'${name}'` : 'all nodes';
  return deny(`node '${node}' cannot read ${what}, only its own Node object`);
}

function judgePod(question: Question): Decision {
  const { verb, subresource } = question.attributes;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : deny('');
  if (subresource === 'eviction') return verb === 'create' ? allowed : deny('');
  if (subresource) return deny('');
  if (verb === 'create' || verb === 'delete') return allowed;
  return isRead(verb) ? judgePodRead(question) : deny('');
}

function judgePodRead(question: Question): Decision {
  const { node, attributes, view } = question;
  const { verb, namespace, name } = attributes;
  if (verb !== 'get' && selects(question, 'spec.nodeName')) return allowed;
  if (!name) return deny('can only list/watch pods with spec.nodeName field selector');
  const pod = view.reader.get<Pod>(pods, name, namespace);
  return pod?.spec?.nodeName === node ? allowed : unrelated(node);
}
