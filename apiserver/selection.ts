/** Which objects of a resource a list or watch is about. */
import { compileFieldSelector, parseFieldSelector, readerOf } from '../api/fields.ts';
import { matchesRequirements, parseLabelSelector } from '../api/labels.ts';
import type { Resource } from '../api/resource.ts';
import type { Only } from './registry/listeners.ts';
import { servedAs } from './registry/served.ts';
import type { Stored } from './registry/stored.ts';
import type { RequestInfo } from './request.ts';

export interface Selection {
  /** Of keys: a namespace with its slash, or nothing. */
  readonly prefix: string;
  /** Undefined when every object of the prefix is meant. */
  readonly test: ((stored: Stored) => boolean) | undefined;
  /** A value that all of them have: what else changes needs no test. */
  readonly only?: Only | undefined;
}

/** @throws StatusError BadRequest */
export function selectionOf(resource: Resource, info: RequestInfo): Selection {
  const { query, namespace } = info;
  const isOfNamespace = resource.namespaced && namespace !== '';
  const prefix = isOfNamespace ? `${namespace}/` : '';
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = compileFieldSelector(resource, query.get('fieldSelector') ?? '');
  // The old form of a watch names its object in the path, which is all that was asked leave for;
  // else the name is the selector's own. Across namespaces it may be that of several objects.
  const isNamed = info.verb === 'watch' && info.name !== '';
  const isPlaced = isOfNamespace || !resource.namespaced;
  const isOther = ({ key }: Stored) =>
    isPlaced ? key !== prefix + info.name : !key.endsWith(`/${info.name}`);
  if (labels.length === 0 && !fields && !isNamed) return { prefix, test: undefined };
  const matches = (stored: Stored) =>
    !(isNamed && isOther(stored)) &&
    matchesRequirements(labels, stored.object.metadata?.labels) &&
    (!fields || fields(servedAs(resource, stored).object));
  return { prefix, test: matches, only: onlyOf(resource, query.get('fieldSelector') ?? '') };
}

function onlyOf(resource: Resource, text: string): Only | undefined {
  if (resource.storedAs) return undefined; // The fields are those of what is served.
  const term = parseFieldSelector(text).find(({ isEqual }) => isEqual);
  const read = term && readerOf(resource, term.field);
  return read && { field: term.field, value: term.value, read };
}
