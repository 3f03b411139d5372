import test from 'ava';
import fc from 'fast-check';
import { parsePortRange, pickFree, reservedAddresses, reservedPorts } from './bands.ts';

test('apiserver A117: the bands are as large as upstream has them', (t) => {
  t.deepEqual([16, 32, 256, 1024, 65_536].map(reservedAddresses), [0, 16, 16, 64, 256]);
  t.is(reservedPorts({ min: 30_000, max: 32_767 }), 86);
  t.is(reservedPorts({ min: 1, max: 16 }), 0);
});

test('apiserver A117: the lower band is used only when the upper one is full', (t) => {
  const used = new Set([3, 4, 5]);
  const options = { reserved: 2, random: () => 0.9, isUsed: (value: number) => used.has(value) };
  t.is(pickFree({ min: 1, max: 6 }, options), 6);
  used.add(6);
  t.is(pickFree({ min: 1, max: 6 }, options), 2);
  used.add(2).add(1);
  t.is(pickFree({ min: 1, max: 6 }, options), undefined);
});

test('pickFree finds whatever is free, and nothing else', (t) => {
  const property = fc.property(
    fc.uniqueArray(fc.integer({ min: 10, max: 30 })),
    fc.nat(25),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (taken, reserved, random) => {
      const isUsed = (value: number) => taken.includes(value);
      const value = pickFree({ min: 10, max: 30 }, { reserved, isUsed, random: () => random });
      if (value === undefined) return taken.length === 21;
      return value >= 10 && value <= 30 && !isUsed(value);
    },
  );
  t.notThrows(() => fc.assert(property));
});

test('parsePortRange reads a range of ports', (t) => {
  t.deepEqual(parsePortRange('30000-32767'), { min: 30_000, max: 32_767 });
  for (const text of ['30000', '2-1', '0-5', '1-70000', 'a-b', '1-2-3']) {
    t.throws(() => parsePortRange(text), { message: /no range of ports/ });
  }
});
