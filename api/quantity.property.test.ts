import test from 'ava';
import fc from 'fast-check';
import { addQuantities, canonicalQuantity, compareQuantities } from './quantity.ts';

const suffix = fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'e-2');
const amount = fc.tuple(fc.integer({ min: -9999, max: 9999 }), suffix);
const quantity = amount.map(([number, unit]) => `${number}${unit}`);

/** Another way to the same value: as a fraction of floats, exact enough at these sizes. */
const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  e3: 1e3,
  'e-2': 1e-2,
};
const twin = (text: string) => {
  const [, digits = '', unit = ''] = /^(-?\d+)(.*)$/.exec(text) ?? [];
  return Number(digits) * (factors[unit] ?? Number.NaN);
};

test('the canonical form has the same value, and stays as it is', (t) => {
  fc.assert(
    fc.property(quantity, (text) => {
      const once = canonicalQuantity(text);
      t.is(canonicalQuantity(once), once);
      t.is(compareQuantities(once, text), 0);
    }),
  );
});

test('compareQuantities orders as the numbers do', (t) => {
  fc.assert(
    fc.property(quantity, quantity, (a, b) => {
      const difference = twin(a) - twin(b);
      if (Math.abs(difference) < 1e-12) return;
      t.is(compareQuantities(a, b), Math.sign(difference));
    }),
  );
});

test('addQuantities adds', (t) => {
  fc.assert(
    fc.property(quantity, quantity, (a, b) => {
      const sum = addQuantities(a, b);
      t.is(compareQuantities(sum, addQuantities(b, a)), 0);
      t.is(
        compareQuantities(addQuantities(sum, canonicalQuantity(`-${b}`.replace('--', ''))), a),
        0,
      );
    }),
  );
});
