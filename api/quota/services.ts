/** What a Service counts for. Pure. */

import type { Amounts } from '../pod-resources.ts';
import type { Service } from '../types/core-v1.generated.ts';
import { one, whole, zero } from './amounts.ts';
import type { Evaluator } from './evaluators.ts';

const names: readonly string[] = [
  'count/services',
  'services',
  'services.loadbalancers',
  'services.nodeports',
];

export const servicesEvaluator: Evaluator = {
  counts: (name) => names.includes(name),

  usage(object): Amounts {
    const { spec } = object as Service;
    const isBalancer = spec?.type === 'LoadBalancer';
    return new Map([
      ['count/services', one],
      ['services', one],
      ['services.loadbalancers', isBalancer ? one : zero],
      ['services.nodeports', whole(nodePortsOf(spec ?? {}))],
    ]);
  },

  handles: ({ operation, info }) =>
    (operation === 'CREATE' || operation === 'UPDATE') && info.subresource === '',
};

/** Those that the Service has or is about to be given. */
function nodePortsOf({ type, ports = [], allocateLoadBalancerNodePorts }: Service['spec'] & {}) {
  if (type === 'NodePort') return ports.length;
  if (type !== 'LoadBalancer') return 0;
  if (allocateLoadBalancerNodePorts !== false) return ports.length;
  return ports.filter(({ nodePort }) => nodePort).length;
}
