import test from 'ava';
import { isEqual } from './equality.ts';

const cases: readonly [a: unknown, b: unknown, want: boolean][] = [
  [{ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, true],
  [{ a: undefined }, {}, true],
  [{ a: undefined }, { b: 1 }, false],
  [{ a: undefined, b: 1 }, { b: 1, c: undefined }, true],
  [{ a: null }, {}, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [[1], [1, 1], false],
  [JSON.parse('{"__proto__":{"a":1}}'), {}, false],
  [{ constructor: 1 }, { valueOf: 1 }, false],
];

for (const [a, b, want] of cases) {
  test(`isEqual of ${JSON.stringify(a)} and ${JSON.stringify(b)} is ${want}`, (t) => {
    t.is(isEqual(a, b), want);
    t.is(isEqual(b, a), want);
  });
}
