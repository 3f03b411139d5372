import test from 'ava';
import fc from 'fast-check';
import { mergeJson } from './json-merge.ts';

/** RFC 7386 once more, over lists of pairs: no code in common, no prototypes to fall over. */
type Pairs = { readonly pairs: readonly (readonly [string, unknown])[] };

const toPairs = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { pairs: Object.entries(value).map(([key, each]) => [key, toPairs(each)]) }
    : value;

const isPairs = (value: unknown): value is Pairs =>
  typeof value === 'object' && value !== null && 'pairs' in value;

function twin(target: unknown, patch: unknown): unknown {
  if (!isPairs(patch)) return patch;
  const result = new Map(isPairs(target) ? target.pairs : []);
  for (const [key, value] of patch.pairs) {
    if (value === null) result.delete(key);
    else result.set(key, twin(result.get(key), value));
  }
  return { pairs: [...result] };
}

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString');
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, fc.constantFrom(null, 1, 'x', [1], {}), tie('node')),
  node: fc
    .array(fc.tuple(key, tie('tree')), { maxLength: 4 })
    .map((pairs) => JSON.parse(`{${pairs.map(entry).join(',')}}`)),
}));
const entry = ([name, value]: [string, unknown]) =>
  `${JSON.stringify(name)}:${JSON.stringify(value)}`;

const sorted = (value: unknown): unknown =>
  isPairs(value)
    ? [...value.pairs]
        .map(([k, v]) => [k, sorted(v)])
        .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))
    : value;

test('mergeJson does what RFC 7386 says, whatever the keys are called', (t) => {
  fc.assert(
    fc.property(tree, tree, (target, patch) => {
      const expected = sorted(twin(toPairs(target), toPairs(patch)));
      t.deepEqual(sorted(toPairs(mergeJson(structuredClone(target), patch))), expected);
    }),
  );
});

test('merging the same patch twice changes nothing more', (t) => {
  fc.assert(
    fc.property(tree, tree, (target, patch) => {
      const once = mergeJson(structuredClone(target), structuredClone(patch));
      const twice = mergeJson(structuredClone(once), structuredClone(patch));
      t.is(JSON.stringify(twice), JSON.stringify(once));
    }),
  );
});
