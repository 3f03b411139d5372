/** Which objects of a resource a list or watch is about. */
import { compileFieldSelector } from '../api/fields.ts';
import { matchesRequirements, parseLabelSelector } from '../api/labels.ts';
import type { Resource } from '../api/resource.ts';
import { servedAs } from './registry/served.ts';
import type { Stored } from './registry/stored.ts';
import type { RequestInfo } from './request.ts';

export interface Selection {
  /** Of keys: a namespace with its slash, or nothing. */
  readonly prefix: string;
  /** Undefined when every object of the prefix is meant. */
  readonly test: ((stored: Stored) => boolean) | undefined;
}

/** @throws StatusError BadRequest */
export function selectionOf(resource: Resource, { query, namespace }: RequestInfo): Selection {
  const isOfNamespace = resource.namespaced && namespace !== '';
  const prefix = isOfNamespace ? `${namespace}/` : '';
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = compileFieldSelector(resource, query.get('fieldSelector') ?? '');
  if (labels.length === 0 && !fields) return { prefix, test: undefined };
  const matches = (stored: Stored) =>
    matchesRequirements(labels, stored.object.metadata?.labels) &&
    (!fields || fields(servedAs(resource, stored).object));
  return { prefix, test: matches };
}
