import test from 'ava';
import fc from 'fast-check';
import { type PolicyRule, ruleAllows } from './rbac.ts';
import { uncovered } from './rule-cover.ts';

const some = <T>(...values: T[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });

const rule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record(
    {
      verbs: some('get', 'list', '*'),
      apiGroups: some('', 'apps', '*'),
      resources: some('pods', 'pods/log', '*/log', '*'),
      resourceNames: some('web', 'api'),
    },
    { requiredKeys: ['verbs', 'apiGroups', 'resources'] },
  ),
  fc.record({ verbs: some('get', 'post', '*'), nonResourceURLs: some('/a', '/a/*', '/a/b', '*') }),
);
const rules = fc.array(rule, { minLength: 1, maxLength: 3 });

/** Each request of a small world. Names that no rule knows stand for all the others. */
const requests = ['', 'apps', 'other'].flatMap((group) =>
  ['get', 'list', 'other'].flatMap((verb) =>
    ['pods', 'pods/log', 'x', 'x/log'].flatMap((path) =>
      ['', 'web', 'other'].map((name) => {
        const [resource = '', subresource = ''] = path.split('/');
        return {
          ...{ isResource: true, path: '', namespace: '' },
          ...{ group, verb, resource, subresource, name },
        };
      }),
    ),
  ),
);
const visits = ['/a', '/a/', '/a/b', '/a/b/c', '/other'].flatMap((path) =>
  ['get', 'post', 'other'].map((verb) => ({
    ...{ isResource: false, path, verb },
    ...{ group: '', resource: '', subresource: '', namespace: '', name: '' },
  })),
);

test('security A2: what is covered allows nothing that is not allowed already', (t) => {
  let covered = 0;
  fc.assert(
    fc.property(rules, rules, (held, wanted) => {
      if (uncovered(held, wanted).length > 0) return true;
      covered++;
      const allows = (list: readonly PolicyRule[]) => (asked: (typeof requests)[number]) =>
        list.some((each) => ruleAllows(each, asked));
      return [...requests, ...visits].filter(allows(wanted)).every(allows(held));
    }),
    { numRuns: 20_000 },
  );
  t.true(covered > 500, `${covered} covered`);
});

test('apiserver A102: rules cover themselves', (t) => {
  fc.assert(fc.property(rules, (held) => uncovered(held, held).length === 0));
  t.pass();
});
