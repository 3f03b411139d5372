/** Pods stay five minutes on a node that is not ready or not reachable, unless they say else. */
import type { Pod, Toleration } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin } from '../request.ts';
import { isFor } from './refusal.ts';

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const;
const tolerationSeconds = 300;

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate(request) {
    const { spec } = (request.object ?? {}) as Pod;
    if (!spec || !isFor(request, '', 'pods')) return undefined;
    const given = spec.tolerations ?? [];
    const missing = taints.filter((key) => !given.some((each) => isForTaint(each, key)));
    if (missing.length === 0) return undefined;
    const added = missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds,
    }));
    spec.tolerations = [...given, ...added];
    return undefined;
  },
};

/** An empty key or effect stands for all of them. */
const isForTaint = ({ key, effect }: Toleration, taint: string) =>
  (!key || key === taint) && (!effect || effect === 'NoExecute');
