import test from 'ava';
import fc from 'fast-check';
import { decodeFields, encodeFields, encodeFrame, FrameDecoder } from './monitor-wire.ts';

const frame = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

test('frames come out as they went in, wherever the stream is cut', (t) => {
  const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), cuts, (frames, at) => {
      const bytes = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));
      const edges = [0, ...at.map((cut) => Math.min(cut, bytes.length)), bytes.length];
      edges.sort((a, b) => a - b);
      const decoder = new FrameDecoder();
      const pieces = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
      const decoded = pieces.flatMap((piece) => decoder.push(piece));
      t.deepEqual(
        decoded.map(({ type, payload }) => ({ type, payload: [...payload] })),
        frames.map(({ type, payload }) => ({ type, payload: [...payload] })),
      );
    }),
  );
});

test('fields come out as they went in, in order, with any text but NUL', (t) => {
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
  const key = text.map((value) => value.replaceAll('=', ''));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, text)), (fields) => {
      t.deepEqual(decodeFields(encodeFields(fields)), fields);
    }),
  );
});

test('any bytes are frames or a RangeError, never anything else', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        const frames = new FrameDecoder().push(bytes);
        t.true(frames.every(({ payload }) => payload.length <= bytes.length));
      } catch (error) {
        t.true(error instanceof RangeError);
      }
    }),
  );
});
