/** The messages that are one value in JSON: times, quantities, ports, objects of any kind. */
import { isDeeperThan } from '../nesting.ts';
import { badProtobuf, type Tag, type WireReader, wire } from './wire.ts';

/** resource.Quantity: `string` is 1. */
export function quantity(message: WireReader): string {
  let text = '';
  eachField(message, (tag, reader) => {
    if (tag.number !== 1 || tag.wire !== wire.bytes) return false;
    text = reader.string();
    return true;
  });
  return text || '0';
}

/** intstr.IntOrString: `type` is 1 (zero for a number), `intVal` is 2, `strVal` is 3. */
export function intOrString(message: WireReader): number | string {
  let isText = false;
  let number = 0;
  let text = '';
  eachField(message, (tag, reader) => {
    const isNumber = tag.number === 1 || tag.number === 2;
    if (tag.wire !== (isNumber ? wire.varint : wire.bytes) || tag.number > 3) return false;
    if (tag.number === 1) isText = reader.integer() !== 0;
    else if (tag.number === 2) number = reader.integer();
    else text = reader.string();
    return true;
  });
  return isText ? text : number;
}

/**
 * Time and MicroTime: `seconds` is 1, `nanos` is 2, both since 1970. RFC 3339 with that many
 * digits; undefined for an empty message, which is how Go writes that there is no time.
 */
export function time(message: WireReader, digits: 0 | 6): string | undefined {
  if (message.isAtEnd) return undefined;
  let seconds = 0;
  let nanos = 0;
  eachField(message, (tag, reader) => {
    if (tag.number > 2 || tag.wire !== wire.varint) return false;
    if (tag.number === 1) seconds = reader.integer();
    else nanos = reader.integer();
    return true;
  });
  if (seconds < secondsMin || seconds > secondsMax) throw badProtobuf('a time is out of range');
  if (nanos < 0 || nanos > 999_999_999) throw badProtobuf('the nanos of a time are out of range');
  const second = new Date(seconds * 1000).toISOString().slice(0, 19);
  const fraction = String(nanos).padStart(9, '0').slice(0, digits);
  return digits === 0 ? `${second}Z` : `${second}.${fraction}Z`;
}

/** The years 1 to 9999: those that RFC 3339 can write and Go counts from. */
const secondsMin = -62_135_596_800;
const secondsMax = 253_402_300_799;

/** RawExtension and FieldsV1: `raw` is 1, and holds JSON. */
export function rawJson(message: WireReader): unknown {
  let text = '';
  eachField(message, (tag, reader) => {
    if (tag.number !== 1 || tag.wire !== wire.bytes) return false;
    text = reader.string();
    return true;
  });
  if (text === '') return undefined;
  const value = parseJson(text);
  if (isDeeperThan(value, jsonDepthMax)) throw badProtobuf('exceeded max depth');
  return value ?? undefined;
}

const jsonDepthMax = 200;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badProtobuf('an object inside is not valid JSON');
  }
}

/** As JSON has bytes. In pieces: arguments of a call are limited. */
export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += piece) {
    binary += String.fromCharCode(...bytes.subarray(start, start + piece));
  }
  return btoa(binary);
}

const piece = 8192;

type Take = (tag: Tag, reader: WireReader) => boolean;

/** What `take` does not take is passed over. */
function eachField(reader: WireReader, take: Take): void {
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (!take(tag, reader)) reader.skip(tag);
  }
}
