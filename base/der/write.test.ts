import test from 'ava';
import * as der from './write.ts';

const cases: [string, Buffer, string][] = [
  ['a small INTEGER', der.integer(Buffer.of(2)), '020102'],
  ['an INTEGER whose first bit would be a sign', der.integer(Buffer.of(0x80)), '02020080'],
  ['an INTEGER without leading zeros', der.integer(Buffer.of(0, 0, 5)), '020105'],
  ['BOOLEAN true as all ones', der.boolean(true), '0101ff'],
  ['an OBJECT IDENTIFIER', der.objectIdentifier('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
  ['keyUsage with its unused bits', der.namedBits(0, 5, 6), '03020186'],
  ['keyUsage digitalSignature', der.namedBits(0), '03020780'],
  [
    'UTCTime until 2049',
    der.time(Date.UTC(2049, 11, 31, 23, 59, 59)),
    '170d3439313233313233353935395a',
  ],
  [
    'GeneralizedTime from 2050',
    der.time(Date.UTC(2050, 0, 1)),
    '180f32303530303130313030303030305a',
  ],
  [
    'a SEQUENCE of two',
    der.sequence(der.integer(Buffer.of(1)), der.boolean(false)),
    '3006020101010100',
  ],
  ['a context tag', der.context(2, false, Buffer.from('a')), '820161'],
];

for (const [name, value, want] of cases) {
  test(`der writes ${name}`, (t) => t.is(value.toString('hex'), want));
}

test('der writes lengths over 127 in the long form', (t) => {
  t.is(der.octetString(Buffer.alloc(128)).subarray(0, 3).toString('hex'), '048180');
  t.is(der.octetString(Buffer.alloc(300)).subarray(0, 4).toString('hex'), '0482012c');
});
