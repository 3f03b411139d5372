/** /openapi/v2: one document of everything, made once, in slices, when first asked for. */
import { createHash } from 'node:crypto';
import { type DocumentParts, encodePart, finishDocument } from '../../api/openapi/gnostic.ts';
import { type SwaggerPart, swaggerHead, swaggerParts } from '../../api/openapi/v2.ts';
import type { Resource } from '../../api/resource.ts';
import { Slices } from '../../base/slices.ts';
import { mediaTypes, notAcceptable } from '../http/accept.ts';
import { type Content, sendBytes } from '../http/answer.ts';
import { gitVersion } from '../version.ts';
import type { Page } from './pages.ts';

const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const forms = new Map<string, 'json' | 'protobuf'>([
  ['application/json', 'json'],
  ['application/*', 'json'],
  ['*/*', 'json'],
  [protobufType, 'protobuf'],
  // As older clients spell it.
  [protobufType.replace('v2.v1', 'v2@v1'), 'protobuf'],
]);

export function swaggerPage(resources: readonly Resource[]): Page {
  let made: Promise<Documents> | undefined;
  return async (exchange) => {
    const form = formOf(exchange.request.headers.accept);
    made ??= make(resources);
    const content = (await made)[form];
    const isKnown = exchange.request.headers['if-none-match'] === content.headers?.etag;
    const code = isKnown ? 304 : 200;
    await sendBytes(exchange, code, isKnown ? { ...content, bytes: Buffer.alloc(0) } : content);
  };
}

/** @throws StatusError NotAcceptable */
function formOf(accept = '*/*'): 'json' | 'protobuf' {
  for (const { type } of mediaTypes(accept)) {
    const form = forms.get(type);
    if (form) return form;
  }
  throw notAcceptable();
}

interface Documents {
  readonly json: Content;
  readonly protobuf: Content;
}

async function make(resources: readonly Resource[]): Promise<Documents> {
  const slices = new Slices();
  const texts = { paths: [] as string[], definitions: [] as string[] };
  const messages = { paths: [] as Uint8Array[], definitions: [] as Uint8Array[] };
  for (const part of swaggerParts(resources)) {
    texts[part.in].push(textOf(part));
    messages[part.in].push(encodePart(part));
    if (slices.isOver) await slices.next();
  }
  const head = swaggerHead(gitVersion);
  const json = Buffer.from(
    `${JSON.stringify(head).slice(0, -1)},"paths":{${texts.paths.join(',')}},` +
      `"definitions":{${texts.definitions.join(',')}}}\n`,
  );
  await slices.next();
  const protobuf = Buffer.from(finishDocument(head, messages satisfies DocumentParts));
  return { json: contentOf(json, 'application/json'), protobuf: contentOf(protobuf, protobufType) };
}

const textOf = ({ name, value }: SwaggerPart) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;

function contentOf(bytes: Buffer, type: string): Content {
  const hash = createHash('sha256').update(bytes).digest('hex').toUpperCase();
  const headers = { etag: `"${hash}"`, vary: 'Accept', 'cache-control': 'public' };
  return { bytes, type, headers };
}
