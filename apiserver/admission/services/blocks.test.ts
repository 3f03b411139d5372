import test from 'ava';
import fc from 'fast-check';
import {
  addressAt,
  canonical,
  lastOffset,
  offsetOf,
  readBlock,
  readBlocks,
  sizeOf,
} from './blocks.ts';

test('offsets leave out the network and, of IPv4, the broadcast address', (t) => {
  const v4 = readBlock('10.43.0.0/24');
  t.is(addressAt(v4, 1), '10.43.0.1');
  t.is(lastOffset(v4), 254);
  for (const out of ['10.43.0.0', '10.43.0.255', '10.43.1.1', 'fd00::1', 'nonsense']) {
    t.is(offsetOf(v4, out), undefined);
  }
  const v6 = readBlock('fd00:10:43::/112');
  t.is(addressAt(v6, 0xffff), 'fd00:10:43::ffff');
  t.is(lastOffset(v6), 0xffff);
  t.is(offsetOf(v6, 'fd00:10:43:0::a'), 10);
});

test('a huge block is used as far as numbers are exact', (t) => {
  const block = readBlock('fd00::/64');
  t.is(sizeOf(block), 2 ** 48);
  t.is(offsetOf(block, 'fd00::ffff:ffff:ffff:ffff'), undefined);
});

test('every address is found again at its offset', (t) => {
  for (const text of ['10.0.0.0/8', 'fd00:10:43::/108', '192.168.7.0/30']) {
    const block = readBlock(text);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: lastOffset(block) }), (offset) => {
        return offsetOf(block, addressAt(block, offset)) === offset;
      }),
    );
  }
  t.pass();
});

test('one block, or one of each family', (t) => {
  t.deepEqual(
    readBlocks('10.43.0.0/16,fd00::/112').map(({ bits }) => bits),
    [32, 128],
  );
  for (const wrong of ['10.43.0.0/16,10.44.0.0/16', '10.43.0.1/16', 'nonsense', '']) {
    t.throws(() => readBlocks(wrong));
  }
  t.is(canonical('FD00:0::0a'), 'fd00::a');
});
