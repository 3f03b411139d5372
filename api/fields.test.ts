import test from 'ava';
import { compileFieldSelector, parseFieldSelector } from './fields.ts';
import { pods } from './resources.ts';
import type { Pod } from './types/core-v1.generated.ts';

const pod: Pod = {
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [], nodeName: 'n1' },
  status: { phase: 'Running' },
};

const cases: [selector: string, matches: boolean][] = [
  ['metadata.name=web', true],
  ['metadata.namespace!=default', false],
  ['spec.nodeName==n1,status.phase!=Failed', true],
  ['spec.nodeName=', false],
];
for (const [selector, want] of cases) {
  test(`the field selector "${selector}" gives ${want}`, (t) => {
    t.is(compileFieldSelector(pods, selector)?.(pod), want);
  });
}

test('an empty field selector needs no test', (t) =>
  t.is(compileFieldSelector(pods, ''), undefined));

test('a backslash escapes commas and equals signs', (t) => {
  t.deepEqual(parseFieldSelector('a=b\\,c\\=d'), [{ field: 'a', isEqual: true, value: 'b,c=d' }]);
});

for (const selector of ['spec.foo=1', 'constructor=1', 'nonsense', 'a=b=c']) {
  test(`the field selector "${selector}" is refused`, (t) => {
    t.like(
      t.throws(() => compileFieldSelector(pods, selector)),
      { reason: 'BadRequest' },
    );
  });
}
