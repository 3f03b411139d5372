/** Which nodes a DaemonSet runs on, and what its pod for one looks like. Pure. */
import { matchesNodeSelection } from '../../api/node-affinity.ts';
import { isTolerated } from '../../api/taints.ts';
import type { DaemonSet } from '../../api/types/apps-v1.generated.ts';
import type { Affinity, Node, Pod, Toleration } from '../../api/types/core-v1.generated.ts';
import { podOfTemplate } from '../pod-maker.ts';
import { revisionLabel } from '../revisions/plan.ts';

const generationAnnotation = 'deprecated.daemonset.template.generation';

export interface Fit {
  /** A pod should be made for it. */
  readonly shouldRun: boolean;
  /** One that is there may stay. */
  readonly mayStay: boolean;
}

export function fitOf(set: DaemonSet, node: Node): Fit {
  const spec = set.spec?.template.spec;
  const isNamed = !spec?.nodeName || spec.nodeName === node.metadata?.name;
  if (!isNamed || !matchesNodeSelection(spec, node)) return { shouldRun: false, mayStay: false };
  const tolerations = tolerationsOf(set);
  const bad = (node.spec?.taints ?? []).filter(
    (taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(tolerations, taint),
  );
  return {
    shouldRun: bad.length === 0,
    mayStay: bad.every(({ effect }) => effect !== 'NoExecute'),
  };
}

/** What a daemon bears wherever it runs: it is there to look after the node. */
const alwaysTolerated = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const onHostNetwork = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

function tolerationsOf({ spec }: DaemonSet): Toleration[] {
  const { tolerations = [], hostNetwork } = spec?.template.spec ?? {};
  const added = [...alwaysTolerated, ...(hostNetwork ? [onHostNetwork] : [])];
  const isReplaced = (own: Toleration) => added.some((each) => isSameToleration(each, own));
  return [...tolerations.filter((own) => !isReplaced(own)), ...added];
}

/** As upstream tells them apart: how many seconds does not count. */
const isSameToleration = (a: Toleration, b: Toleration): boolean =>
  a.key === b.key &&
  a.operator === (b.operator ?? 'Equal') &&
  a.effect === b.effect &&
  (b.value ?? '') === '';

/** The pod for one node, which the scheduler only has to agree to. */
export function makePod(set: DaemonSet, node: string, hash: string): Pod {
  const { metadata, spec } = podOfTemplate(set.spec?.template ?? {});
  const generation = set.metadata?.annotations?.[generationAnnotation];
  return {
    metadata: {
      ...metadata,
      labels: {
        ...metadata?.labels,
        [revisionLabel]: hash,
        ...(generation && { 'pod-template-generation': generation }),
      },
    },
    spec: { ...spec!, affinity: pinTo(node, spec?.affinity), tolerations: tolerationsOf(set) },
  };
}

/** The node is chosen already: its name takes the place of every other requirement. */
function pinTo(node: string, affinity: Affinity | undefined): Affinity {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
    },
  };
}

/** The node that a pod is on, or was made for. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const field = matchFields.find(({ key }) => key === 'metadata.name');
    if (field?.values?.length === 1) return field.values[0];
  }
  return undefined;
}
