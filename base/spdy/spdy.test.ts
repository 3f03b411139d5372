import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { constants, createDeflate } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { SpdyConnection } from './connection.ts';
import { controlTypes, encodeControl, encodeDataHead, FrameDecoder } from './frames.ts';
import { dictionary, HeaderReader, HeaderWriter, parseHeaders } from './header-block.ts';
import type { SpdyStream } from './stream.ts';

function connect(t: ExecutionContext, onStream: (stream: SpdyStream) => void) {
  const [ours, theirs] = duplexPair();
  const server = new SpdyConnection(ours, { role: 'server', onStream });
  const client = new SpdyConnection(theirs, { role: 'client' });
  t.teardown(() => {
    server.destroy();
    client.destroy();
  });
  return { server, client, socket: theirs };
}

const textOf = async (stream: SpdyStream) => Buffer.concat(await stream.toArray()).toString();

test('streams carry bytes both ways, each half with an end of its own', async (t) => {
  const { client } = connect(t, (stream) => {
    void textOf(stream).then((text) => stream.end(`${stream.headers.get('streamtype')} ${text}`));
  });
  const one = client.open(new Map([['streamType', 'stdin']]));
  const two = client.open(new Map([['streamtype', 'error']]));
  one.end('hello');
  two.end();
  t.is(await textOf(one), 'stdin hello');
  t.is(await textOf(two), 'error ');
});

test('what a stream got before its connection ended can still be read', async (t) => {
  const { server, client } = connect(t, (stream) => {
    stream.end('last words');
    stream.once('finish', () => server.end());
  });
  const stream = client.open(new Map());
  stream.end();
  await client.closed;
  t.is(await textOf(stream), 'last words');
});

test('a stream that nobody reads holds its sender back', async (t) => {
  const taken = Promise.withResolvers<SpdyStream>();
  const { client } = connect(t, taken.resolve);
  const stream = client.open(new Map());
  const total = 8 * 2 ** 20;
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const done = (async () => {
    for (; sent < total; sent += chunk.length) {
      if (!stream.write(chunk)) await once(stream, 'drain');
    }
    stream.end();
  })();
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.true(sent < 2 * 2 ** 20, `${sent} bytes were taken while nobody read`);
  let received = 0;
  for await (const piece of await taken.promise) received += (piece as Buffer).length;
  await done;
  t.is(received, total);
});

test('what is taken widens the windows of stream and connection', async (t) => {
  const [ours, theirs] = duplexPair();
  const server = new SpdyConnection(ours, { role: 'server', onStream: (each) => each.resume() });
  t.teardown(() => server.destroy());
  const writer = new HeaderWriter();
  theirs.write(synStream(1, writer));
  theirs.write(Buffer.concat([encodeDataHead(1, 40_000, false), Buffer.alloc(40_000)]));
  const decoder = new FrameDecoder();
  const widened: number[] = [];
  for await (const bytes of theirs) {
    for (const frame of decoder.push(bytes as Buffer)) {
      if (frame.kind === 'data' || frame.type !== controlTypes.windowUpdate) continue;
      widened.push(frame.payload.readUInt32BE(0), frame.payload.readUInt32BE(4));
    }
    if (widened.length === 4) break;
  }
  t.deepEqual(widened, [1, 40_000, 0, 40_000]);
});

test('a ping is answered, an unknown frame passed over', async (t) => {
  const [ours, theirs] = duplexPair();
  const server = new SpdyConnection(ours, { role: 'server', onStream: () => {} });
  t.teardown(() => server.destroy());
  const ping = encodeControl(controlTypes.ping, [7]);
  theirs.write(encodeControl(4, [0]));
  theirs.write(encodeControl(77, [1]));
  theirs.write(ping);
  const [answer] = await once(theirs, 'data');
  t.deepEqual(answer, ping);
});

const synStream = (id: number, writer: HeaderWriter) =>
  encodeControl(1, [id, 0], Buffer.concat([Buffer.alloc(2), writer.write(new Map())]));

test('numbers that are used, even or too many are refused', async (t) => {
  const [ours, theirs] = duplexPair();
  let count = 0;
  const server = new SpdyConnection(ours, {
    role: 'server',
    onStream: () => {
      count++;
    },
  });
  t.teardown(() => server.destroy());
  const writer = new HeaderWriter();
  const ids = [5, 5, 3, 8, ...Array.from({ length: 1024 }, (_, index) => 7 + index * 2)];
  theirs.write(Buffer.concat(ids.map((id) => synStream(id, writer))));
  const decoder = new FrameDecoder();
  const reset: number[][] = [];
  for await (const bytes of theirs) {
    for (const frame of decoder.push(bytes as Buffer)) {
      if (frame.kind === 'data' || frame.type !== controlTypes.rstStream) continue;
      reset.push([frame.payload.readUInt32BE(0), frame.payload.readUInt32BE(4)]);
    }
    if (reset.length === 4) break;
  }
  t.deepEqual(reset, [
    [5, 1],
    [3, 1],
    [8, 1],
    [7 + 1023 * 2, 3],
  ]);
  t.is(count, 1024);
});

test('when the socket goes, every stream goes', async (t) => {
  const streams: SpdyStream[] = [];
  const { client, server, socket } = connect(t, (stream) => streams.push(stream));
  const stream = client.open(new Map());
  stream.write('x');
  while (streams.length === 0) await new Promise(setImmediate);
  socket.destroy();
  await Promise.all([client.closed, server.closed]);
  t.true(stream.destroyed);
  t.true(streams[0]!.destroyed);
});

test('a stream that one side destroys is cut at the other', async (t) => {
  const { client } = connect(t, (stream) => stream.destroy());
  const stream = client.open(new Map());
  await once(stream, 'close');
  t.true(stream.destroyed);
});

test('the end lets what was written through', async (t) => {
  const { client, server } = connect(t, (stream) => {
    stream.end('last words');
    stream.once('finish', () => server.end());
  });
  const stream = client.open(new Map());
  t.is(await textOf(stream), 'last words');
  await client.closed;
});

test('compressed header blocks are read one after the other', async (t) => {
  const deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  const compress = (bytes: Buffer) =>
    new Promise<Buffer>((resolve) => {
      const chunks: Buffer[] = [];
      deflate.on('data', (chunk) => chunks.push(chunk));
      deflate.write(bytes, () => {
        deflate.removeAllListeners('data');
        resolve(Buffer.concat(chunks));
      });
    });
  const reader = new HeaderReader();
  for (const [name, length] of [
    ['a', 1],
    ['b', 60_000],
    ['c', 20],
  ] as const) {
    const plain = new HeaderWriter().write(new Map([[name, 'v'.repeat(length)]])).subarray(7, -5);
    const headers = await reader.read(await compress(plain));
    t.is(headers.get(name)?.length, length);
  }
  const bomb = await compress(Buffer.alloc(10_000_000));
  t.true(bomb.length < 64 * 1024);
  await t.throwsAsync(reader.read(bomb), { message: /more than/ });
});

test('no bytes make the decoders do more than throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of [
        () => [...new FrameDecoder().push(Buffer.from(bytes))],
        () => parseHeaders(Buffer.from(bytes)),
      ]) {
        try {
          decode();
        } catch (error) {
          if (error instanceof RangeError) throw error;
        }
      }
    }),
  );
  t.pass();
});

test('frames come out the same however their bytes are cut', (t) => {
  const whole = Buffer.concat([
    encodeControl(6, [1]),
    encodeDataHead(3, 5, true),
    Buffer.from('hello'),
    encodeDataHead(3, 0, true),
    encodeControl(7, [3, 0]),
  ]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 })), (sizes) => {
      const decoder = new FrameDecoder();
      let data = '';
      let lasts = 0;
      let controls = 0;
      const take = (bytes: Buffer) => {
        for (const frame of decoder.push(bytes)) {
          if (frame.kind === 'control') controls++;
          else {
            data += String(frame.bytes);
            lasts += Number(frame.isLast);
          }
        }
      };
      let at = 0;
      for (const size of sizes) {
        take(Buffer.from(whole.subarray(at, at + size)));
        at += size;
      }
      take(Buffer.from(whole.subarray(at)));
      return data === 'hello' && lasts === 2 && controls === 2;
    }),
  );
  t.pass();
});
