/** Reads and decodes request bodies, with a limit on everything that a hostile one could grow. */
import { parseJson } from '../../api/json.ts';
import { decodeProtobuf, protobufMediaType } from '../../api/protobuf/decode.ts';
import { messageOf, StatusError } from '../../base/errors.ts';
import type { HttpRequest } from '../request.ts';
import { fieldProblems, refuseJson, refuseValue, saysTwice } from './json-text.ts';
import { parseYaml, refuseYaml, twiceInYaml } from './yaml-text.ts';

const bytesMax = 3 * 1024 * 1024;
const slowMs = 30_000;

export interface Body {
  readonly value: unknown;
  /**
   * What a strict reader objects to, in upstream's words: `unknown` are the paths of fields that
   * the schema does not know; keys that the text has twice are found when asked for.
   */
  readonly problems?: (unknown: readonly string[]) => string[];
  readonly isYaml?: boolean;
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
  let chunks: Buffer[] = [];
  let size = 0;
  let isOver = false;
  const fail = (error: StatusError) => {
    isOver = true;
    clearTimeout(timer);
    reject(error);
  };
  const timer = setTimeout(() => {
    fail(new StatusError('Timeout', 'the request body did not come in time'));
  }, slowMs);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= bytesMax) chunks.push(chunk);
    else {
      chunks = []; // What still comes is let go.
      if (!isOver) fail(tooLarge());
    }
  });
  request.on('end', () => {
    isOver = true;
    clearTimeout(timer);
    resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  });
  // Also after the end, when an error would cost its stack trace for nothing.
  const onCut = () => {
    if (!isOver) fail(cutOff());
  };
  request.on('error', onCut);
  request.on('close', onCut);
  return promise;
}

const tooLarge = () =>
  new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${bytesMax}`);
const cutOff = () => new StatusError('BadRequest', 'the request was cut off');

/** @throws StatusError BadRequest, UnsupportedMediaType */
export function decodeBody(bytes: Buffer, contentType: string): Body {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === '' || type === 'application/json' || type.endsWith('+json')) return json(bytes);
  if (type === 'application/yaml' || type.endsWith('+yaml')) return yaml(bytes);
  if (type === protobufMediaType) return { value: checkWidth(decodeProtobuf(bytes)) };
  const supported = `application/json, application/yaml, ${protobufMediaType}`;
  throw new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${supported}`,
  );
}

function checkWidth(value: unknown): unknown {
  const refusal = refuseValue(value);
  if (refusal) throw unreadable(refusal);
  return value;
}

function json(bytes: Buffer): Body {
  const refusal = refuseJson(bytes);
  if (refusal) throw unreadable(refusal);
  try {
    const value = parseJson(bytes.toString());
    const isSound = !saysTwice(bytes, value);
    const problems = (unknown: readonly string[]) =>
      isSound && unknown.length === 0 ? [] : fieldProblems(bytes, unknown);
    return { value, problems };
  } catch (error) {
    throw bad(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
}

/** JSON is YAML, and most clients that say YAML send it: it is read as the faster of the two. */
function yaml(bytes: Buffer): Body {
  const refusal = refuseYaml(bytes);
  if (refusal) throw unreadable(refusal);
  const text = bytes.toString();
  if (bytes[0] === openBrace) {
    try {
      return json(bytes);
    } catch {
      // Braces do not make it JSON.
    }
  }
  const value = checkWidth(readYaml(text));
  const problems = (unknown: readonly string[]) => [
    ...twiceInYaml(text),
    ...unknown.map((path) => `unknown field "${path}"`),
  ];
  return { value, problems, isYaml: true };
}

function readYaml(text: string): unknown {
  try {
    return parseYaml(text) ?? null;
  } catch (error) {
    throw bad(`error parsing YAML: ${messageOf(error)}`);
  }
}

const openBrace = 0x7b;
const unreadable = (why: string) => bad(`the body cannot be read: ${why}`);
const bad = (message: string) => new StatusError('BadRequest', message);

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
