import test from 'ava';
import fc from 'fast-check';
import {
  differenceOf,
  type FieldSet,
  intersectionOf,
  leaf,
  pathsOf,
  unionOf,
} from './field-set.ts';

/** The obvious twin: a set of paths as texts. */
const paths = fc.uniqueArray(
  fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"x":1}', 'v:"."'), { minLength: 1, maxLength: 4 }),
  { selector: (path) => path.join(' '), maxLength: 12 },
);

function setOf(list: readonly string[][]): FieldSet {
  return list.reduce<FieldSet>((set, path) => {
    const one = path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), leaf);
    return unionOf(set, one);
  }, {});
}

const texts = (list: readonly string[][]) => list.map((path) => path.join(' ')).sort();
const textsOf = (set: FieldSet) => texts(pathsOf(set));

test('sets do as sets of paths do', (t) => {
  fc.assert(
    fc.property(paths, paths, (first, second) => {
      const [a, b] = [setOf(first), setOf(second)];
      const [left, right] = [new Set(texts(first)), new Set(texts(second))];
      t.deepEqual(textsOf(a), [...left].sort());
      t.deepEqual(textsOf(unionOf(a, b)), [...new Set([...left, ...right])].sort());
      t.deepEqual(
        textsOf(intersectionOf(a, b)),
        [...left].filter((each) => right.has(each)).sort(),
      );
      t.deepEqual(textsOf(differenceOf(a, b)), [...left].filter((each) => !right.has(each)).sort());
    }),
  );
});

test('a set that loses nothing stays the very set that it was', (t) => {
  const set = setOf([['f:a', 'f:b'], ['f:a']]);
  t.is(differenceOf(set, setOf([['f:b']])), set);
  t.is(differenceOf(set, setOf([['f:a', 'v:"."']])), set);
});
