/** Nodes with rare devices are tainted by them; a pod that asks for one tolerates that. */

import { containersOf } from '../../api/pod-containers.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isExtendedResource } from '../../api/validation/resource-names.ts';
import type { AdmissionPlugin } from '../request.ts';
import { isFor } from './refusal.ts';

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  mutate(request) {
    const { spec } = (request.object ?? {}) as Pod;
    if (!spec || !isFor(request, '', 'pods')) return undefined;
    const names = containersOf(spec)
      .filter(({ list }) => list !== 'ephemeralContainers')
      .flatMap(({ container }) => Object.keys(container.resources?.requests ?? {}))
      .filter(isExtendedResource);
    const given = spec.tolerations ?? [];
    const missing = [...new Set(names)].sort().filter((name) => {
      return !given.some(({ key, operator, effect }) => {
        return key === name && operator === 'Exists' && !effect;
      });
    });
    if (missing.length === 0) return undefined;
    spec.tolerations = [...given, ...missing.map((key) => ({ key, operator: 'Exists' }))];
    return undefined;
  },
};
