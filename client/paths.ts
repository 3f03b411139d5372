/** Where things are on the server. Pure. */
import type { KubeObject, Resource } from '../api/resource.ts';
import { StatusError } from '../base/errors.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** `/api/v1/namespaces/default/pods`, or all namespaces' when none is given. */
export function collectionPath<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string | undefined,
): string {
  const { group, version, plural, namespaced } = resource;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const middle = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${middle}/${plural}`;
}

/** `/apis/apps/v1/namespaces/default/deployments/web/status`. */
export function objectPath<T extends KubeObject>(
  resource: Resource<T>,
  target: { readonly name: string | undefined; readonly namespace?: string | undefined },
  subresource?: string,
): string {
  const { name, namespace } = target;
  if (!name) throw new StatusError('BadRequest', `${resource.plural}: a name is required`);
  requireNamespace(resource, namespace);
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** Reads may span namespaces, everything that names or makes an object may not. */
export function requireNamespace<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string | undefined,
): void {
  if (!resource.namespaced || namespace) return;
  throw new StatusError('BadRequest', `${resource.plural}: a namespace is required`);
}

/** `?a=1&b=x`; undefined and false values are left out. */
export function queryOf(query: Query): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== false && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}
