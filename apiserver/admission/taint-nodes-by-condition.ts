/** A new node gets no pods until the node lifecycle controller has seen that it is ready. */
import type { Node } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin } from '../request.ts';
import { isFor } from './refusal.ts';

const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const;

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate(request) {
    if (request.operation !== 'CREATE' || !isFor(request, '', 'nodes')) return undefined;
    const node = request.object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) {
      return undefined;
    }
    node.spec = { ...node.spec, taints: [...taints, { ...taint }] };
    return undefined;
  },
};
