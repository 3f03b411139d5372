/** A pod that gets a node also gets the labels that say where the node stands. */
import type { KubeObject } from '../../api/resource.ts';
import { nodes } from '../../api/resources/node.ts';
import type { Binding, Pod } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { isFor } from './refusal.ts';

const copied: readonly string[] = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

export function createPodTopologyLabels({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    mutate(request) {
      const name = request.operation === 'CREATE' ? nodeNameIn(request) : undefined;
      // A node that is not there: what comes after says so, where it matters.
      const labels = name ? reader.get(nodes, name)?.metadata?.labels : undefined;
      const found = Object.entries(labels ?? {}).filter(([key]) => copied.includes(key));
      if (found.length === 0) return undefined;
      const object = request.object as KubeObject;
      const all = { ...object.metadata?.labels, ...Object.fromEntries(found) };
      object.metadata = { ...object.metadata, labels: all };
      return undefined;
    },
  };
}

function nodeNameIn(request: AdmissionRequest): string | undefined {
  if (isFor(request, '', 'pods')) return (request.object as Pod).spec?.nodeName;
  if (!isFor(request, '', 'pods', 'binding')) return undefined;
  const { target } = request.object as Binding;
  return target?.kind === 'Node' ? target.name : undefined;
}
