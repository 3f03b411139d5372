/**
 * The OpenAPI v2 document of the whole API (`/openapi/v2`), which older clients validate and explain
 * by. It says what the v3 documents say, in the older form, and comes in parts: all of it at once
 * would hold everybody up.
 */
import { apiVersionOf, type Resource } from '../resource.ts';
import type { GroupVersionKind } from '../schema.ts';
import type { Parameter } from './parameters.ts';
import { type Operation, type PathItem, pathItemsOf } from './paths.ts';
import { type Json, renderComponents } from './schemas.ts';
import { commonTypes, groupVersionPath, resourceListOf, typesFor } from './v3.ts';

export interface SwaggerPart {
  readonly in: 'paths' | 'definitions';
  readonly name: string;
  readonly value: Json;
}

/** What stands before the parts. */
export const swaggerHead = (version: string) => ({
  swagger: '2.0',
  info: { title: 'Kubernetes', version },
  securityDefinitions: {
    BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer …' },
  },
  security: [{ BearerToken: [] }],
});

export function* swaggerParts(resources: readonly Resource[]): Iterable<SwaggerPart> {
  const seen = new Set<string>();
  const rendered = new Set<string>();
  const byVersion = [...Map.groupBy(resources, apiVersionOf).values()];
  for (const own of byVersion) {
    const root = `/${groupVersionPath(own[0]!)}`;
    yield { in: 'paths', name: `${root}/`, value: toSwaggerPath(resourceListOf(own[0]!)) };
    for (const resource of own) {
      for (const [name, item] of pathItemsOf(resource, root)) {
        yield { in: 'paths', name, value: toSwaggerPath(item) };
      }
      const roots = [...typesFor(resource), ...commonTypes];
      const components = renderComponents(roots, resource, rendered);
      for (const [name, schema] of Object.entries(components)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const value = toSwaggerSchema(schema);
        yield {
          in: 'definitions',
          name,
          value: ofEveryGroup.has(name) ? every(value, own) : value,
        };
      }
    }
  }
  /** DeleteOptions and WatchEvent have a kind in each group version. */
  function every(value: Json, [first]: readonly Resource[]): Json {
    const kinds = value[kindsKey] as GroupVersionKind[] | undefined;
    const kind = kinds?.[0]?.kind;
    if (!first || kind === undefined) return value;
    const all = byVersion.map(([{ group, version } = first]) => ({ group, version, kind }));
    return { ...value, [kindsKey]: all };
  }
}

const kindsKey = 'x-kubernetes-group-version-kind';
const ofEveryGroup = new Set(
  commonTypes.filter((each) => each.isKindOfEveryGroup).map(({ definition }) => definition),
);

const v3Prefix = '#/components/schemas/';

/** References with something beside them, and one type where v3 gives a choice. */
export function toSwaggerSchema(schema: Json): Json {
  const { $ref, allOf, oneOf, properties, items, additionalProperties, ...rest } = schema;
  if (typeof $ref === 'string') {
    return { ...rest, $ref: $ref.replace(v3Prefix, '#/definitions/') };
  }
  if (Array.isArray(allOf)) return { ...rest, ...toSwaggerSchema(allOf[0]) };
  return {
    ...rest,
    ...(oneOf !== undefined && { type: 'string' }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as Record<string, Json>).map(([name, each]) => {
          return [name, toSwaggerSchema(each)];
        }),
      ),
    }),
    ...(items !== undefined && { items: toSwaggerSchema(items as Json) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: toSwaggerSchema(additionalProperties as Json),
    }),
  };
}

function toSwaggerPath(item: PathItem): Json {
  const entries = Object.entries(item).map(([method, value]) => {
    const isParameters = method === 'parameters';
    return [
      method,
      isParameters
        ? (value as readonly Parameter[]).map(toSwaggerParameter)
        : toSwaggerOperation(value as Operation),
    ];
  });
  return Object.fromEntries(entries);
}

const toSwaggerParameter = ({ schema, ...rest }: Parameter): Json => ({ ...rest, ...schema });

interface Content {
  readonly required?: boolean;
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Json }>>;
}

function toSwaggerOperation({ parameters, requestBody, responses, ...rest }: Operation): Json {
  const body = requestBody as Content | undefined;
  const answers = Object.entries(responses as Record<string, Content>);
  return {
    ...rest,
    consumes: Object.keys(body?.content ?? { '*/*': {} }),
    produces: Object.keys(answers[0]?.[1].content ?? {}),
    schemes: ['https'],
    parameters: [
      ...(body
        ? [
            {
              name: 'body',
              in: 'body',
              ...(body.required && { required: true }),
              schema: schemaOf(body),
            },
          ]
        : []),
      ...(parameters ?? []).map(toSwaggerParameter),
    ],
    responses: Object.fromEntries(
      answers.map(([code, answer]) => [
        code,
        { description: answer.description ?? '', schema: schemaOf(answer) },
      ]),
    ),
  };
}

function schemaOf({ content = {} }: Content): Json {
  const [first] = Object.values(content);
  return first ? toSwaggerSchema(first.schema) : {};
}
