import test from 'ava';
import fc from 'fast-check';
import {
  countOf,
  countShared,
  firstOutside,
  formatIndexes,
  hasIndex,
  parseIndexes,
  unionOf,
  withIndexes,
} from './indexes.ts';

const some = fc.uniqueArray(fc.nat(40), { maxLength: 30 });

test('intervals are what a plain set of numbers is', (t) => {
  fc.assert(
    fc.property(some, some, fc.nat(10), (a, b, count) => {
      const [left, right] = [withIndexes([], a), withIndexes([], b)];
      t.is(countOf(left), a.length);
      t.is(countOf(unionOf(left, right)), new Set([...a, ...b]).size);
      t.is(countShared(left, right), a.filter((index) => b.includes(index)).length);
      t.deepEqual(parseIndexes(formatIndexes(left), 41), left);
      for (let index = 0; index < 42; index++) t.is(hasIndex(left, index), a.includes(index));
      const free = Array.from({ length: 41 }, (_, index) => index).filter((i) => !a.includes(i));
      t.deepEqual(firstOutside(left, count, 41), free.slice(0, count));
    }),
  );
  t.pass();
});
