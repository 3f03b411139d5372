/** Tables, which `kubectl get` prints as they are, and objects without all but their metadata. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { badRequest } from '../errors.ts';

export type Include = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly metadata: object; // Of the list.
  readonly include: Include;
  readonly now: number;
  /** A watch sends the definitions only with its first table. */
  readonly withoutColumns?: boolean;
}

/** @throws StatusError BadRequest */
export function includeOf(query: URLSearchParams): Include {
  const wanted = query.get('includeObject') || 'Metadata';
  if (wanted === 'None' || wanted === 'Metadata' || wanted === 'Object') return wanted;
  throw badRequest(`unrecognized includeObject value: "${wanted}"`);
}

export function renderTable(
  resource: Resource,
  objects: readonly KubeObject[],
  { metadata, include, now, withoutColumns = false }: TableOptions,
) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withoutColumns ? [] : columnsOf(resource),
    rows: objects.map((object) => rowOf(resource, object, { include, now })),
  };
}

export function columnsOf({ columns }: Resource) {
  return columns.map(({ name, type, format = '', description, priority }) => {
    return { name, type, format, description, priority };
  });
}

export const rowOf = (
  { columns }: Resource,
  object: KubeObject,
  { include, now }: { readonly include: Include; readonly now: number },
) => ({
  cells: columns.map(({ cell }) => cell(object, now)),
  ...(include !== 'None' && { object: include === 'Metadata' ? toPartial(object) : object }),
});

export const toPartial = ({ metadata }: KubeObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});
