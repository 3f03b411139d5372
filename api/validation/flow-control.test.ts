import test from 'ava';
import { flowSchemas, priorityLevelConfigurations as levels } from '../resources.ts';
import { checkCases, draftOf, type Loose } from './testing.ts';

const subjects = [{ kind: 'User', user: { name: 'a' } }];
const resourceRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] };
const schema = (spec: Loose) => ({
  spec: { priorityLevelConfiguration: { name: 'a' }, matchingPrecedence: 10, ...spec },
});
const rules = (...list: Loose[]) => schema({ rules: list });

test(
  'flowschemas: which requests have which priority',
  checkCases(flowSchemas, {
    one: { object: rules({ subjects, resourceRules: [resourceRule] }), want: [] },
    numbers: {
      object: schema({ matchingPrecedence: 10_001, distinguisherMethod: { type: 'ByMood' } }),
      want: [
        'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
        'spec.distinguisherMethod.type: Unsupported value: "ByMood": supported values: "ByNamespace", "ByUser"',
      ],
    },
    'the first': {
      object: schema({ matchingPrecedence: 1 }),
      want: [
        "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      ],
    },
    'an empty rule': {
      object: rules({ subjects: [] }),
      want: [
        'spec.rules[0].subjects: Required value: subjects must contain at least one value',
        'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
      ],
    },
    subjects: {
      object: rules({
        subjects: [{ kind: 'User', group: { name: 'a' } }, { kind: 'Pod' }],
        resourceRules: [resourceRule],
      }),
      want: [
        "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
        "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
        'spec.rules[0].subjects[1].kind: Unsupported value: "Pod": supported values: "Group", "ServiceAccount", "User"',
      ],
    },
    'rules on resources': {
      object: rules({
        subjects,
        resourceRules: [{ verbs: ['*', 'get'], apiGroups: [], resources: ['*', 'a'] }],
      }),
      want: [
        `spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
        'spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group',
        `spec.rules[0].resourceRules[0].resources: Invalid value: ["*","a"]: if '*' is present, must not specify other resources`,
        'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
      ],
    },
    'rules on URLs': {
      object: rules({
        subjects,
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['a', '/a*b'] }],
      }),
      want: [
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*b": wildcard can only do suffix matching',
      ],
    },
  }),
);

const limited = (limitResponse: Loose, more: Loose = {}) => ({
  spec: { type: 'Limited', limited: { limitResponse, ...more } },
});

test(
  'prioritylevelconfigurations: limits and queues',
  checkCases(levels, {
    'no queue': { object: limited({ type: 'Reject' }), want: [] },
    queues: { object: limited({ type: 'Queue', queuing: {} }), want: [] },
    'no limit': {
      object: { spec: { type: 'Exempt', exempt: {} } },
      want: [
        "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
      ],
    },
    nothing: {
      object: { spec: { type: 'Limited' } },
      want: ['spec.limited: Required value: must not be empty when type is Limited'],
    },
    numbers: {
      object: limited(
        { type: 'Queue', queuing: { queues: 2, handSize: 3 } },
        { nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 },
      ),
      want: [
        'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
        'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
        'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 3: should not be greater than queues (2)',
      ],
    },
    'queues that are not used': {
      object: limited({ type: 'Reject', queuing: {} }),
      want: [
        'spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited',
      ],
    },
  }),
);

test('levels and schemas get what they do not say', (t) => {
  t.is(draftOf(flowSchemas, { spec: {} }).spec?.matchingPrecedence, 1000);
  t.deepEqual(draftOf(levels, limited({ type: 'Queue', queuing: {} })).spec?.limited, {
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
    limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
  });
});
