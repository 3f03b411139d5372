/** Bytes from outside: whatever they are, nothing is thrown, and answers are answers. */
import test from 'ava';
import { decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { directoryOf } from './fake-directory.ts';
import { readFrame } from './frame.ts';
import { Responder } from './respond.ts';

const directory = directoryOf({
  namespaces: ['default'],
  services: [
    {
      metadata: { namespace: 'default', name: 'web' },
      spec: { clusterIP: '10.43.0.5', ports: [{ name: 'http', port: 80 }] },
    },
  ],
  slices: [],
});

const responder = new Responder({
  zone: { domain: 'cluster.local', serial: 1 },
  directory,
  forwarder: { isLoop: () => false, ask: async () => undefined },
});
responder.setReady();

const anyBytes = fc.uint8Array({ maxLength: 600 });
/** A real query with some of its bytes replaced, which reaches deeper than noise does. */
const nearlyAQuery = fc
  .record({
    name: fc.constantFrom('web.default.svc.cluster.local', 'cluster.local', 'a.b', '.'),
    type: fc.constantFrom('A', 'SRV', 'PTR', 'TXT') as fc.Arbitrary<'A'>,
    changes: fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
    end: fc.option(fc.nat(80), { nil: undefined }),
  })
  .map(({ name, type, changes, end }) => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, options: [] } as never;
    const query = encode({ type: 'query', questions: [{ type, name }], additionals: [opt] });
    for (const [at, byte] of changes) if (at < query.length) query[at] = byte;
    return new Uint8Array(query.subarray(0, end ?? query.length));
  });

test('any bytes get silence or a response with their ID, and never an exception', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(anyBytes, nearlyAQuery),
      fc.constantFrom('udp' as const, 'tcp' as const),
      async (bytes, transport) => {
        const query = Buffer.from(bytes);
        const before = query.toString('hex');
        const response = await responder.respond(query, transport);
        t.is(query.toString('hex'), before, 'the query is left as it is');
        if (!response) return;
        t.is(response.readUInt16BE(0), query.readUInt16BE(0));
        t.true((response[2]! & 0x80) !== 0, 'a response');
        t.notThrows(() => decode(response));
        if (transport === 'udp') t.true(response.length <= 1232);
      },
    ),
    { numRuns: 3000 },
  );
});

test('frames come out as they went in, however the bytes are cut', (t) => {
  fc.assert(
    fc.property(fc.array(anyBytes, { maxLength: 5 }), fc.nat(2000), (messages, cut) => {
      const wire = Buffer.concat(
        messages.flatMap((message) => [
          Buffer.from([message.length >> 8, message.length & 255]),
          Buffer.from(message),
        ]),
      );
      const seen: Buffer[] = [];
      let received = Buffer.alloc(0);
      for (const part of [wire.subarray(0, cut), wire.subarray(cut)]) {
        received = Buffer.concat([received, part]);
        for (let frame = readFrame(received); frame; frame = readFrame(received)) {
          seen.push(frame.message);
          received = Buffer.from(frame.rest);
        }
      }
      t.deepEqual(
        seen.map((message) => message.toString('hex')),
        messages.map((message) => Buffer.from(message).toString('hex')),
      );
    }),
  );
});
