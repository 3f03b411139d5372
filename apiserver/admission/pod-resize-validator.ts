/** A pod cannot grow beyond what its node has at all; why wait for the agent to say so. */

import { podAmounts } from '../../api/pod-resources.ts';
import { parseQuantity, quantityMilli, quantityValue } from '../../api/quantity.ts';
import { nodes } from '../../api/resources/node.ts';
import type { Node, Pod, PodSpec } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { isEqual } from '../write/equality.ts';
import { forbidden, isFor } from './refusal.ts';

export function createPodResizeValidator({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    validate(request) {
      if (request.operation !== 'UPDATE' || !isFor(request, '', 'pods', 'resize')) return undefined;
      const { spec } = request.object as Pod;
      if (!spec?.nodeName || isEqual(spec, (request.old as Pod).spec)) return undefined;
      const node = reader.get(nodes, spec.nodeName);
      if (!node) throw forbidden(request, `node ${JSON.stringify(spec.nodeName)} not found`);
      const lacking = findLacking(spec, node);
      if (lacking.length > 0) {
        const what = lacking.join('; ');
        const why = `Node didn't have enough allocatable resources: ${what}`;
        // Autoscalers look for the cause.
        throw forbidden(request, why, [{ reason: 'NodeCapacity', message: '' }]);
      }
      const os = node.metadata?.labels?.['kubernetes.io/os'] ?? '';
      if (os !== 'linux') {
        const [name, value] = [spec.nodeName, os].map((each) => JSON.stringify(each));
        const why = `pod resize is only supported on linux nodes, node ${name} is ${value}`;
        throw forbidden(request, why, [{ reason: 'UnsupportedPlatform', message: '' }]);
      }
      return undefined;
    },
  };
}

function findLacking(spec: PodSpec, { status }: Node): string[] {
  const requests = podAmounts(spec, 'requests');
  const units = [
    ['cpu', quantityMilli],
    ['memory', quantityValue],
  ] as const;
  return units.flatMap(([name, inUnits]) => {
    const allocatable = status?.allocatable?.[name] ?? '0';
    const requested = requests.get(name)?.nano ?? 0n;
    if (requested <= parseQuantity(allocatable).nano) return [];
    const asked = inUnits(`${requested}n`);
    return [`${name}, requested: ${asked}, allocatable: ${inUnits(allocatable)}`];
  });
}
