/**
 * ClusterRoles that gather the rules of others: the server writes the gathered rules into them, so
 * that they count, and can be read, like those of any other role.
 */
import { matchesLabelSelector } from '../../api/labels.ts';
import type { ClusterRole, PolicyRule } from '../../api/types/rbac-v1.generated.ts';
import { isEqual } from '../write/equality.ts';

export interface Gathered {
  readonly name: string;
  readonly rules: PolicyRule[];
}

/** The roles whose rules are not those that they should have gathered. Pure. */
export function planAggregates(roles: readonly ClusterRole[]): Gathered[] {
  const sorted = [...roles].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return sorted.flatMap((role) => {
    const { aggregationRule } = role;
    if (!aggregationRule) return [];
    const rules = new Map<string, PolicyRule>();
    for (const selector of aggregationRule.clusterRoleSelectors ?? []) {
      for (const other of sorted) {
        if (other === role || !matchesLabelSelector(selector, other.metadata?.labels)) continue;
        for (const rule of other.rules ?? []) rules.set(JSON.stringify(rule), rule);
      }
    }
    const wanted = [...rules.values()];
    return isEqual(role.rules ?? [], wanted) ? [] : [{ name: nameOf(role), rules: wanted }];
  });
}

const nameOf = ({ metadata }: ClusterRole) => metadata?.name ?? '';

export interface AggregationDeps {
  readonly list: () => readonly ClusterRole[];
  /** Writes the rules; may fail when somebody else writes, who then wakes us again. */
  readonly write: (gathered: Gathered) => Promise<void>;
}

/** Writes until nothing differs any more: one may gather from another that gathers. */
export async function settleAggregates({ list, write }: AggregationDeps): Promise<void> {
  for (let round = 0; round < roundsMax; round++) {
    const plan = planAggregates(list());
    if (plan.length === 0) return;
    await Promise.all(plan.map(write));
  }
}

/** Two that gather each other settle in as many rounds; more is a circle that grows no more. */
const roundsMax = 16;
