import test from 'ava';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import { setPort } from './bridge-ports.ts';
import { createBridge, createVeth, getLinks } from './netlink-messages.ts';
import { parseAddresses, parseLinks, parseRoutes } from './netlink-replies.ts';
import { decodeReplies, encodeBatch, type Message } from './netlink-socket.ts';

const request: Message = { type: 16, flags: 0, name: 'RTM_NEWLINK', body: new Uint8Array(5) };

/** One reply: header, then payload, padded. */
function frame(type: number, sequence: number, payload: Buffer, flags = 0): Buffer {
  const bytes = Buffer.alloc((16 + payload.length + 3) & ~3);
  bytes.writeUInt32LE(16 + payload.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  payload.copy(bytes, 16);
  return bytes;
}

const errno = (value: number) => {
  const payload = Buffer.alloc(20);
  payload.writeInt32LE(value, 0);
  return payload;
};

test('encodeBatch pads each message and numbers them', (t) => {
  const bytes = Buffer.from(encodeBatch([request, { ...request, flags: 0x300 }], 7));
  t.is(bytes.length, 48);
  t.is(bytes.readUInt32LE(0), 21);
  t.is(bytes.readUInt16LE(6), 0x05, 'request and ack');
  t.is(bytes.readUInt32LE(8), 7);
  t.is(bytes.readUInt16LE(24 + 6), 0x301, 'a dump ends by itself');
  t.is(bytes.readUInt32LE(24 + 8), 8);
});

test('decodeReplies gives each message its own outcome', (t) => {
  const replies = Buffer.concat([
    frame(2, 3, errno(0)),
    frame(16, 4, Buffer.from('part')),
    frame(2, 4, errno(-17)),
    frame(2, 99, errno(-1)),
  ]);
  const [first, second] = decodeReplies(replies, [request, request], 3);
  t.deepEqual(first, { replies: [] });
  t.is(second?.replies.length, 1);
  t.true(hasCode(second?.error, 'EEXIST'));
  t.is(second?.error?.message, 'RTM_NEWLINK: file already exists');
});

test("an error carries the kernel's own sentence", (t) => {
  const text = Buffer.from('\x13\0\x01\0Unknown device\0\0');
  const payload = Buffer.concat([errno(-22), text]);
  const [outcome] = decodeReplies(frame(2, 1, payload, 0x300), [request], 1);
  t.is(outcome?.error?.message, 'RTM_NEWLINK: invalid argument (Unknown device)');
});

test('no bytes make the readers do anything but answer or throw an Error', (t) => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const type = fc.constantFrom(2, 3, 16, 20, 24);
  fc.assert(
    fc.property(bytes, type, fc.nat(0x300), (noise, kind, flags) => {
      const whole = frame(kind, 1, Buffer.from(noise), flags);
      for (const replies of [noise, whole]) {
        try {
          const outcomes = decodeReplies(replies, [request], 1);
          for (const { replies: each } of outcomes) {
            parseLinks(each);
            parseAddresses(each);
            parseRoutes(each);
          }
        } catch (error) {
          t.true(error instanceof Error && !(error instanceof TypeError), String(error));
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('messages are whole: attributes lie within their message', (t) => {
  const peer = { name: 'eth0', mac: '02:00:00:00:00:01', netnsFd: 5 };
  const messages = [
    createBridge({ name: 'br0', mac: '02:00:00:00:00:02', mtu: 1500 }),
    createVeth({ name: 'veth1', mac: '02:00:00:00:00:03', master: 4, peer }),
    setPort({ name: 'veth1' }, { isHairpin: true }),
    getLinks(),
  ];
  for (const { body } of messages) {
    let offset = 16;
    const view = Buffer.from(body);
    while (offset < view.length) offset += (view.readUInt16LE(offset) + 3) & ~3;
    t.true(offset - view.length < 4);
  }
});
