import test from 'ava';
import { hardenIntrinsics } from '../base/intrinsics.ts';
import { parseJson } from './json.ts';

hardenIntrinsics();

const kept = [
  '{"a":9223372036854775807,"b":[-9223372036854775808,1]}',
  '{"a":"1234567890123456789","b":1.5,"c":9007199254740991,"d":9007199254740993}',
  '{"__proto__":{"a":12345678901234567890},"constructor":[]}',
  '[]',
];
for (const text of kept) {
  test(`parseJson and JSON.stringify keep ${text}`, (t) => {
    t.is(JSON.stringify(parseJson(text)), text);
  });
}

test('parseJson leaves fractions and exponents to doubles', (t) => {
  t.deepEqual(
    parseJson('[0.12345678901234567890,1e20,1.2345678901234567e18]'),
    [0.12345678901234568, 1e20, 1.2345678901234568e18],
  );
});

test('security A9: nothing can be hung onto every object', (t) => {
  const target = Object.prototype as unknown as Record<string, unknown>;
  t.throws(() => {
    target.polluted = true;
  });
  t.is(({} as Record<string, unknown>).polluted, undefined);
});
