/**
 * The OpenAPI v2 document as gnostic's protobuf (openapi.v2.Document), which is what older kubectls
 * ask for. Numbers are those of gnostic's openapiv2/OpenAPIv2.proto.
 */
import { MessageWriter } from './message-writer.ts';
import type { Json } from './schemas.ts';
import type { SwaggerPart, swaggerHead } from './v2.ts';

const message = () => new MessageWriter();

/** One entry of `paths` or `definitions`: for `finishDocument`. */
export function encodePart({ in: place, name, value }: SwaggerPart): Uint8Array {
  const inner = place === 'paths' ? pathItem(value) : schema(value);
  return named(name, inner);
}

export interface DocumentParts {
  readonly paths: readonly Uint8Array[];
  readonly definitions: readonly Uint8Array[];
}

export function finishDocument(
  head: ReturnType<typeof swaggerHead>,
  { paths, definitions }: DocumentParts,
): Uint8Array {
  const { swagger, info, securityDefinitions } = head;
  const { type, name, in: place, description } = securityDefinitions.BearerToken;
  const key = message().text(1, type).text(2, name).text(3, place).text(4, description).finish();
  const security = named('BearerToken', message().bytes(2, key).finish());
  return message()
    .text(1, swagger)
    .bytes(2, message().text(1, info.title).text(2, info.version).finish())
    .bytes(8, all(2, paths))
    .bytes(9, all(1, definitions))
    .bytes(13, message().bytes(1, security).finish())
    .finish();
}

function all(number: number, parts: readonly Uint8Array[]): Uint8Array {
  const writer = message();
  for (const part of parts) writer.bytes(number, part);
  return writer.finish();
}

/** Every Named… message is alike. */
const named = (name: string, value: Uint8Array): Uint8Array =>
  message().text(1, name).bytes(2, value).finish();

/** Any carries YAML, and JSON is YAML. */
const any = (value: unknown): Uint8Array =>
  message()
    .text(2, `${JSON.stringify(value)}\n`)
    .finish();

function extensions(writer: MessageWriter, number: number, value: Json): MessageWriter {
  for (const [key, each] of Object.entries(value)) {
    if (key.startsWith('x-')) writer.bytes(number, named(key, any(each)));
  }
  return writer;
}

type Schema = Json & {
  readonly $ref?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly additionalProperties?: Json;
  readonly items?: Json;
  readonly properties?: Readonly<Record<string, Json>>;
};

function schema(value: Schema): Uint8Array {
  const { properties, additionalProperties, items, type } = value;
  const writer = message()
    .text(1, value.$ref)
    .text(2, value.format)
    .text(4, value.description)
    .bytes(5, value.default === undefined ? undefined : any(value.default))
    .texts(19, value.required);
  for (const choice of value.enum ?? []) writer.bytes(20, any(choice));
  if (additionalProperties) {
    writer.bytes(21, message().bytes(1, schema(additionalProperties)).finish());
  }
  if (type) writer.bytes(22, message().text(1, type).finish());
  if (items) writer.bytes(23, message().bytes(1, schema(items)).finish());
  if (properties) {
    const entries = Object.entries(properties).map(([name, each]) => named(name, schema(each)));
    writer.bytes(25, all(1, entries));
  }
  return extensions(writer, 31, value).finish();
}

const methods = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(value: Json): Uint8Array {
  const writer = message();
  for (const [method, number] of Object.entries(methods)) {
    const found = value[method] as Json | undefined;
    if (found) writer.bytes(number, operation(found));
  }
  for (const each of (value.parameters as Json[] | undefined) ?? []) {
    writer.bytes(9, parametersItem(each));
  }
  return writer.finish();
}

function operation(value: Json): Uint8Array {
  const writer = message()
    .texts(1, value.tags as string[])
    .text(3, value.description as string)
    .text(5, value.operationId as string)
    .texts(6, value.produces as string[])
    .texts(7, value.consumes as string[]);
  for (const each of value.parameters as Json[]) writer.bytes(8, parametersItem(each));
  const responses = Object.entries(value.responses as Record<string, Json>).map(([code, each]) => {
    return named(code, message().bytes(1, response(each)).finish());
  });
  writer.bytes(9, all(1, responses)).texts(10, value.schemes as string[]);
  return extensions(writer, 13, value).finish();
}

function response({ description, schema: of }: Json): Uint8Array {
  const item = message().bytes(1, schema(of as Schema));
  return message()
    .text(1, description as string)
    .bytes(2, item.finish())
    .finish();
}

/** In the body, in the query or in the path: each is another message. */
function parametersItem(value: Json): Uint8Array {
  const parameter = message();
  if (value.in === 'body') parameter.bytes(1, bodyParameter(value));
  else {
    const isQuery = value.in === 'query';
    const other = message().bytes(isQuery ? 3 : 4, simpleParameter(value, isQuery));
    parameter.bytes(2, other.finish());
  }
  return message().bytes(1, parameter.finish()).finish();
}

const bodyParameter = (value: Json): Uint8Array =>
  message()
    .text(2, value.name as string)
    .text(3, 'body')
    .flag(4, value.required as boolean)
    .bytes(5, schema(value.schema as Schema))
    .finish();

const simpleParameter = (value: Json, isQuery: boolean): Uint8Array =>
  message()
    .flag(1, value.required as boolean)
    .text(2, value.in as string)
    .text(4, value.name as string)
    .text(isQuery ? 6 : 5, value.type as string)
    .flag(isQuery ? 20 : 19, value.uniqueItems as boolean)
    .finish();
