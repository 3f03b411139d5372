/** From what a request asks for to the verb that does it. */
import { apiVersionOf, groupResourceOf, type Resource, type Subresource } from '../api/resource.ts';
import type { Verb } from './call.ts';
import { methodNotAllowed, noSuchResource } from './errors.ts';
import type { RequestInfo } from './request.ts';
import { bind } from './subresources/binding.ts';
import { evict } from './subresources/eviction.ts';
import { getScale, patchScale, updateScale } from './subresources/scale.ts';
import { create } from './verbs/create.ts';
import { deleteCollection, deleteOne } from './verbs/delete.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { patch, patchPart, patchStatus } from './verbs/patch.ts';
import { finalize, update, updatePart, updateStatus } from './verbs/update.ts';
import { watch } from './verbs/watch.ts';
import type { Part } from './write/parts.ts';

type Verbs = ReadonlyMap<string, Verb>;

export interface Route {
  readonly resource: Resource;
  readonly subresource: Subresource | undefined;
}

const objectVerbs: Verbs = new Map(
  Object.entries({
    get,
    list,
    watch,
    create,
    update,
    patch,
    delete: deleteOne,
    deletecollection: deleteCollection,
  }),
);

/** Those that every resource has alike; `pods/log` and its like are handed over: see server.ts. */
const subresourceVerbs: ReadonlyMap<string, Verbs> = new Map([
  ['status', verbs({ get, update: updateStatus, patch: patchStatus })],
  // Of certificate signing requests: their declaration says what of the status it may change.
  ['approval', verbs({ get, update: updateStatus, patch: patchStatus })],
  ['scale', verbs({ get: getScale, update: updateScale, patch: patchScale })],
  ['finalize', verbs({ update: finalize })],
  ['binding', verbs({ create: bind })],
  ['eviction', verbs({ create: evict })],
  ['ephemeralcontainers', verbsOfPart('ephemeralcontainers')],
  ['resize', verbsOfPart('resize')],
]);

/** What is asked by creating an object that is kept nowhere. */
const askingVerbs: ReadonlyMap<string, Verbs> = new Map([['bindings', verbs({ create: bind })]]);

export class Router {
  readonly #resources = new Map<string, Resource>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      this.#resources.set(`${apiVersionOf(resource)}/${resource.plural}`, resource);
    }
  }

  /** @throws StatusError NotFound */
  find(info: RequestInfo): Route {
    const resource = this.#resources.get(`${apiVersionOf(info)}/${info.resource}`);
    if (!resource) throw noSuchResource();
    // Only a namespace itself is both: whoever may do something inside one may not thereby do it
    // to what belongs to none.
    const isItself = resource.plural === 'namespaces' && info.name === info.namespace;
    if (info.namespace !== '' && !resource.namespaced && !isItself) throw noSuchResource();
    if (info.subresource === '') return { resource, subresource: undefined };
    const subresource = resource.subresources?.find(({ name }) => name === info.subresource);
    if (!subresource) throw noSuchResource();
    return { resource, subresource };
  }

  /** @throws StatusError MethodNotAllowed */
  verbOf({ resource, subresource }: Route, info: RequestInfo): Verb {
    const allowed: readonly string[] = (subresource ?? resource).verbs;
    if (!allowed.includes(info.verb)) throw methodNotAllowed();
    // Everything of a namespaced resource but lists and watches names its namespace.
    const isAcross = info.verb === 'list' || info.verb === 'watch';
    if (resource.namespaced && info.namespace === '' && !isAcross) throw methodNotAllowed();
    // New objects have their names inside; all else that is done to one names it in the path.
    const isOnName = info.verb === 'update' || info.verb === 'patch';
    const isOnCollection = info.verb === 'create' && !subresource;
    if ((isOnName && info.name === '') || (isOnCollection && info.name !== '')) {
      throw methodNotAllowed();
    }
    const table = subresource
      ? subresourceVerbs.get(subresource.name)
      : (askingVerbs.get(groupResourceOf(resource)) ?? objectVerbs);
    const verb = table?.get(info.verb);
    if (!verb) throw methodNotAllowed();
    return verb;
  }
}

function verbsOfPart(part: Part): Verbs {
  return verbs({ get, update: updatePart(part), patch: patchPart(part) });
}

function verbs(table: Record<string, Verb>): Verbs {
  return new Map(Object.entries(table));
}
