import test from 'ava';
import fc from 'fast-check';
import { readAll, readBits, readObjectIdentifier, readValue } from './read.ts';
import { bitString, objectIdentifier, octetString, sequence } from './write.ts';

test('what is written is read', (t) => {
  const long = Buffer.alloc(300, 7);
  const bytes = sequence(objectIdentifier('2.5.29.17'), octetString(long), bitString(Buffer.of(5)));
  const [oid, octets, bits] = readAll(readValue(bytes));
  t.is(readObjectIdentifier(oid!), '2.5.29.17');
  t.deepEqual(octets?.content, long);
  t.deepEqual(readBits(bits!), Buffer.of(5));
  t.is(
    readObjectIdentifier(readValue(objectIdentifier('1.2.840.113549.1.9.14'))),
    '1.2.840.113549.1.9.14',
  );
});

test('whatever comes from outside ends in values or in an Error', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        readAll(readValue(Buffer.from(bytes)));
      } catch (error) {
        t.regex((error as Error).message, /^DER: /);
      }
    }),
  );
  t.pass();
});
