/** The name of an object within its resource: `namespace/name`, or `name` where there is none. */
import type { KubeObject } from '../api/resource.ts';

export function keyOf({ metadata }: KubeObject): string {
  const name = metadata?.name ?? '';
  return metadata?.namespace ? `${metadata.namespace}/${name}` : name;
}

/** The other way round; `namespace` is undefined for a cluster-wide object's key. */
export function splitKey(key: string): { readonly namespace?: string; readonly name: string } {
  const slash = key.indexOf('/');
  if (slash < 0) return { name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
