/**
 * SPDY/3.1 frames, as bytes and back. Source: the draft "SPDY Protocol 3.1", section 2.2. Header
 * blocks stay compressed here: see header-block.ts. Pure.
 */

export const controlTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Why a stream is cut. */
export const resetReasons = { protocolError: 1, refusedStream: 3, cancel: 5 } as const;

export interface ControlFrame {
  readonly kind: 'control';
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** A piece of a data frame: a long one comes in as many pieces as its bytes arrive in. */
export interface DataPiece {
  readonly kind: 'data';
  readonly streamId: number;
  readonly bytes: Buffer;
  /** The sender says no more on this stream. Only ever set in the last piece of a frame. */
  readonly isLast: boolean;
}

export type Frame = ControlFrame | DataPiece;

export const flagFin = 1;
const headBytes = 8;
const version = 3;
const streamIdMax = 0x7f_ff_ff_ff;
/** Header blocks are small here; whoever sends a larger frame is no client of ours. */
const controlBytesMax = 64 * 1024;

/** @throws Error for what is not SPDY/3.1; nothing can be read after it */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);
  #data: { readonly streamId: number; readonly isLast: boolean; bytesLeft: number } | undefined;

  *push(bytes: Buffer): Generator<Frame> {
    let input = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = Buffer.alloc(0);
    while (input.length > 0) {
      const taken = this.#data ? this.#takeData(input) : this.#takeFrame(input);
      if (!taken) {
        this.#rest = Buffer.from(input); // A copy: the bytes may be the socket's own.
        return;
      }
      input = input.subarray(taken.bytes);
      if (taken.frame) yield taken.frame;
    }
  }

  #takeData(input: Buffer) {
    const data = this.#data!;
    const bytes = input.subarray(0, data.bytesLeft);
    data.bytesLeft -= bytes.length;
    const isWhole = data.bytesLeft === 0;
    if (isWhole) this.#data = undefined;
    return { bytes: bytes.length, frame: pieceOf(data.streamId, bytes, isWhole && data.isLast) };
  }

  /** Undefined while there is too little of it. */
  #takeFrame(input: Buffer): { bytes: number; frame?: Frame } | undefined {
    if (input.length < headBytes) return undefined;
    const flags = input[4]!;
    const length = input.readUIntBE(5, 3);
    const word = input.readUInt32BE(0);
    if (word <= streamIdMax) {
      const isLast = (flags & flagFin) !== 0;
      if (length === 0) return { bytes: headBytes, frame: pieceOf(word, Buffer.alloc(0), isLast) };
      this.#data = { streamId: word, isLast, bytesLeft: length };
      return { bytes: headBytes };
    }
    if (input.readUInt16BE(0) !== (0x80_00 | version)) throw new Error('not SPDY/3');
    if (length > controlBytesMax) throw new Error(`a control frame of ${length} bytes`);
    if (input.length < headBytes + length) return undefined;
    const payload = Buffer.from(input.subarray(headBytes, headBytes + length));
    const frame: ControlFrame = { kind: 'control', type: input.readUInt16BE(2), flags, payload };
    return { bytes: headBytes + length, frame };
  }
}

const pieceOf = (streamId: number, bytes: Buffer, isLast: boolean): DataPiece => ({
  kind: 'data',
  streamId,
  bytes,
  isLast,
});

/** The first number of a payload: mostly the stream that it is about. */
export function streamIdOf({ payload, type }: ControlFrame): number {
  if (payload.length < 4) throw new Error(`a frame of type ${type} that is cut short`);
  return payload.readUInt32BE(0) & streamIdMax;
}

/** Of a SYN_STREAM, SYN_REPLY or HEADERS frame. */
export const headerBlockOf = ({ payload, type }: ControlFrame): Buffer =>
  payload.subarray(type === controlTypes.synStream ? 10 : 4);

/** The head of a data frame; `length` bytes follow it. */
export function encodeDataHead(streamId: number, length: number, isLast: boolean): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(streamId, 0);
  head[4] = isLast ? flagFin : 0;
  head.writeUIntBE(length, 5, 3);
  return head;
}

export function encodeControl(type: number, words: readonly number[], block?: Buffer): Buffer {
  const frame = Buffer.alloc(headBytes + words.length * 4 + (block?.length ?? 0));
  frame.writeUInt16BE(0x80_00 | version, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUIntBE(frame.length - headBytes, 5, 3);
  for (const [index, word] of words.entries()) frame.writeUInt32BE(word, headBytes + index * 4);
  block?.copy(frame, headBytes + words.length * 4);
  return frame;
}

/** Priority and slot are left at zero. */
export const encodeSynStream = (streamId: number, block: Buffer): Buffer =>
  encodeControl(controlTypes.synStream, [streamId, 0], Buffer.concat([Buffer.alloc(2), block]));
