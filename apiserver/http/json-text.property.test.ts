import test from 'ava';
import fc from 'fast-check';
import { depthMax, duplicateFields, isTooDeep } from './json-text.ts';

/** Counts by walking the parsed value: shares nothing with the scanner. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('isTooDeep agrees with the value that the text means', (t) => {
  const property = fc.property(fc.json(), fc.nat(3), (text, around) => {
    const levels = depthMax - depthOf(JSON.parse(text)) + around;
    const deep = `${'['.repeat(levels)}${text}${']'.repeat(levels)}`;
    t.is(isTooDeep(Buffer.from(deep)), around > 0);
  });
  fc.assert(property);
});

test('duplicateFields finds nothing in what JSON.stringify writes', (t) => {
  const property = fc.property(fc.jsonValue(), (value) => {
    t.deepEqual(duplicateFields(Buffer.from(JSON.stringify(value))), []);
  });
  fc.assert(property);
});

const cases: readonly [text: string, found: string[]][] = [
  ['{"a":1,"a":2}', ['a']],
  ['{"a":{"b":1,"c":2,"b":3}}', ['a.b']],
  ['{"a":[{"b":1},{"b":1,"b":2}]}', ['a[1].b']],
  ['{"a":"b","b":"a","c":["a","a"]}', []],
  ['{"a" : 1, "a" : 2, "a":3}', ['a', 'a']],
  ['{"a\\"":1,"a":2}', []],
  ['{"x":{"a":1},"y":{"a":1}}', []],
];

for (const [text, found] of cases) {
  test(`duplicateFields of ${text}`, (t) => {
    t.deepEqual(duplicateFields(Buffer.from(text)), found);
  });
}
