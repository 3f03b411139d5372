/**
 * One version of one object: its JSON bytes, made once, and its parsed form, made when first asked
 * for. In the store the bytes lack the resourceVersion, which is the store's own revision; it is
 * put in right behind `"metadata":{`.
 */
import { parseJson } from '../../api/json.ts';
import { apiVersionOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { StatusError } from '../../base/errors.ts';
import { ownersText, shareFields } from './share-fields.ts';

const metadataStart = '"metadata":{';

export class Stored {
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly revision: number;
  /** The whole object with its resourceVersion. Shared: never changed. */
  readonly bytes: Buffer;
  #object: KubeObject | undefined;

  constructor(key: string, revision: number, bytes: Buffer, object?: KubeObject) {
    this.key = key;
    this.revision = revision;
    this.bytes = bytes;
    this.#object = object;
  }

  /** Shared: never changed. */
  get object(): KubeObject {
    this.#object ??= shareFields(parseJson(this.bytes.toString()) as KubeObject);
    return this.#object;
  }

  /** A copy that may be changed. */
  draft(): KubeObject {
    return parseJson(this.bytes.toString()) as KubeObject;
  }

  /** The same object at another revision: what a DELETED event carries. */
  at(revision: number): Stored {
    const start = this.bytes.indexOf(metadataStart) + metadataStart.length;
    const rest = start + revisionText(this.revision).length;
    const bytes = Buffer.concat([
      this.bytes.subarray(0, start),
      Buffer.from(revisionText(revision)),
      this.bytes.subarray(rest),
    ]);
    return new Stored(this.key, revision, bytes);
  }
}

/** Puts together what the store returned. */
export function fromStore(
  key: string,
  revision: number,
  value: Uint8Array,
  object?: KubeObject,
): Stored {
  const raw = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const start = raw.indexOf(metadataStart) + metadataStart.length;
  const text = revisionText(revision);
  const bytes = Buffer.allocUnsafeSlow(raw.length + text.length);
  raw.copy(bytes, 0, 0, start);
  bytes.write(text, start, 'latin1');
  raw.copy(bytes, start + text.length, start);
  if (object) shareFields(object).metadata!.resourceVersion = String(revision);
  return new Stored(key, revision, bytes, object);
}

/** As much as etcd takes: what one backend holds the other must hold too. */
const bytesMax = 1.5 * 1024 * 1024;

/**
 * What the store keeps: kind and apiVersion first, then the metadata, without resourceVersion. The
 * object shares its owners from now on.
 * @throws StatusError RequestEntityTooLarge
 */
export function toStore(resource: Resource, object: KubeObject): Buffer {
  shareFields(object);
  const { kind: _, apiVersion: __, metadata, ...rest } = object;
  const { resourceVersion: ___, managedFields, ...kept } = metadata!;
  const type = JSON.stringify({ kind: resource.kind, apiVersion: apiVersionOf(resource) });
  const owners = managedFields ? `,"managedFields":${ownersText(managedFields)}` : '';
  // An object always has a name, so both texts have something in them.
  const start = `${type.slice(0, -1)},${metadataStart}${JSON.stringify(kept).slice(1, -1)}${owners}}`;
  const end = JSON.stringify(rest);
  const bytes = Buffer.from(end === '{}' ? `${start}}` : `${start},${end.slice(1)}`);
  if (bytes.length <= bytesMax) return bytes;
  const message = `Request entity too large: the object has ${bytes.length} bytes, limit is ${bytesMax}`;
  throw new StatusError('RequestEntityTooLarge', message);
}

// An object always has a name, so something follows.
const revisionText = (revision: number) => `"resourceVersion":"${revision}",`;
