/** The paths of a resource and what can be done at each. */
import { patchMediaTypes } from '../patch/patch.ts';
import type { Resource, Subresource, Verb } from '../resource.ts';
import { type GroupVersionKind, typeNamed, typeOfKind } from '../schema.ts';
import { type Parameter, parametersOf, pathParameter, queryParameter } from './parameters.ts';
import { type Json, patchDefinition, referenceTo } from './schemas.ts';
import { tagOf } from './tag.ts';

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Json;
  readonly responses: Json;
  readonly 'x-kubernetes-action'?: string;
  readonly 'x-kubernetes-group-version-kind'?: GroupVersionKind;
}

export type PathItem = Readonly<Record<string, Operation | readonly Parameter[]>>;

/** `root` is `/api/v1` or `/apis/GROUP/VERSION`. */
export function pathItemsOf(resource: Resource, root: string): [string, PathItem][] {
  const { plural, namespaced, kind } = resource;
  const base = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const scope = namespaced ? 'Namespaced' : '';
  const own: Target = { resource, gvk: gvkOf(resource), name: `${scope}${kind}` };
  const collection = { list: 'get', create: 'post', deletecollection: 'delete' } as const;
  const item = { get: 'get', update: 'put', patch: 'patch', delete: 'delete' } as const;
  const items: [string, PathItem][] = [
    [base, itemOf(own, collection, resource.verbs)],
    [`${base}/{name}`, itemOf(own, item, resource.verbs)],
    ...(resource.subresources ?? []).map((each): [string, PathItem] => [
      `${base}/{name}/${each.name}`,
      subresourceItem(own, each),
    ]),
  ];
  if (namespaced && resource.verbs.includes('list')) {
    const everywhere = { ...own, name: `${kind}ForAllNamespaces` };
    items.push([`${root}/${plural}`, itemOf(everywhere, { list: 'get' }, ['list'])]);
  }
  return items;
}

interface Target {
  readonly resource: Resource;
  readonly gvk: GroupVersionKind;
  /** The end of the operation's id: `NamespacedPodStatus`. */
  readonly name: string;
}

function subresourceItem(own: Target, subresource: Subresource): PathItem {
  const { name, kind, verbs } = subresource;
  const { group, version } = own.resource;
  const gvk = { group: subresource.group ?? group, version: subresource.version ?? version, kind };
  const suffix = name.charAt(0).toUpperCase() + name.slice(1);
  const target = { ...own, gvk, name: `${own.name}${suffix}` };
  // What has no type of its own is a stream: exec, attach, port-forward.
  if (!typeOfKind(gvk)) return connectItem(target, verbs);
  const methods = { get: 'get', create: 'post', update: 'put', patch: 'patch' } as const;
  return itemOf(target, methods, verbs);
}

type Methods = Partial<Record<Verb, string>>;

function itemOf(target: Target, methods: Methods, verbs: readonly Verb[]): PathItem {
  const isNamed = Object.hasOwn(methods, 'get'); // A collection is listed, an object is got.
  const entries = Object.entries(methods).filter(([verb]) => verbs.includes(verb as Verb));
  const operations = entries.map(([verb, method]) => [method, operationOf(target, verb as Verb)]);
  return { parameters: pathParameters(target, isNamed), ...Object.fromEntries(operations) };
}

function pathParameters({ resource, name }: Target, isNamed: boolean): Parameter[] {
  const isEverywhere = name.endsWith('ForAllNamespaces');
  const namespace = resource.namespaced && !isEverywhere ? [pathParameter('namespace')] : [];
  const own = isNamed ? [pathParameter('name')] : [];
  return [...own, ...namespace, queryParameter('pretty', 'string')];
}

const words: Partial<Record<Verb, string>> = {
  get: 'read',
  update: 'replace',
  deletecollection: 'deleteCollection',
};
const actions: Partial<Record<Verb, string>> = { create: 'post', update: 'put' };

function operationOf(target: Target, verb: Verb): Operation {
  const { resource, gvk, name } = target;
  const tag = tagOf(resource, true);
  const parameters = parametersOf(verb);
  const id =
    verb === 'deletecollection'
      ? `delete${tag}Collection${name}`
      : `${words[verb] ?? verb}${tag}${name}`;
  return {
    operationId: id,
    tags: [tagOf(resource, false)],
    parameters,
    ...bodyOf(verb, gvk),
    responses: responsesOf(verb, gvk),
    'x-kubernetes-action': actions[verb] ?? verb,
    'x-kubernetes-group-version-kind': gvk,
  };
}

function connectItem(target: Target, verbs: readonly Verb[]): PathItem {
  const { resource, gvk, name } = target;
  const methods = verbs.map((verb) => (verb === 'create' ? 'post' : 'get'));
  const operations = methods.map((method): [string, Operation] => {
    const word = method.charAt(0).toUpperCase() + method.slice(1);
    return [
      method,
      {
        operationId: `connect${tagOf(resource, true)}${word}${name}`,
        tags: [tagOf(resource, false)],
        responses: { 200: { description: 'OK', content: { '*/*': text } } },
        'x-kubernetes-action': 'connect',
        'x-kubernetes-group-version-kind': gvk,
      },
    ];
  });
  const parameters = [pathParameter('name'), pathParameter('namespace')];
  return { parameters, ...Object.fromEntries(operations) };
}

const text: Json = { schema: { type: 'string' } };

function bodyOf(verb: Verb, gvk: GroupVersionKind): { requestBody?: Json } {
  if (verb === 'create' || verb === 'update') {
    return { requestBody: { required: true, content: { '*/*': schemaOf(gvk) } } };
  }
  if (verb === 'patch') {
    const schema = { schema: referenceTo(patchDefinition) };
    const types = Object.values(patchMediaTypes);
    const content = Object.fromEntries(types.map((type) => [type, schema]));
    return { requestBody: { required: true, content } };
  }
  if (verb !== 'delete' && verb !== 'deletecollection') return {};
  return { requestBody: { content: { '*/*': metaSchema('DeleteOptions') } } };
}

function responsesOf(verb: Verb, gvk: GroupVersionKind): Json {
  const listed = { ...gvk, kind: `${gvk.kind}List` };
  const schema =
    verb === 'deletecollection' ? metaSchema('Status') : schemaOf(verb === 'list' ? listed : gvk);
  const types = ['application/json', 'application/yaml'];
  if (verb === 'list') types.push('application/json;stream=watch');
  const content = Object.fromEntries(types.map((type) => [type, schema]));
  const codes = { 200: 'OK', ...extraCodes[verb] };
  return Object.fromEntries(
    Object.entries(codes).map(([code, description]) => [code, { description, content }]),
  );
}

const extraCodes: Partial<Record<Verb, Record<number, string>>> = {
  create: { 201: 'Created', 202: 'Accepted' },
  update: { 201: 'Created' },
  patch: { 201: 'Created' },
  delete: { 202: 'Accepted' },
};

function schemaOf(gvk: GroupVersionKind): Json {
  const type = typeOfKind(gvk);
  if (!type) throw new Error(`the schema has no ${gvk.kind}`);
  return { schema: referenceTo(type.definition) };
}

const metaSchema = (name: string): Json => ({
  schema: referenceTo(typeNamed('meta-v1', name)?.definition ?? name),
});

const gvkOf = ({ group, version, kind }: GroupVersionKind): GroupVersionKind => ({
  group,
  version,
  kind,
});
