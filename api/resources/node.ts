import { ageColumn, column, nameColumn, none, wideColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { Node } from '../types/core-v1.generated.ts';
import { validateNode } from '../validation/node.ts';
import { allVerbs, proxyOf, statusOf } from './verbs.ts';

export const nodes: Resource<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  verbs: allVerbs,
  subresources: [proxyOf('Node'), statusOf('Node')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Status', 'Whether the node is ready, and takes new pods.', statusCell),
    column('Roles', 'From the labels node-role.kubernetes.io/ROLE.', rolesCell),
    ageColumn,
    column('Version', 'Version of its agent.', ({ status }) => {
      return status?.nodeInfo?.kubeletVersion ?? '';
    }),
    wideColumn('Internal-IP', 'Address inside the cluster.', (node) => {
      return addressOf(node, 'InternalIP');
    }),
    wideColumn('External-IP', 'Address outside the cluster.', (node) => {
      return addressOf(node, 'ExternalIP');
    }),
    wideColumn('OS-Image', 'Operating system.', ({ status }) => {
      return status?.nodeInfo?.osImage || '<unknown>';
    }),
    wideColumn('Kernel-Version', 'Version of its kernel.', ({ status }) => {
      return status?.nodeInfo?.kernelVersion || '<unknown>';
    }),
    wideColumn('Container-Runtime', 'What runs its containers.', ({ status }) => {
      return status?.nodeInfo?.containerRuntimeVersion || '<unknown>';
    }),
  ],
  fields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  applyDefaults: (draft) => {
    draft.spec ??= {};
    draft.status ??= {};
    const { spec, status } = draft;
    if (spec.podCIDRs?.[0] !== undefined) spec.podCIDR ??= spec.podCIDRs[0];
    else if (spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
    if (status.capacity) status.allocatable ??= { ...status.capacity };
  },
  validate: validateNode,
  warnings: ({ spec }) => [
    ...(spec?.configSource
      ? ['spec.configSource: the feature was removed in v1.26; this field is ignored']
      : []),
    ...(spec?.externalID
      ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes']
      : []),
  ],
};

function statusCell({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

function rolesCell({ metadata }: Node): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key.length > prefix.length) return [key.slice(prefix.length)];
    return key === 'kubernetes.io/role' && value ? [value] : [];
  });
  return [...new Set(roles)].sort().join(',') || none;
}

const addressOf = ({ status }: Node, type: string) =>
  status?.addresses?.find((each) => each.type === type)?.address ?? none;
