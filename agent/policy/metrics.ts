/** What policies have dropped, for Prometheus. A chain that is written anew counts from zero. */
import { MetricRegistry } from '../../base/metrics.ts';
import type { RuleCounter } from '../../native/nftables.ts';

export function renderDrops(counters: readonly RuleCounter[]): string {
  const registry = new MetricRegistry();
  const drops = registry.counter({
    name: 'wherry_network_policy_drops_total',
    help: 'Packets that no policy of their pod allowed.',
    labels: ['namespace', 'policies', 'direction'],
  });
  for (const { chain, comment, packets } of counters) {
    const [, direction] = /^isolate-(ingress|egress)-/.exec(chain) ?? [];
    if (!direction) continue;
    const namespace = comment.split('/')[0] ?? '';
    drops.of(namespace, comment.replaceAll(`${namespace}/`, ''), direction).add(packets);
  }
  return registry.render();
}
