import test from 'ava';
import fc from 'fast-check';
import { blockRanges } from './blocks.ts';

/** Blocks within 10.0.0.0/27, so that every address can be asked. */
const block = fc
  .tuple(fc.nat(31), fc.integer({ min: 27, max: 32 }))
  .map(([last, prefix]) => `10.0.0.${last & ~(2 ** (32 - prefix) - 1)}/${prefix}`);

const has = (cidr: string, last: number): boolean => {
  const [address = '', prefix = ''] = cidr.split('/');
  const first = Number(address.split('.')[3]);
  return last >= first && last < first + 2 ** (32 - Number(prefix));
};
const lastByte = (bytes: string) => bytes.charCodeAt(3);

test('blockRanges: in the block and in none of the exceptions, no two ranges touch', (t) => {
  fc.assert(
    fc.property(block, fc.array(block, { maxLength: 6 }), (cidr, except) => {
      const ranges = blockRanges(cidr, except);
      for (let last = 0; last < 32; last++) {
        const isIn = ranges.some(
          ({ first, after }) => last >= lastByte(first) && last < lastByte(after ?? ''),
        );
        const isRight = has(cidr, last) && !except.some((each) => has(each, last));
        if (isIn !== isRight) throw new Error(`10.0.0.${last} is ${isIn}`);
      }
      ranges.reduce((previous, { first, after }) => {
        if (lastByte(first) <= previous) throw new Error('ranges touch');
        return lastByte(after ?? '');
      }, -1);
    }),
  );
  t.pass();
});

test('blockRanges: the last address of all has none after it', (t) => {
  const hex = (bytes: string | undefined) => bytes && Buffer.from(bytes, 'latin1').toString('hex');
  const ranges = blockRanges('0.0.0.0/0', ['255.0.0.0/9']).map(({ first, after }) => {
    return `${hex(first)} ${hex(after)}`;
  });
  t.deepEqual(ranges, ['00000000 ff000000', 'ff800000 undefined']);
  t.deepEqual(blockRanges('::/0', ['8000::/1']).length, 1);
  t.deepEqual(blockRanges('10.0.0.0/8', ['10.0.0.0/9', '10.128.0.0/9']), []);
});
