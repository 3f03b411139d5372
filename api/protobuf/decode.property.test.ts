import test from 'ava';
import fc from 'fast-check';
import { StatusError } from '../../base/errors.ts';
import { schemaFiles, typesOf } from '../schema.ts';
import { decodeObject } from '../validation/decode.ts';
import { decodeProtobuf } from './decode.ts';
import { numbersOf } from './numbers.ts';
import { body, bytes, inner, int, join, type Part, text, varint } from './testing.ts';

const kinds = schemaFiles()
  .flatMap(typesOf)
  .filter(({ file, name, isKind }) => isKind && numbersOf(file, name));

/** Runs, or refuses the request: nothing else may come of any bytes. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'BadRequest') return undefined;
    throw error;
  }
}

test('any bytes are an object or a BadRequest', (t) => {
  const some = fc.oneof(
    fc.uint8Array(),
    fc.uint8Array().map((raw) => body('v1', 'Pod', ...([[2, 2, raw]] as const))),
  );
  fc.assert(fc.property(some, (given) => void attempt(() => decodeProtobuf(given))));
  t.pass();
});

const { parts } = fc.letrec<{ parts: Part[]; part: Part }>((tie) => ({
  parts: fc.array(tie('part'), { maxLength: 6 }),
  part: fc.oneof(
    { maxDepth: 6 },
    fc.tuple(fc.integer({ min: 1, max: 45 }), fc.bigInt({ min: 0n, max: 3n })).map(asInt),
    fc.tuple(fc.integer({ min: 1, max: 45 }), fc.bigInt()).map(asInt),
    fc.tuple(fc.integer({ min: 1, max: 45 }), fc.string()).map(([n, value]) => text(n, value)),
    fc.tuple(fc.integer({ min: 1, max: 5 }), tie('parts')).map(([n, all]) => inner(n, ...all)),
  ),
}));

function asInt([number, value]: readonly [number, bigint]): Part {
  return int(number, value);
}

test('well-formed messages of any shape become plain data, or a BadRequest', (t) => {
  const kind = fc.constantFrom(...kinds);
  fc.assert(
    fc.property(kind, parts, (schema, all) => {
      const { group, version, name } = schema;
      const apiVersion = group ? `${group}/${version}` : version;
      const object = attempt(() => decodeProtobuf(body(apiVersion, name, ...all)));
      if (!object) return;
      t.deepEqual(JSON.parse(JSON.stringify(object)), object);
      // What follows knows every field, and has only values to complain of.
      const decoded = attempt(() => decodeObject(schema, object));
      t.deepEqual(decoded?.unknownFields ?? [], []);
    }),
    { numRuns: 1000 },
  );
});

const groupsOf = (given: Uint8Array) => {
  const { spec } = decodeProtobuf(given) as {
    spec: { securityContext: { supplementalGroups: unknown } };
  };
  return spec.securityContext.supplementalGroups;
};
const podWith = (...all: readonly Part[]) => body('v1', 'Pod', inner(2, inner(14, ...all)));

test('whole numbers come back as they were, packed or not', (t) => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger(), { minLength: 1 }), (numbers) => {
      const packed = bytes(4, join(...numbers.map(varint)));
      t.deepEqual(groupsOf(podWith(packed)), numbers);
      t.deepEqual(groupsOf(podWith(...numbers.map((each) => int(4, each)))), numbers);
    }),
  );
});

test('whole numbers that JSON lacks are refused', (t) => {
  const beyond = BigInt(Number.MAX_SAFE_INTEGER);
  const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const unsafe = signed.filter((value) => value > beyond || value < -beyond);
  fc.assert(
    fc.property(unsafe, (value) => {
      t.is(
        attempt(() => groupsOf(podWith(int(4, value)))),
        undefined,
      );
    }),
  );
});

test('texts, bytes, keys and booleans come back as they were', (t) => {
  const key = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'toString'));
  const secret = fc.record({
    data: fc.dictionary(key, fc.uint8Array({ size: 'medium' }), { minKeys: 1 }),
    stringData: fc.dictionary(key, fc.string({ unit: 'binary' }), { minKeys: 1 }),
    immutable: fc.boolean(),
  });
  fc.assert(
    fc.property(secret, ({ data, stringData, immutable }) => {
      const entries = Object.entries(data).map(([k, v]) => inner(2, text(1, k), bytes(2, v)));
      const texts = Object.entries(stringData).map(([k, v]) => inner(4, text(1, k), text(2, v)));
      const { apiVersion: _, ...found } = decodeProtobuf(
        body('v1', 'Secret', ...entries, ...texts, int(5, immutable ? 1 : 0)),
      );
      const wanted = Object.entries(data).map(([k, v]) => [k, Buffer.from(v).toString('base64')]);
      t.deepEqual(found, {
        kind: 'Secret',
        data: Object.fromEntries(wanted),
        stringData,
        immutable,
      });
    }),
  );
});

test('times come back as they were', (t) => {
  const year = (text: string) => Date.parse(text);
  const times = fc.integer({ min: year('0001-01-01T00:00:01Z') / 1000, max: 253_402_300_799 });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 999_999 }), (seconds, micros) => {
      const renewTime = inner(4, int(1, seconds), int(2, micros * 1000));
      const { spec } = decodeProtobuf(body('coordination.k8s.io/v1', 'Lease', inner(2, renewTime)));
      const second = new Date(seconds * 1000).toISOString().slice(0, 19);
      const wanted = `${second}.${String(micros).padStart(6, '0')}Z`;
      t.deepEqual(spec, { renewTime: wanted });
    }),
  );
});
