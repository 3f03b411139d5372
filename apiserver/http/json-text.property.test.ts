import test from 'ava';
import fc from 'fast-check';
import { depthMax, fieldProblems, refuseJson, refuseValue, valuesMax } from './json-text.ts';

/** Counts by walking the parsed value: shares nothing with the scanner. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('refuseJson agrees with the value that the text means', (t) => {
  const property = fc.property(fc.json(), fc.nat(3), (text, around) => {
    const levels = depthMax - depthOf(JSON.parse(text)) + around;
    const deep = `${'['.repeat(levels)}${text}${']'.repeat(levels)}`;
    t.is(refuseJson(Buffer.from(deep)) !== undefined, around > 0);
  });
  fc.assert(property);
});

test('refuseJson counts values, and what looks like them in strings it does not', (t) => {
  const many = (count: number, inner: unknown = 0) => {
    return Buffer.from(JSON.stringify(Array(count).fill(inner)));
  };
  t.is(refuseJson(many(12_000)), undefined);
  t.regex(refuseJson(many(12_001))!, /a list with more than 12000 entries/);
  t.is(refuseJson(many(9_999, Array(10).fill(0))), undefined);
  t.regex(refuseJson(many(9_999, Array(11).fill(0)))!, /more than 100000 values/);
  t.is(refuseJson(Buffer.from(JSON.stringify(','.repeat(2 * valuesMax)))), undefined);
});

test('refuseValue counts the entries of each object and list', (t) => {
  t.is(refuseValue({ a: [Array(12_000).fill(0)], b: 'x'.repeat(20_000), c: null }), undefined);
  t.regex(refuseValue({ a: [{ b: Array(12_001).fill(0) }] })!, /more than 12000 entries/);
});

test('fieldProblems finds nothing in what JSON.stringify writes', (t) => {
  const property = fc.property(fc.jsonValue(), (value) => {
    t.deepEqual(fieldProblems(Buffer.from(JSON.stringify(value)), []), []);
  });
  fc.assert(property);
});

const cases: readonly [text: string, found: string[]][] = [
  ['{"a":1,"a":2}', ['a']],
  ['{"a":{"b":1,"c":2,"b":3}}', ['a.b']],
  ['{"a":[{"b":1},{"b":1,"b":2}]}', ['a[1].b']],
  ['{"a":"b","b":"a","c":["a","a"]}', []],
  ['{"a" : 1, "a" : 2, "a":3}', ['a']],
  ['{"a\\"":1,"a":2}', []],
  ['{"\\u0061":1,"a":2}', ['a']],
  ['{"x":{"a":1},"y":{"a":1}}', []],
];

for (const [text, found] of cases) {
  test(`fieldProblems of ${text}`, (t) => {
    const problems = found.map((path) => `duplicate field "${path}"`);
    t.deepEqual(fieldProblems(Buffer.from(text), []), problems);
  });
}

test('fieldProblems tells unknown and duplicate fields in the order of the text', (t) => {
  const text = '{"x":1,"a":{"b":1,"b":2,"y":[]},"x":2,"a":3,"z":0}';
  t.deepEqual(fieldProblems(Buffer.from(text), ['a.y', 'x', 'z']), [
    'unknown field "x"',
    'duplicate field "a.b"',
    'unknown field "a.y"',
    'duplicate field "a"',
    'unknown field "z"',
  ]);
});
