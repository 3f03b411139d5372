/** The verbs of a resource that can do everything, and the subresources that many have. */
import type { Subresource, Verb } from '../resource.ts';

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

const readAndWrite: readonly Verb[] = ['get', 'patch', 'update'];

export const statusOf = (kind: string): Subresource => ({
  name: 'status',
  kind,
  verbs: readAndWrite,
});

/** HTTP of whatever answers there, by any method. */
export const proxyOf = (kind: string): Subresource => ({
  name: 'proxy',
  kind: `${kind}ProxyOptions`,
  verbs: ['create', 'delete', 'get', 'patch', 'update'],
});

export const scaleSubresource: Subresource = {
  name: 'scale',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  verbs: readAndWrite,
};
