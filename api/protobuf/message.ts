/**
 * From a protobuf message to the JSON object that the same Go value would have become.
 *
 * Go writes every field that it holds by value, also if it is zero, and JSON leaves such zeros out
 * (`omitempty`). So zero numbers, `false` and empty strings are dropped here, unless the table of
 * numbers says that the field's zero means something. Empty messages stay, as in Go's JSON: an
 * `emptyDir: {}` is all there is to say, and a `status: {}` does no harm.
 */
import { type PlainObject, setOwn } from '../own.ts';
import type { FieldType, Scalar, TypeSchema } from '../schema.ts';
import { type NumberedField, type Numbers, numbersOf } from './numbers.ts';
import { base64, intOrString, quantity, rawJson, time } from './scalars.ts';
import { badProtobuf, type Tag, WireReader, wire } from './wire.ts';

/** @throws StatusError BadRequest, whatever else the bytes are. */
export function decodeMessage(schema: TypeSchema, bytes: Uint8Array): PlainObject {
  const object: PlainObject = {};
  const budget = { left: valuesMax };
  fillObject(object, new WireReader(bytes), { schema, message: schema.name, depth: 0, budget });
  return object;
}

interface Level {
  readonly schema: TypeSchema; // Has the fields.
  readonly message: string; // Has the numbers: the schema's name, or a struct embedded in it.
  readonly depth: number;
  /** Of the whole message: two bytes may mean a whole object. */
  readonly budget: { left: number };
}

const valuesMax = 100_000;

// The served types nest a dozen deep, and none in itself.
const depthMax = 100;

function fillObject(object: PlainObject, reader: WireReader, level: Level): void {
  if (level.depth > depthMax) throw badProtobuf('exceeded max depth');
  const numbers = numbersIn(level);
  while (!reader.isAtEnd) {
    spend(level);
    const tag = reader.tag();
    const numbered = numbers.get(tag.number);
    if (!numbered) reader.skip(tag);
    else if (numbered.embeds === undefined) readField(object, numbered, { reader, tag, level });
    else {
      expectWire(tag, wire.bytes);
      fillObject(object, reader.inner(), {
        ...level,
        message: numbered.embeds,
        depth: level.depth + 1,
      });
    }
  }
}

function spend({ budget }: Level): void {
  budget.left -= 1;
  if (budget.left < 0) throw badProtobuf(`it has more than ${valuesMax} values`);
}

function numbersIn({ schema, message }: Level): Numbers {
  const numbers = numbersOf(schema.file, message);
  if (!numbers) throw badProtobuf(`${schema.definition} has no protobuf form`);
  return numbers;
}

interface Place {
  readonly reader: WireReader;
  readonly tag: Tag;
  readonly level: Level;
}

function readField(object: PlainObject, { name, keepsZero }: NumberedField, place: Place): void {
  const { type } = place.level.schema.fields.get(name)!;
  const known = Object.hasOwn(object, name) ? object[name] : undefined;
  if (type.is === 'list') object[name] = readItems(type.item, (known as unknown[]) ?? [], place);
  else if (type.is === 'map') object[name] = readEntry(type.value, known ?? {}, place);
  else {
    const value = readValue(type, place, known);
    const isAbsent = value === undefined || (!keepsZero && isZero(type, value));
    if (!isAbsent) object[name] = value;
    else delete object[name]; // Said twice, the last counts, even if it is zero.
  }
}

/** A port or share that is a number or a text is a struct, and Go's JSON leaves out no structs. */
const isZero = (type: FieldType, value: unknown) =>
  (value === 0 || value === '' || value === false) &&
  !(type.is === 'scalar' && type.scalar === 'IntOrString');

/** One item, or several numbers packed into one field. */
function readItems(type: FieldType, items: unknown[], place: Place): unknown[] {
  const isPacked =
    place.tag.wire === wire.bytes && type.is === 'scalar' && varints.has(type.scalar);
  if (!isPacked) {
    items.push(readValue(type, place) ?? null);
    return items;
  }
  const reader = place.reader.inner();
  const tag = { ...place.tag, wire: wire.varint };
  while (!reader.isAtEnd) {
    spend(place.level);
    items.push(readValue(type, { ...place, reader, tag }));
  }
  return items;
}

const varints: ReadonlySet<Scalar> = new Set(['boolean', 'int32', 'int64']);

/** A map is a list of messages with two fields, key and value; each may be left out. */
function readEntry(type: FieldType, map: object, place: Place): object {
  expectWire(place.tag, wire.bytes);
  const reader = place.reader.inner();
  let key = '';
  let value: unknown;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag.number === 1) {
      expectWire(tag, wire.bytes);
      key = reader.string();
    } else if (tag.number === 2) value = readMapValue(type, { ...place, reader, tag });
    else reader.skip(tag);
  }
  // The decoder after us makes the zero value of it.
  setOwn(map, key, value ?? null);
  return map;
}

/** Protobuf has no map of lists: each list is in a message of its own, as its only field. */
function readMapValue(type: FieldType, place: Place): unknown {
  if (type.is !== 'list') return readValue(type, place);
  expectWire(place.tag, wire.bytes);
  const reader = place.reader.inner();
  const items: unknown[] = [];
  while (!reader.isAtEnd) {
    spend(place.level);
    const tag = reader.tag();
    if (tag.number === 1) readItems(type.item, items, { ...place, reader, tag });
    else reader.skip(tag);
  }
  return items;
}

/** `known` is what an earlier part of the same message has said: protobuf merges the two. */
function readValue(type: FieldType, { reader, tag, level }: Place, known?: unknown): unknown {
  if (type.is === 'scalar') {
    const isVarint = varints.has(type.scalar);
    expectWire(tag, isVarint ? wire.varint : wire.bytes);
    return readScalar(type.scalar, reader);
  }
  expectWire(tag, wire.bytes);
  // No served type has lists of lists or maps of maps.
  if (type.is !== 'type') throw badProtobuf(`field ${tag.number} has no protobuf form`);
  const object = (known as PlainObject) ?? {};
  const { schema } = type;
  const { budget, depth } = level;
  fillObject(object, reader.inner(), {
    schema,
    message: schema.name,
    depth: depth + 1,
    budget,
  });
  return object;
}

function readScalar(scalar: Scalar, reader: WireReader): unknown {
  switch (scalar) {
    case 'boolean':
      return reader.boolean();
    case 'int32':
    case 'int64':
      return reader.integer();
    case 'string':
      return reader.string();
    case 'bytes':
      return base64(reader.bytes());
    case 'Time':
      return time(reader.inner(), 0);
    case 'MicroTime':
      return time(reader.inner(), 6);
    case 'Quantity':
      return quantity(reader.inner());
    case 'IntOrString':
      return intOrString(reader.inner());
    case 'object':
      return rawJson(reader.inner());
    default:
      throw badProtobuf(`a field of the type ${scalar} has no protobuf form`);
  }
}

function expectWire({ number, wire: found }: Tag, wanted: number): void {
  if (found !== wanted) throw badProtobuf(`wrong wire type ${found} of field ${number}`);
}
