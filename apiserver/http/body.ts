/** Reads and decodes request bodies, with a limit on everything that a hostile one could grow. */
import { load } from 'js-yaml';
import { decodeProtobuf, protobufMediaType } from '../../api/protobuf/decode.ts';
import { messageOf, StatusError } from '../../base/errors.ts';
import type { HttpRequest } from '../request.ts';
import { depthMax, duplicateFields, isTooDeep } from './json-text.ts';

const bytesMax = 3 * 1024 * 1024;
const slowMs = 30_000;

export interface Body {
  readonly value: unknown;
  /** Paths of keys that the text has twice. Computed when asked for. */
  readonly duplicates: () => string[];
}

/** @throws StatusError RequestEntityTooLarge, UnsupportedMediaType, Timeout */
export function readBytes(request: HttpRequest): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const encoding = request.headers['content-encoding'];
  if (encoding && encoding !== 'identity') {
    throw new StatusError('UnsupportedMediaType', `content encoding ${encoding} is not supported`);
  }
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => {
    reject(new StatusError('Timeout', 'the request body did not come in time'));
  }, slowMs);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > bytesMax) reject(tooLarge());
    else chunks.push(chunk);
  });
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  request.on('error', reject);
  request.on('close', () => reject(new StatusError('BadRequest', 'the request was cut off')));
  return promise.finally(() => clearTimeout(timer));
}

const tooLarge = () =>
  new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${bytesMax}`);

/** @throws StatusError BadRequest, UnsupportedMediaType */
export function decodeBody(bytes: Buffer, contentType: string): Body {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === '' || type === 'application/json' || type.endsWith('+json')) return json(bytes);
  if (type === 'application/yaml' || type.endsWith('+yaml')) return yaml(bytes);
  if (type === protobufMediaType) return { value: decodeProtobuf(bytes), duplicates: () => [] };
  const supported = `application/json, application/yaml, ${protobufMediaType}`;
  throw new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${supported}`,
  );
}

function json(bytes: Buffer): Body {
  if (isTooDeep(bytes)) throw bad(`the body is nested more than ${depthMax} deep`);
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return { value, duplicates: () => duplicateFields(bytes) };
  } catch (error) {
    throw bad(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
}

function yaml(bytes: Buffer): Body {
  try {
    const value: unknown = load(bytes.toString(), { maxDepth: 100, maxAliases: 0 });
    // Through JSON: only plain data comes out, whatever YAML can say.
    return { value: JSON.parse(JSON.stringify(value ?? null)), duplicates: () => [] };
  } catch (error) {
    throw bad(`error parsing YAML: ${messageOf(error)}`);
  }
}

const bad = (message: string) => new StatusError('BadRequest', message);

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
