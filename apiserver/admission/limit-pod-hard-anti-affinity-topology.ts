/** A pod may keep others off its node, but not off a whole zone. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin } from '../request.ts';
import { forbidden, isFor } from './refusal.ts';

const allowed = 'kubernetes.io/hostname';

export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  validate(request) {
    if (!request.object || !isFor(request, '', 'pods')) return undefined;
    const { affinity } = (request.object as Pod).spec ?? {};
    const terms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const wrong = terms.find(({ topologyKey }) => topologyKey !== allowed);
    if (!wrong) return undefined;
    throw forbidden(
      request,
      'affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ' +
        `${wrong.topologyKey} but only key ${allowed} is allowed`,
    );
  },
};
