import test from 'ava';
import type { Resource } from '../resource.ts';
import {
  allResources,
  apiServices,
  customResourceDefinitions as definitions,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
} from '../resources.ts';
import { checkCases, draftOf, type Loose } from './testing.ts';

const hook = (more: Loose = {}) => ({
  name: 'a.example.com',
  clientConfig: { url: 'https://example.com' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
});
const hooks = (...webhooks: Loose[]) => ({ webhooks });
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const form = '; desired format: https://host[/path]';

test(
  'webhooks: names, where they are, what they are asked about',
  checkCases(validatingWebhookConfigurations, {
    one: { object: hooks(hook({ rules: [rule] })), want: [] },
    names: {
      object: hooks(hook({ name: 'a.b' }), hook(), hook()),
      want: [
        'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
        'webhooks[2].name: Duplicate value: "a.example.com"',
      ],
    },
    'nothing of what is needed': {
      object: hooks({ name: 'a.b.c', clientConfig: {} }),
      want: [
        'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
        'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
        'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
      ],
    },
    URLs: {
      object: hooks(
        hook({ clientConfig: { url: 'http://u:p@h/x?a#b' } }),
        hook({ name: 'b.b.b', clientConfig: { url: 'https:///x' } }),
      ),
      want: [
        `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme${form}`,
        'webhooks[0].clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL',
        'webhooks[0].clientConfig.url: Invalid value: "b": fragments are not permitted in the URL',
        'webhooks[0].clientConfig.url: Invalid value: "a": query parameters are not permitted in the URL',
        `webhooks[1].clientConfig.url: Invalid value: "": host must be specified${form}`,
      ],
    },
    services: {
      object: hooks(
        hook({ clientConfig: { service: { name: 'a', namespace: '', path: '/x//y', port: 0 } } }),
      ),
      want: [
        'webhooks[0].clientConfig.service.namespace: Required value: service namespace is required',
        'webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
        'webhooks[0].clientConfig.service.path: Invalid value: "/x//y": segment[1] may not be empty',
      ],
    },
    'versions, time and conditions': {
      object: hooks(
        hook({
          admissionReviewVersions: ['v9', 'v9'],
          timeoutSeconds: 31,
          matchConditions: [{ name: '', expression: ' ' }],
        }),
      ),
      want: [
        'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
        'webhooks[0].matchConditions[0].expression: Required value',
        'webhooks[0].matchConditions[0].name: Required value',
        'webhooks[0].admissionReviewVersions[1]: Invalid value: "v9": duplicate version',
        'webhooks[0].admissionReviewVersions: Invalid value: ["v9","v9"]: must include at least one of v1, v1beta1',
      ],
    },
    rules: {
      object: hooks(
        hook({
          rules: [
            {
              operations: ['*', 'GET'],
              apiGroups: [],
              apiVersions: [''],
              resources: ['pods/*', 'pods/log', '*', 'nodes'],
            },
          ],
        }),
      ),
      want: [
        `webhooks[0].rules[0].operations: Invalid value: ["*","GET"]: if '*' is present, must not specify other operations`,
        'webhooks[0].rules[0].operations[1]: Unsupported value: "GET": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
        'webhooks[0].rules[0].apiGroups: Required value',
        'webhooks[0].rules[0].apiVersions[0]: Required value',
        `webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
        `webhooks[0].rules[0].resources: Invalid value: ["pods/*","pods/log","*","nodes"]: if '*' is present, must not specify other resources without subresources`,
      ],
    },
  }),
);

test('webhooks get what they do not say', (t) => {
  const { webhooks } = draftOf(mutatingWebhookConfigurations, hooks(hook({ rules: [rule] })));
  t.like(webhooks?.[0], {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    reinvocationPolicy: 'Never',
    timeoutSeconds: 10,
    namespaceSelector: {},
    rules: [{ scope: '*' }],
  });
});

const match = { resourceRules: [rule] };
const validations = [{ expression: 'true' }];

test(
  'policies: what is checked, and of what',
  checkCases(validatingAdmissionPolicies, {
    one: { object: { spec: { matchConstraints: match, validations } }, want: [] },
    nothing: {
      object: {},
      want: [
        'spec.matchConstraints: Required value',
        'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
        'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    },
    strange: {
      object: {
        spec: {
          matchConstraints: {},
          paramKind: { apiVersion: 'a/b/c', kind: 'x.y' },
          variables: [{ name: '1', expression: '' }],
          validations: [{ expression: 'a\nb', reason: 'Mood' }],
        },
      },
      want: [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        `spec.paramKind.kind: Invalid value: "x.y": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
        'spec.variables[0].expression: Required value: expression is not specified',
        'spec.variables[0].name: Invalid value: "1": name is not a valid CEL identifier',
        'spec.matchConstraints.resourceRules: Required value',
        'spec.validations[0].message: Required value: message must be specified if expression contains line breaks',
        'spec.validations[0].reason: Unsupported value: "Mood": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"',
      ],
    },
  }),
);

test(
  'mutating policies: each change is of the form that it names',
  checkCases(mutatingAdmissionPolicies, {
    one: {
      object: {
        spec: {
          matchConstraints: match,
          mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
        },
      },
      want: [],
    },
    other: {
      object: {
        spec: {
          matchConstraints: match,
          mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'x' } }],
        },
      },
      want: [
        'spec.mutations[0].applyConfiguration: Forbidden: must not be specified when patchType is JSONPatch',
        'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
      ],
    },
    none: {
      object: { spec: { matchConstraints: match } },
      want: ['spec.mutations: Required value: mutations must contain at least one item'],
    },
  }),
);

test(
  'bindings of policies: one policy, and what follows from it',
  checkCases(validatingAdmissionPolicyBindings, {
    one: { object: { spec: { policyName: 'a', validationActions: ['Deny', 'Audit'] } }, want: [] },
    nothing: {
      object: { spec: { policyName: '', validationActions: [] } },
      want: [
        'spec.policyName: Required value',
        'spec.validationActions: Required value: at least one validation action is required',
      ],
    },
    'all at once': {
      object: { spec: { policyName: 'a', validationActions: ['Deny', 'Warn'] } },
      want: [
        'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    },
  }),
);

test(
  'bindings of policies: parameters by name or by labels',
  checkCases(mutatingAdmissionPolicyBindings, {
    both: {
      object: { spec: { policyName: 'a', paramRef: { name: 'b', selector: {} } } },
      want: [
        'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.parameterNotFoundAction: Required value',
      ],
    },
    none: {
      object: { spec: { policyName: 'a', paramRef: { parameterNotFoundAction: 'Allow' } } },
      want: ['spec.paramRef: Required value: one of name or selector must be specified'],
    },
  }),
);

const version = (more: Loose = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object' } },
  ...more,
});
const definition = (spec: Loose = {}, more: Loose = {}) => ({
  metadata: { name: 'things.example.com', ...(more.metadata as Loose) },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [version()],
    ...spec,
  },
});
const schema = (openAPIV3Schema: Loose) =>
  definition({ versions: [version({ schema: { openAPIV3Schema } })] });
const root = 'spec.versions[0].schema.openAPIV3Schema';

test(
  'definitions: names and versions',
  checkCases(definitions, {
    one: { object: definition(), want: [] },
    'another name': {
      object: definition({}, { metadata: { name: 'x.example.com' } }),
      want: [
        'metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group',
      ],
    },
    'a group of the project': {
      object: {
        ...definition({ group: 'a.k8s.io' }),
        metadata: { name: 'things.a.k8s.io' },
      },
      want: [
        'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      ],
    },
    'a list of the same name': {
      object: definition({ names: { plural: 'things', kind: 'Thing', listKind: 'Thing' } }),
      want: ['spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same'],
    },
    versions: {
      object: definition({ versions: [version(), version()] }),
      want: [
        'spec.versions: Invalid value: ["v1","v1"]: must contain unique version names',
        'spec.versions: Invalid value: ["v1","v1"]: must have exactly one version marked as storage version',
      ],
    },
    'no schema': {
      object: definition({ versions: [version({ schema: {} })] }),
      want: [`${root}: Required value: schemas are required`],
    },
    'columns and scale': {
      object: definition({
        versions: [
          version({
            additionalPrinterColumns: [{ name: 'A', type: 'object', jsonPath: 'spec' }],
            subresources: {
              scale: { specReplicasPath: '.replicas', statusReplicasPath: '.status.n' },
            },
          }),
        ],
      }),
      want: [
        'spec.versions[0].additionalPrinterColumns[0].type: Unsupported value: "object": supported values: "boolean", "date", "integer", "number", "string"',
        'spec.versions[0].additionalPrinterColumns[0].jsonPath: Invalid value: "spec": is an invalid path: must start with . or [',
        'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec',
      ],
    },
    conversion: {
      object: definition({ conversion: { strategy: 'Webhook' } }),
      want: ['spec.conversion.webhook: Required value: required when strategy is set to Webhook'],
    },
    'what stays': {
      object: definition({ names: { plural: 'things', kind: 'Other' }, scope: 'Cluster' }),
      old: {
        ...definition(),
        status: { conditions: [{ type: 'Established', status: 'True' }] },
      },
      want: [
        'spec.scope: Invalid value: "Cluster": field is immutable',
        'spec.names.kind: Invalid value: "Other": field is immutable',
      ],
    },
  }),
);

test(
  'definitions: every value has one type',
  checkCases(definitions, {
    'no type': {
      object: schema({ properties: {} }),
      want: [`${root}.type: Required value: must not be empty at the root`],
    },
    'types inside': {
      object: schema({
        type: 'object',
        properties: {
          a: {},
          b: { type: 'array' },
          c: { type: 'array', items: {} },
          d: { type: 'object', additionalProperties: { type: 'text' } },
          e: { 'x-kubernetes-int-or-string': true },
          __proto__: undefined,
        },
      }),
      want: [
        `${root}.properties[a].type: Required value: must not be empty for specified object fields`,
        `${root}.properties[b].items: Required value: must be specified`,
        `${root}.properties[c].items.type: Required value: must not be empty for specified array items`,
        `${root}.properties[d].additionalProperties.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
      ],
    },
    'what structural schemas have not': {
      object: schema({
        type: 'object',
        $ref: '#/x',
        additionalProperties: false,
        properties: { a: { type: 'array', items: { type: 'string' }, uniqueItems: true } },
      }),
      want: [
        `${root}.$ref: Forbidden: $ref is not supported`,
        `${root}.additionalProperties: Forbidden: additionalProperties cannot be set to false`,
        `${root}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
        `${root}.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      ],
    },
    lists: {
      object: schema({
        type: 'object',
        properties: {
          a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'map' },
          b: { type: 'object', 'x-kubernetes-map-type': 'x' },
        },
      }),
      want: [
        `${root}.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
        `${root}.properties[b].x-kubernetes-map-type: Unsupported value: "x": supported values: "atomic", "granular"`,
      ],
    },
  }),
);

const context = { user: { name: 'u', groups: [] }, now: 0, subresource: '' };

test('definitions remember the versions that objects may be stored in', (t) => {
  const draft = draftOf(definitions, definition());
  definitions.prepareCreate?.(draft, context);
  t.deepEqual(draft.status, { storedVersions: ['v1'] });
  const next = draftOf(
    definitions,
    definition({ versions: [version({ storage: false }), version({ name: 'v2' })] }),
  );
  next.status = draft.status;
  definitions.prepareUpdate?.(next, draft, context);
  t.deepEqual(next.status?.storedVersions, ['v1', 'v2']);
  t.like(draft.spec.names, { singular: 'thing', listKind: 'ThingList' });
});

const remote = { name: 'a', namespace: 'b' };
const apiService = (spec: Loose, name = 'v1.a.io') => ({
  metadata: { name },
  spec: { group: 'a.io', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, ...spec },
});

test(
  'apiservices: named by what they serve',
  checkCases(apiServices, {
    'a Service': { object: apiService({ service: remote, insecureSkipTLSVerify: true }), want: [] },
    'another name': {
      object: apiService({ service: remote }, 'v2.a.io'),
      want: [
        'metadata.name: Invalid value: "v2.a.io": must be `spec.version+"."+spec.group`: "v1.a.io"',
      ],
    },
    priorities: {
      object: apiService({ groupPriorityMinimum: 0, versionPriority: 1001 }),
      want: [
        'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000',
        'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
      ],
    },
    'trust at home': {
      object: apiService({ caBundle: 'YQ==', insecureSkipTLSVerify: true }),
      want: [
        'spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle',
        'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
      ],
    },
  }),
);

test('what nothing acts on yet says so', (t) => {
  const groups = ['admissionregistration.k8s.io', 'apiextensions.k8s.io'];
  for (const resource of allResources.filter(({ group }) => groups.includes(group))) {
    const told = resource.warnings?.({}, undefined) ?? [];
    t.regex(told.join(), /^the object is stored, but this server does not act on it yet: /);
  }
  const told = (object: Loose) =>
    (apiServices as Resource).warnings?.(draftOf(apiServices, object), undefined);
  t.deepEqual(told(apiService({})), []);
  t.is(told(apiService({ service: remote }))?.length, 1);
});
