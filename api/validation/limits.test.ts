import test from 'ava';
import { limitRanges, resourceQuotas } from '../resources.ts';
import { checkCases, type Loose } from './testing.ts';

const range = (...limits: Loose[]) => ({ spec: { limits } });

test(
  'limit ranges',
  checkCases(limitRanges, {
    'in order': {
      object: range({
        type: 'Container',
        min: { cpu: '1' },
        defaultRequest: { cpu: '2' },
        default: { cpu: '3' },
        max: { cpu: '4' },
      }),
      want: [],
    },
    'out of order': {
      object: range({
        type: 'Container',
        min: { cpu: '3' },
        max: { cpu: '2' },
        maxLimitRequestRatio: { cpu: '500m' },
      }),
      want: [
        'spec.limits[0].min[cpu]: Invalid value: "3": min value 3 is greater than max value 2',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": min value 3 is greater than default request value 2',
        'spec.limits[0].default[cpu]: Invalid value: "3": min value 3 is greater than default value 2',
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is greater than max/min = 0.666667',
      ],
    },
    types: {
      object: range(
        { type: 'Pod', default: { cpu: '1' } },
        { type: 'Pod', max: { gpu: '1' } },
        { type: 'Node' },
        { type: 'PersistentVolumeClaim' },
      ),
      want: [
        "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
        'spec.limits[1].type: Duplicate value: "Pod"',
        'spec.limits[1].max[gpu]: Invalid value: "gpu": must be a standard resource for containers',
        'spec.limits[2].type: Invalid value: "Node": must be a standard limit type or fully qualified',
        'spec.limits[3].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
      ],
    },
  }),
);

const quota = (spec: Loose) => ({ spec });

test(
  'resource quotas',
  checkCases(resourceQuotas, {
    names: {
      object: quota({
        hard: {
          'count/jobs.batch': '1',
          'requests.a.com/x': '1',
          'a.storageclass.storage.k8s.io/requests.storage': '1Gi',
          gpu: '1',
          pods: '1.5',
          cpu: '-1',
        },
      }),
      want: [
        'spec.hard[gpu]: Invalid value: "gpu": must be a standard resource for quota',
        'spec.hard[pods]: Invalid value: "1500m": must be an integer',
        'spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    },
    scopes: {
      object: quota({
        hard: { services: '1' },
        scopes: ['BestEffort', 'NotBestEffort', 'Sometimes'],
      }),
      want: [
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Sometimes"]: unsupported scope applied to resource',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Sometimes"]: unsupported scope applied to resource',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Sometimes"]: unsupported scope',
        'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Sometimes"]: conflicting scopes',
      ],
    },
    selectors: {
      object: quota({
        scopeSelector: {
          matchExpressions: [
            { scopeName: 'PriorityClass', operator: 'In' },
            { scopeName: 'Terminating', operator: 'NotIn', values: ['a'] },
            { scopeName: 'PriorityClass', operator: 'Near' },
          ],
        },
      }),
      want: [
        "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        `spec.scopeSelector.matchExpressions.operator: Invalid value: "NotIn": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`,
        'spec.scopeSelector.matchExpressions.operator: Invalid value: "Near": not a valid selector operator',
      ],
    },
    'other scopes': {
      old: quota({ scopes: ['Terminating'] }),
      object: quota({ scopes: [], hard: { pods: '2' } }),
      want: ['spec.scopes: Invalid value: []: field is immutable'],
    },
  }),
);
