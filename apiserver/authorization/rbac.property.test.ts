import test from 'ava';
import fc from 'fast-check';
import { clusterRoleBindings, clusterRoles, roleBindings } from '../../api/resources.ts';
import type { Attributes, PolicyRule } from './rbac.ts';
import { createWorld } from './testing.ts';

interface Binding {
  readonly namespace?: string;
  readonly subjects: readonly {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
  }[];
  readonly rules: readonly PolicyRule[];
}

/**
 * The twin: every binding, subject, rule, verb, group and resource in turn, by string patterns
 * instead of lists and indexes.
 */
function dumbAllows(
  bindings: readonly Binding[],
  user: { name: string; groups: string[] },
  a: Attributes,
) {
  for (const binding of bindings) {
    if (binding.namespace !== undefined && (!a.isResource || binding.namespace !== a.namespace)) {
      continue;
    }
    for (const subject of binding.subjects) {
      let applies = false;
      if (subject.kind === 'User') applies = subject.name === user.name;
      if (subject.kind === 'Group') applies = user.groups.some((each) => each === subject.name);
      if (subject.kind === 'ServiceAccount') {
        const [first, second, namespace, name] = user.name.split(':');
        applies =
          first === 'system' &&
          second === 'serviceaccount' &&
          namespace === (subject.namespace ?? binding.namespace) &&
          name === subject.name;
      }
      if (applies && binding.rules.some((rule) => dumbRule(rule, a))) return true;
    }
  }
  return false;
}

function dumbRule(rule: PolicyRule, a: Attributes): boolean {
  for (const verb of rule.verbs) {
    if (verb !== '*' && verb !== a.verb) continue;
    if (!a.isResource) {
      for (const url of rule.nonResourceURLs ?? []) {
        const pattern = url.replaceAll('/', '\\/').replace(/\*$/, '.*');
        if (new RegExp(`^${pattern}$`).test(a.path)) return true;
      }
      continue;
    }
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const names = rule.resourceNames ?? [];
        if (group !== '*' && group !== a.group) continue;
        if (names.length > 0 && !names.some((name) => name === a.name)) continue;
        if (resource === '*') return true;
        if (a.subresource === '' && resource === a.resource) return true;
        if (a.subresource === '') continue;
        const [left, right] = resource.split('/');
        if (right === a.subresource && (left === '*' || left === a.resource)) return true;
      }
    }
  }
  return false;
}

const some = <T>(...values: T[]) =>
  fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });

const rule: fc.Arbitrary<PolicyRule> = fc.record(
  {
    verbs: some('get', 'list', 'create', '*'),
    apiGroups: some('', 'apps', '*'),
    resources: some('pods', 'pods/log', '*/log', '*/scale', 'deployments', '*'),
    resourceNames: some('web', 'constructor'),
    nonResourceURLs: some('/healthz', '/api/*', '/api', '*'),
  },
  { requiredKeys: ['verbs'] },
);

const subject = fc.record(
  {
    kind: fc.constantFrom('User' as const, 'Group' as const, 'ServiceAccount' as const),
    name: fc.constantFrom('ann', 'dev', 'builder', 'system:serviceaccount:one:builder'),
    namespace: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: ['kind', 'name'] },
);

const binding: fc.Arbitrary<Binding> = fc.record(
  {
    namespace: fc.constantFrom('one', 'two'),
    subjects: fc.array(subject, { minLength: 1, maxLength: 3 }),
    rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: ['subjects', 'rules'] },
);

/** Each binding and its role as objects, put in and, in part, taken out and put in again. */
function evaluatorOf(bindings: readonly Binding[]) {
  const world = createWorld();
  bindings.forEach(({ namespace, subjects, rules }, index) => {
    const name = `b${index}`;
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    const object = { metadata: { name, ...(namespace && { namespace }) }, roleRef, subjects };
    const resource = namespace ? roleBindings : clusterRoleBindings;
    world.put(clusterRoles, { metadata: { name }, rules } as object);
    world.put(resource, object as object);
    if (index % 2 === 0) return;
    world.remove(resource, object as object);
    world.put(resource, object as object);
  });
  return (user: { name: string; groups: string[] }, attributes: Attributes) =>
    world.authorize(user, attributes).allowed;
}

const attributes: fc.Arbitrary<Attributes> = fc.record({
  isResource: fc.constantFrom(true, true, true, false),
  path: fc.constantFrom('/healthz', '/api', '/api/', '/api/v1', '/apis', '/'),
  verb: fc.constantFrom('get', 'list', 'create', 'delete'),
  group: fc.constantFrom('', 'apps'),
  resource: fc.constantFrom('pods', 'deployments'),
  subresource: fc.constantFrom('', '', 'log', 'scale'),
  namespace: fc.constantFrom('', 'one', 'two'),
  name: fc.constantFrom('', 'web', 'api'),
});

const user = fc.record({
  name: fc.constantFrom('ann', 'bob', 'dev', 'system:serviceaccount:one:builder'),
  groups: fc.uniqueArray(fc.constantFrom('dev', 'ann', 'system:authenticated')),
});

test('security A2: the evaluator decides as a dumb one does', (t) => {
  let allowed = 0;
  let denied = 0;
  const property = fc.property(
    fc.array(binding, { maxLength: 4 }),
    fc.array(fc.tuple(user, attributes), { minLength: 8, maxLength: 8 }),
    (bindings, questions) => {
      const evaluate = evaluatorOf(bindings);
      for (const [who, what] of questions) {
        const want = dumbAllows(bindings, who, what);
        if (evaluate(who, what) !== want) return false;
        if (want) allowed++;
        else denied++;
      }
      return true;
    },
  );
  fc.assert(property, { numRuns: 5_000 });
  // A property that only ever meets one answer proves nothing.
  t.true(allowed > 1_000 && denied > 1_000, `${allowed} allowed, ${denied} denied`);
});
