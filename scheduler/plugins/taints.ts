/** Taints: NoSchedule and NoExecute keep pods away, PreferNoSchedule counts against a node. */
import { describeTaint, isTolerated, tolerates } from '../../api/taints.ts';
import type { Toleration } from '../../api/types/core-v1.generated.ts';
import type { FilterPlugin, ScorePlugin } from '../framework.ts';

const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const taintFilter: FilterPlugin = {
  name: 'TaintToleration',
  filter: ({ pod }, { taints }) => {
    const bad = taints.find(
      (taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(pod.spec?.tolerations, taint),
    );
    return bad ? [`node(s) had untolerated taint ${describeTaint(bad)}`] : [];
  },
};

export const taintScore: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  normalize: 'reverse',
  score: ({ pod }, { taints }) => {
    if (taints.length === 0) return 0;
    const soft = (pod.spec?.tolerations ?? []).filter(countsForPreference);
    return taints.filter(
      (taint) =>
        taint.effect === 'PreferNoSchedule' && !soft.some((each) => tolerates(each, taint)),
    ).length;
  },
};

/** `kubectl cordon`. The taint of the same name, if tolerated, lets a pod through. */
export const unschedulableFilter: FilterPlugin = {
  name: 'NodeUnschedulable',
  filter: ({ pod }, { node }) =>
    node.spec?.unschedulable && !isTolerated(pod.spec?.tolerations, unschedulableTaint)
      ? ['node(s) were unschedulable']
      : [],
};

const countsForPreference = ({ effect }: Toleration) => !effect || effect === 'PreferNoSchedule';
