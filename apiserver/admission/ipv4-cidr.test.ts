import test from 'ava';
import fc from 'fast-check';
import {
  addressAt,
  formatAddress,
  lastOffset,
  offsetOf,
  parseAddress,
  parseCidr,
} from './ipv4-cidr.ts';

test('parseCidr reads a block', (t) => {
  t.deepEqual(parseCidr('10.43.0.0/16'), {
    text: '10.43.0.0/16',
    base: 0x0a2b0000,
    size: 65_536,
  });
  t.is(parseCidr('0.0.0.0/0').size, 2 ** 32);
});

for (const text of [
  '10.43.0.0',
  '10.43.0.1/16',
  '10.43.0/16',
  '10.43.0.0/33',
  'fd00::/108',
  '010.0.0.0/8',
  '10.43.0.0/',
  '256.0.0.0/8',
]) {
  test(`parseCidr refuses ${text}`, (t) => void t.throws(() => parseCidr(text)));
}

test('offsets leave out the network and the broadcast address', (t) => {
  const cidr = parseCidr('10.43.0.0/24');
  t.is(offsetOf(cidr, '10.43.0.0'), undefined);
  t.is(offsetOf(cidr, '10.43.0.1'), 1);
  t.is(offsetOf(cidr, '10.43.0.254'), 254);
  t.is(offsetOf(cidr, '10.43.0.255'), undefined);
  t.is(offsetOf(cidr, '10.44.0.1'), undefined);
  t.is(offsetOf(cidr, 'None'), undefined);
  t.is(lastOffset(cidr), 254);
  t.is(addressAt(parseCidr('192.168.0.0/16'), 257), '192.168.1.1');
});

test('every address reads as it is written', (t) => {
  const property = fc.property(
    fc.nat(0xffffffff),
    (value) => parseAddress(formatAddress(value)) === value,
  );
  t.notThrows(() => fc.assert(property));
});

test('no text but four decimal numbers is an address', (t) => {
  const property = fc.property(fc.string(), (text) => {
    const value = parseAddress(text);
    return value === undefined || formatAddress(value) === text;
  });
  t.notThrows(() => fc.assert(property));
});
