import test from 'ava';
import type * as v1 from '../types/autoscaling-v1.generated.ts';
import type * as v2 from '../types/autoscaling-v2.generated.ts';
import { toV1, toV2 } from './autoscaler.ts';

const metadata = { name: 'web', namespace: 'default', annotations: { own: 'x' } };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const cpu = (averageUtilization: number): v2.MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const prefix = 'autoscaling.alpha.kubernetes.io';

test('apiserver A27: the CPU target is a field of autoscaling/v1', (t) => {
  const scaler: v2.HorizontalPodAutoscaler = {
    metadata,
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 3, metrics: [cpu(60)] },
    status: {
      desiredReplicas: 2,
      currentMetrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '10m' } },
        },
      ],
    },
  };
  const old = toV1(scaler);
  t.deepEqual(old, {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...metadata,
      annotations: {
        own: 'x',
        [`${prefix}/current-metrics`]:
          '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":30,"currentAverageValue":"10m"}}]',
      },
    },
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 3, targetCPUUtilizationPercentage: 60 },
    status: { desiredReplicas: 2, currentReplicas: 0, currentCPUUtilizationPercentage: 30 },
  });
  const back = toV2(old);
  t.deepEqual(back.spec, scaler.spec);
  t.deepEqual(back.metadata, metadata);
  t.deepEqual(back.status?.currentMetrics, scaler.status?.currentMetrics);
});

test('apiserver A27: what autoscaling/v1 has no field for is in its annotations', (t) => {
  const behavior = { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } };
  const metrics: v2.MetricSpec[] = [
    {
      type: 'Pods',
      pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } },
    },
    cpu(50),
  ];
  const scaler: v2.HorizontalPodAutoscaler = {
    metadata,
    spec: { scaleTargetRef, maxReplicas: 3, metrics, behavior },
    status: { desiredReplicas: 1, conditions: [{ type: 'AbleToScale', status: 'True' }] },
  };
  const { metadata: shown, spec } = toV1(scaler);
  t.is(
    shown?.annotations?.[`${prefix}/metrics`],
    '[{"type":"Pods","pods":{"metricName":"hits","targetAverageValue":"10"}}]',
  );
  t.is(shown?.annotations?.[`${prefix}/behavior`], JSON.stringify(behavior));
  t.is(shown?.annotations?.[`${prefix}/conditions`], '[{"type":"AbleToScale","status":"True"}]');
  t.is(spec.targetCPUUtilizationPercentage, 50);
  t.deepEqual(toV2(toV1(scaler)).spec, scaler.spec);
});

const broken = ['{', '7', '[1]', '[null]', '{"a":1}', '[{"type":"Pods","pods":7}]'];
for (const text of broken) {
  test(`an annotation that says ${text} is no metric, and no failure`, (t) => {
    const annotations = { [`${prefix}/metrics`]: text, [`${prefix}/behavior`]: text };
    const old: v1.HorizontalPodAutoscaler = {
      metadata: { name: 'web', annotations },
      spec: { scaleTargetRef, maxReplicas: 1 },
    };
    const { spec, metadata: shown } = toV2(old);
    t.is(shown?.annotations, undefined);
    t.true((spec.metrics ?? []).every((metric) => metric.pods === undefined));
  });
}

test('of an annotation that nests without end only what metrics have is taken', (t) => {
  const deep = `${'{"target":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const annotations = { [`${prefix}/metrics`]: `[{"type":"Object","object":${deep}}]` };
  const { spec } = toV2({
    metadata: { name: 'web', annotations },
    spec: { scaleTargetRef, maxReplicas: 1 },
  });
  t.true(JSON.stringify(spec).length < 300);
});
