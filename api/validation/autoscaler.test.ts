import test from 'ava';
import { horizontalPodAutoscalers } from '../resources.ts';
import { checkCases, type Loose } from './testing.ts';

const scaler = (spec: Loose) => ({
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    maxReplicas: 3,
    ...spec,
  },
});
const at = 'spec.metrics[0]';
const metrics = (...list: Loose[]) => scaler({ metrics: list });

test(
  'autoscalers',
  checkCases(horizontalPodAutoscalers, {
    'nothing wrong': { object: scaler({}), want: [] },
    counts: {
      object: scaler({ minReplicas: 4, scaleTargetRef: { kind: 'A/B', name: '' } }),
      want: [
        'spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`',
        `spec.scaleTargetRef.kind: Invalid value: "A/B": may not contain '/'`,
        'spec.scaleTargetRef.name: Required value',
      ],
    },
    'to nothing': {
      object: scaler({ minReplicas: 0 }),
      want: [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    },
    'a type without its source': {
      object: metrics({
        type: 'Pods',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } },
      }),
      want: [
        `${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
        `${at}.pods: Required value: must populate information for the given metric source`,
        `${at}.resource: Forbidden: must populate the given metric source only`,
      ],
    },
    targets: {
      object: metrics(
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Much' } } },
        {
          type: 'External',
          external: {
            metric: { name: 'a/b' },
            target: { type: 'Value', value: '0', averageValue: '1' },
          },
        },
        {
          type: 'ContainerResource',
          containerResource: {
            name: 'disk',
            container: 'A',
            target: { type: 'Utilization', averageUtilization: 1, averageValue: '1' },
          },
        },
        { type: 'Other' },
      ),
      want: [
        `${at}.resource.target.type: Invalid value: "Much": must be either Utilization, Value, or AverageValue`,
        `${at}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
        `spec.metrics[1].external.metric.name: Invalid value: "a/b": may not contain '/'`,
        'spec.metrics[1].external.target.value: Invalid value: "0": must be positive',
        'spec.metrics[1].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
        'spec.metrics[2].containerResource.name: Invalid value: "disk": must be a standard resource for containers',
        `spec.metrics[2].containerResource.container: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
        'spec.metrics[2].containerResource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
        'spec.metrics[3].type: Unsupported value: "Other": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      ],
    },
    behavior: {
      object: scaler({
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 3601,
            selectPolicy: 'Any',
            policies: [{ type: 'Some', value: 0, periodSeconds: 1801 }],
          },
          scaleDown: { policies: [], tolerance: '-1' },
        },
      }),
      want: [
        'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
        'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
        'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Some": supported values: "Percent", "Pods"',
        'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
        'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy',
        'spec.behavior.scaleDown.tolerance: Invalid value: "-1": must be greater than or equal to 0',
      ],
    },
  }),
);
