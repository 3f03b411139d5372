import test from 'ava';
import fc from 'fast-check';
import { applyPatch as applyTwin, createPatch } from 'rfc6902';
import { applyJsonPatch } from './json-patch.ts';

const document = fc.dictionary(
  fc.constantFrom('a', 'b', 'c/d', 'e~f'),
  fc.oneof(
    fc.integer(),
    fc.array(fc.integer(), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('x', 'y'), fc.integer()),
  ),
);

test('applyJsonPatch turns one document into another by the patch that the field makes', (t) => {
  fc.assert(
    fc.property(document, document, (from, to) => {
      const patch = createPatch(from, to);
      t.deepEqual(applyJsonPatch(structuredClone(from), patch), to);
    }),
  );
});

/** The library throws a TypeError where a path leads into a number. */
function tryTwin(target: object, operation: unknown): unknown {
  try {
    return applyTwin(target, [operation as never])[0];
  } catch (error) {
    return error;
  }
}

const pointer = fc.constantFrom('/a', '/a/0', '/a/1', '/a/-', '/b', '/b/x', '/c~1d', '/e~0f/y');
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path: pointer, value: fc.integer() }),
  fc.record({ op: fc.constant('remove'), path: pointer }),
  fc.record({ op: fc.constantFrom('move', 'copy'), path: pointer, from: pointer }),
);

test('applyJsonPatch agrees with rfc6902 on what it accepts', (t) => {
  fc.assert(
    fc.property(document, operation, (from, each) => {
      const twin = structuredClone(from);
      const failure = tryTwin(twin, each);
      let mine: unknown;
      try {
        mine = applyJsonPatch(structuredClone(from), [each]);
      } catch {
        return; // The library is more lenient: `-` as the place to read from.
      }
      t.is(failure, null);
      t.deepEqual(mine, twin);
    }),
  );
});
