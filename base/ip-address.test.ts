import test from 'ava';
import fc from 'fast-check';
import { contains, formatCidr, formatIp, networkOf, parseCidr, parseIp } from './ip-address.ts';

test('formatIp writes the canonical text', (t) => {
  const cases = [
    ['10.0.0.1', '10.0.0.1'],
    ['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ] as const;
  for (const [text, expected] of cases) t.is(formatIp(parseIp(text)), expected);
});

test('parseIp reads what formatIp writes', (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (list) => {
      const address = Uint8Array.from(list);
      t.deepEqual([...parseIp(formatIp(address))], [...address]);
    }),
  );
});

test('what is no address is refused', (t) => {
  for (const text of ['', '10.0.0', '10.0.0.256', '1::2::3', 'fe80::1%eth0', '../x']) {
    t.throws(() => parseIp(text), { instanceOf: RangeError }, text);
  }
  for (const text of ['10.0.0.1', '10.0.0.1/', '10.0.0.1/33', '10.0.0.1/24/8', '10.0.0.1/-1']) {
    t.throws(() => parseCidr(text), { instanceOf: RangeError }, text);
  }
});

test('networkOf clears the host bits', (t) => {
  t.is(formatCidr(networkOf(parseCidr('10.1.2.3/22'))), '10.1.0.0/22');
  t.is(formatCidr(networkOf(parseCidr('fd00::5/64'))), 'fd00::/64');
  t.is(formatCidr(networkOf(parseCidr('1.2.3.4/0'))), '0.0.0.0/0');
});

test('contains keeps families apart', (t) => {
  t.true(contains(parseCidr('10.1.2.3/22'), parseIp('10.1.3.9')));
  t.false(contains(parseCidr('10.1.2.3/22'), parseIp('10.1.4.0')));
  t.false(contains(parseCidr('::/0'), parseIp('10.1.4.0')));
});
