import test from 'ava';
import fc from 'fast-check';
import { addressAt, defaultLink, firstBlock } from './network.ts';

test('addressAt counts from the start of the block, whatever address names it', (t) => {
  t.is(addressAt('10.43.0.0/16', 10), '10.43.0.10');
  t.is(addressAt('10.43.7.9/16', 256), '10.43.1.0');
  t.is(addressAt('255.255.255.0/24', 255), '255.255.255.255');
});

test('firstBlock is the first part of a larger block', (t) => {
  t.is(firstBlock('10.42.0.0/16', 24), '10.42.0.0/24');
  t.throws(() => firstBlock('10.42.0.0/25', 24), { message: /too small/ });
});

for (const cidr of ['', '10.0.0.0', '10.0.0/8', '256.0.0.0/8', '10.0.0.0/33', 'fd00::/64']) {
  test(`"${cidr}" is refused`, (t) => {
    t.throws(() => addressAt(cidr, 0), { message: /must be an IPv4 block/ });
  });
}

test('an address outside the block is never given', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 30 }), fc.nat(), (bits, index) => {
      const size = 2 ** (32 - bits);
      if (index >= size) t.throws(() => addressAt(`10.0.0.0/${bits}`, index));
      else t.true(addressAt(`10.0.0.0/${bits}`, index).startsWith('10.'));
    }),
  );
});

test('defaultLink takes the default route with the lowest metric', (t) => {
  const table = [
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
    'eth1\t00000000\t0100A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0',
    'eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth2\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  ].join('\n');
  t.is(defaultLink(table), 'eth0');
  t.is(defaultLink('Iface\n'), undefined);
});
