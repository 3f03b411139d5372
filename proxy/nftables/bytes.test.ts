import test from 'ava';
import { addressBytes, nextBytes, portBytes, rangeBytes } from './bytes.ts';
import { rangeEntries } from './ranges.ts';

const hex = (bytes: string | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes, 'latin1').toString('hex');

test('addresses and ports are as they are in a packet, padded to four bytes', (t) => {
  t.is(hex(addressBytes('10.43.0.255')), '0a2b00ff');
  t.is(hex(addressBytes('fd00::1:2')), 'fd000000000000000000000000010002');
  t.is(hex(addressBytes('::')), '00'.repeat(16));
  t.is(hex(addressBytes('1:2:3:4:5:6:7:8')), '00010002000300040005000600070008');
  t.is(hex(portBytes(30_080)), '75800000');
});

test('a range has a first and a last address, whatever bits its text has behind the mask', (t) => {
  const cases = [
    ['10.43.7.9/20', '0a2b0000', '0a2b0fff'],
    ['10.0.0.1/32', '0a000001', '0a000001'],
    ['0.0.0.0/0', '00000000', 'ffffffff'],
    ['fd00::/127', `fd${'00'.repeat(15)}`, `fd${'00'.repeat(14)}01`],
  ] as const;
  for (const [cidr, first, last] of cases) {
    const range = rangeBytes(cidr);
    t.deepEqual([hex(range.first), hex(range.last)], [first, last], cidr);
  }
  t.is(hex(nextBytes(addressBytes('10.0.255.255'))), '0a010000');
  t.is(nextBytes(addressBytes('255.255.255.255')), undefined);
});

test('ranges that touch or overlap become one interval', (t) => {
  const show = (...cidrs: string[]) =>
    rangeEntries('s', cidrs).map(({ key, isEnd }) => `${hex(key)}${isEnd ? ' end' : ''}`);
  t.deepEqual(show('10.1.0.0/16', '10.0.0.0/16', '10.0.7.0/24'), ['0a000000', '0a020000 end']);
  t.deepEqual(show('10.0.0.0/24', '10.0.2.0/24'), [
    '0a000000',
    '0a000100 end',
    '0a000200',
    '0a000300 end',
  ]);
  t.deepEqual(show('128.0.0.0/1', '10.0.0.0/32'), ['0a000000', '0a000001 end', '80000000']);
});
