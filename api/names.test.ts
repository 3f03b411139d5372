import test from 'ava';
import {
  isConfigKey,
  isDns1123Label,
  isDns1123Subdomain,
  isIpv4Address,
  isIpv6Address,
  isLabelValue,
  isPortName,
  isQualifiedName,
  type NameCheck,
} from './names.ts';

const cases: { check: NameCheck; good: string[]; bad: string[] }[] = [
  { check: isDns1123Label, good: ['a', 'a-1', '1'], bad: ['', 'A', '-a', 'a.b', 'a'.repeat(64)] },
  { check: isDns1123Subdomain, good: ['a.b-c.1'], bad: ['a..b', '.a', 'a_b', 'a\n'] },
  {
    check: isQualifiedName,
    good: ['A_b.c', 'x.io/A'],
    bad: ['', '/a', 'x.io/', 'X.io/a', 'a/b/c'],
  },
  { check: isLabelValue, good: ['', 'A_b.c'], bad: ['-a', 'a b', 'a'.repeat(64)] },
  { check: isConfigKey, good: ['a.b', '_', '__proto__'], bad: ['', '.', '..', '..a', 'a/b'] },
  { check: isPortName, good: ['http', 'a-1'], bad: ['', '80', 'a--b', '-a', 'a'.repeat(16)] },
];
for (const { check, good, bad } of cases) {
  test(`${check.name} tells good from bad`, (t) => {
    for (const name of good) t.deepEqual(check(name), [], name);
    for (const name of bad) t.not(check(name).length, 0, name);
  });
}

test('addresses are read strictly', (t) => {
  for (const ip of ['0.0.0.0', '10.42.0.1', '255.255.255.255']) t.true(isIpv4Address(ip), ip);
  for (const ip of ['', '1.2.3', '1.2.3.4.', '01.2.3.4', '256.1.1.1', '1.2.3.4.5']) {
    t.false(isIpv4Address(ip), ip);
  }
  for (const ip of ['::', '::1', 'fd00::1:2', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1']) {
    t.true(isIpv6Address(ip), ip);
  }
  for (const ip of ['', ':', '1::2::3', '1:2:3:4:5:6:7', '12345::', 'g::', '::1.2.3']) {
    t.false(isIpv6Address(ip), ip);
  }
});
