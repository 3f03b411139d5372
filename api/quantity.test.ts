import test from 'ava';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  quantityMilli,
  quantityValue,
  subtractQuantities,
} from './quantity.ts';

const canonical: [text: string | number, want: string][] = [
  ['0', '0'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['1000m', '1'],
  ['0.1', '100m'],
  [0.5, '500m'],
  ['1500', '1500'],
  ['2000', '2k'],
  ['1e3', '1e3'],
  ['1E', '1E'],
  ['1E3', '1e3'],
  ['.5', '500m'],
  ['5.', '5'],
  ['-250m', '-250m'],
  ['+1', '1'],
  ['0.0000000001', '1n'],
  ['100Ki', '100Ki'],
  ['9999999999999999999999E', '9223372036854775807'],
];
for (const [text, want] of canonical) {
  test(`canonicalQuantity writes ${text} as ${want}`, (t) => t.is(canonicalQuantity(text), want));
}

for (const text of ['', 'abc', '1 Gi', '1gi', '1Kii', '1e', '--1', '1.2.3', '9'.repeat(99)]) {
  test(`parseQuantity refuses ${JSON.stringify(text)}`, (t) => {
    t.throws(() => canonicalQuantity(text), { message: /^quantities must match/ });
  });
}

test('quantities of different formats compare and add', (t) => {
  t.is(compareQuantities('1Gi', '1G'), 1);
  t.is(compareQuantities('1000m', '1'), 0);
  t.is(addQuantities('100m', '1'), '1100m');
  t.is(addQuantities('0', '1Gi'), '1Gi');
  t.is(subtractQuantities('1Gi', '512Mi'), '512Mi');
});

test('values are rounded up', (t) => {
  t.is(quantityValue('1500m'), 2);
  t.is(quantityMilli('1500u'), 2);
  t.is(quantityValue('1Gi'), 2 ** 30);
});
