import { isIPv6 } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {
  containsBlock,
  formatAddress,
  formatBlock,
  parseAddress,
  parseBlock,
} from './addresses.ts';

const forms: [text: string, want: string | undefined][] = [
  ['10.0.0.1', '10.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['010.0.0.1', undefined],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8::', '2001:db8::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['1:2:3:4:5:6:7', undefined],
];

test('an address has one way to be written', (t) => {
  for (const [text, want] of forms) {
    const address = parseAddress(text);
    t.is(address && formatAddress(address), want, text);
  }
});

test('a block knows its own address', (t) => {
  const block = parseBlock('10.1.2.3/8')!;
  t.is(formatBlock(block), '10.1.2.3/8');
  t.is(formatBlock({ ...block, value: block.network }), '10.0.0.0/8');
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '::/129', '/8', '10.0.0.0/ 8']) {
    t.is(parseBlock(text), undefined, text);
  }
});

test('a block contains itself and what is smaller, of its own family', (t) => {
  const contains = (outer: string, inner: string) =>
    containsBlock(parseBlock(outer)!, parseBlock(inner)!);
  t.true(contains('10.0.0.0/8', '10.1.0.0/16'));
  t.true(contains('10.0.0.0/8', '10.0.0.0/8'));
  t.false(contains('10.1.0.0/16', '10.0.0.0/8'));
  t.false(contains('10.0.0.0/8', '11.0.0.0/16'));
  t.false(contains('0.0.0.0/0', '::/0'));
});

test('what is written is read again as the same', (t) => {
  const value = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  fc.assert(
    fc.property(value, fc.nat({ max: 127 }), (each, shift) => {
      const address = { bits: 128 as const, value: (each >> BigInt(shift)) << BigInt(shift) };
      const text = formatAddress(address);
      t.true(isIPv6(text), text);
      t.deepEqual(parseAddress(text), address);
    }),
  );
});
