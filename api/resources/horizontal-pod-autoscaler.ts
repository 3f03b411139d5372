import { ageColumn, column, countColumn, nameColumn } from '../columns.ts';
import { defaultAutoscaler } from '../defaults/autoscaler.ts';
import type { Resource } from '../resource.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../types/autoscaling-v2.generated.ts';
import { validateAutoscaler } from '../validation/autoscaler.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const horizontalPodAutoscalers: Resource<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('HorizontalPodAutoscaler')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Reference', 'What it scales.', ({ spec }) => {
      return `${spec?.scaleTargetRef?.kind ?? ''}/${spec?.scaleTargetRef?.name ?? ''}`;
    }),
    column('Targets', 'What it measures, and what that should be.', targetsCell),
    column('MinPods', 'No fewer pods.', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    countColumn('MaxPods', 'No more pods.', ({ spec }) => spec?.maxReplicas ?? 0),
    countColumn('Replicas', 'Pods now.', ({ status }) => status?.currentReplicas ?? 0),
    ageColumn,
  ],
  applyDefaults: defaultAutoscaler,
  validate: validateAutoscaler,
  prepareCreate: (draft) => {
    draft.status = { desiredReplicas: 0 };
  },
};

const shownMax = 2;

/** `cpu: 30%/80%, 10/20 (avg) + 1 more...` */
function targetsCell({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const cells = metrics.map((metric, index) => metricCell(metric, status?.currentMetrics?.[index]));
  const shown = cells.slice(0, shownMax).join(', ');
  return cells.length > shownMax ? `${shown} + ${cells.length - shownMax} more...` : shown;
}

function metricCell(metric: MetricSpec, status: MetricStatus | undefined): string {
  const { object, external, pods, resource, containerResource } = metric;
  if (metric.type === 'Pods') return amounts(pods?.target, status?.pods?.current, 'averageValue');
  if (metric.type === 'Object') return total(object?.target, status?.object?.current);
  if (metric.type === 'External') return total(external?.target, status?.external?.current);
  if (metric.type === 'Resource') {
    return `${resource?.name}: ${usage(resource?.target, status?.resource?.current)}`;
  }
  if (metric.type !== 'ContainerResource') return '<unknown type>';
  const current = status?.containerResource?.current;
  return `${containerResource?.name}: ${usage(containerResource?.target, current)}`;
}

type Current = MetricValueStatus | undefined;

function total(target: MetricTarget | undefined, current: Current): string {
  if (target?.averageValue === undefined) return amounts(target, current, 'value');
  return `${amounts(target, current, 'averageValue')} (avg)`;
}

function usage(target: MetricTarget | undefined, current: Current): string {
  if (target?.averageValue !== undefined) return amounts(target, current, 'averageValue');
  const share = (value: number | undefined, unknown: string) =>
    value === undefined ? unknown : `${value}%`;
  const now = share(current?.averageUtilization, '<unknown>');
  return `${now}/${share(target?.averageUtilization, '<auto>')}`;
}

const amounts = (
  target: MetricTarget | undefined,
  current: Current,
  field: 'value' | 'averageValue',
): string => `${current?.[field] ?? '<unknown>'}/${target?.[field] ?? ''}`;
