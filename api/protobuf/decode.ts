/**
 * `application/vnd.kubernetes.protobuf`, in which typed clients send: four magic bytes, then a
 * runtime.Unknown that names the kind and holds the object's own message.
 */
import { StatusError } from '../../base/errors.ts';
import type { PlainObject } from '../own.ts';
import { type TypeSchema, typeNamed, typeOfKind } from '../schema.ts';
import { decodeMessage } from './message.ts';
import { numbersOf } from './numbers.ts';
import { badProtobuf, WireReader, wire } from './wire.ts';

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

/**
 * The object as JSON would have it. Required fields, defaults and the like are for those who look
 * at JSON; only what JSON cannot say is judged here. A body's limit is its reader's business.
 * @throws StatusError BadRequest
 */
export function decodeProtobuf(bytes: Uint8Array): PlainObject {
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw badProtobuf('it does not begin with the prefix that Kubernetes gives it');
  }
  const { apiVersion, kind, raw, contentEncoding, contentType } = readUnknown(
    bytes.subarray(magic.length),
  );
  if (contentEncoding !== '') throw badProtobuf(`unknown encoding ${contentEncoding}`);
  if (contentType !== '' && contentType !== protobufMediaType) {
    throw badProtobuf(`unknown content type ${contentType}`);
  }
  if (kind === '') throw new StatusError('BadRequest', "Object 'Kind' is missing in the body");
  const schema = schemaOf(apiVersion, kind);
  if (!schema) {
    const message = `no kind ${quote(kind)} is registered for version ${quote(apiVersion)}`;
    throw new StatusError('BadRequest', message);
  }
  return { apiVersion, kind, ...decodeMessage(schema, raw) };
}

const magic = [0x6b, 0x38, 0x73, 0x00]; // "k8s", and a zero.

/** runtime.Unknown: typeMeta is 1, raw 2, contentEncoding 3, contentType 4. */
function readUnknown(bytes: Uint8Array) {
  const raw: Uint8Array = new Uint8Array();
  const unknown = { ...noType, raw, contentEncoding: '', contentType: '' };
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag.wire !== wire.bytes || tag.number > 4) reader.skip(tag);
    else if (tag.number === 1) Object.assign(unknown, readTypeMeta(reader.inner()));
    else if (tag.number === 2) unknown.raw = reader.bytes();
    else if (tag.number === 3) unknown.contentEncoding = reader.string();
    else unknown.contentType = reader.string();
  }
  return unknown;
}

const noType = { apiVersion: '', kind: '' };

/** runtime.TypeMeta: apiVersion is 1, kind 2. */
function readTypeMeta(reader: WireReader) {
  const type = { ...noType };
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag.wire !== wire.bytes || tag.number > 2) reader.skip(tag);
    else if (tag.number === 1) type.apiVersion = reader.string();
    else type.kind = reader.string();
  }
  return type;
}

/** Only what has a protobuf form: DeleteOptions are of every group. */
function schemaOf(apiVersion: string, kind: string): TypeSchema | undefined {
  if (kind === 'DeleteOptions') return typeNamed('meta-v1', kind);
  const slash = apiVersion.lastIndexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const schema = typeOfKind({ group, version: apiVersion.slice(slash + 1), kind });
  return schema?.isKind && numbersOf(schema.file, schema.name) ? schema : undefined;
}

const quote = (text: string) => JSON.stringify(text);
