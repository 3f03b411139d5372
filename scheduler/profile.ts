/** What a scheduler is made of, in the order in which it asks. A plugin is one line here. */
import type { Profile } from './framework.ts';
import { nodeNameFilter, nodePortsFilter } from './plugins/node.ts';
import { nodeAffinityFilter, nodeAffinityScore } from './plugins/node-affinity.ts';
import {
  balancedAllocationScore,
  leastAllocatedScore,
  resourcesFitFilter,
} from './plugins/resources.ts';
import { taintFilter, taintScore, unschedulableFilter } from './plugins/taints.ts';

export const defaultProfile: Profile = {
  filters: [
    unschedulableFilter,
    nodeNameFilter,
    taintFilter,
    nodeAffinityFilter,
    nodePortsFilter,
    resourcesFitFilter,
  ],
  scores: [taintScore, nodeAffinityScore, leastAllocatedScore, balancedAllocationScore],
};
