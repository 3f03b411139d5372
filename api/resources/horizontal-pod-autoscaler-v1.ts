import { toV1, toV2 } from '../conversion/autoscaler.ts';
import type { KubeObject, Resource } from '../resource.ts';
import type { HorizontalPodAutoscaler } from '../types/autoscaling-v1.generated.ts';
import type * as v2 from '../types/autoscaling-v2.generated.ts';
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts';

/** The old version: one field for CPU, everything else in annotations. */
export const horizontalPodAutoscalersV1: Resource<HorizontalPodAutoscaler> = {
  ...(horizontalPodAutoscalers as unknown as Resource<HorizontalPodAutoscaler>),
  version: 'v1',
  storedAs: {
    resource: horizontalPodAutoscalers as unknown as Resource,
    to: toV2,
    from: (stored: KubeObject) => toV1(stored as v2.HorizontalPodAutoscaler),
  },
  columns: horizontalPodAutoscalers.columns.map((column) => ({
    ...column,
    cell: (scaler, now) => column.cell(toV2(scaler), now),
  })),
  applyDefaults: ({ spec }) => {
    if (spec) spec.minReplicas ??= 1;
  },
  validate: () => [], // The stored form's rules are all there are.
};
