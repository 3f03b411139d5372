/** Types as OpenAPI has them, with the markers that clients merge and apply by. */
import type { FieldSchema, FieldType, Scalar, TypeSchema } from '../schema.ts';
import { describeField, describeType } from './describe.ts';

export type Json = Readonly<Record<string, unknown>>;

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** The given types and all that they refer to but `seen` has not, by their full names. */
export function renderComponents(
  roots: readonly TypeSchema[],
  target: GroupVersion,
  seen = new Set<string>(),
): Record<string, Json> {
  const components = new Map<string, Json>(Object.entries(scalarComponents));
  const open = [...roots];
  for (let type = open.pop(); type; type = open.pop()) {
    if (seen.has(type.definition)) continue;
    seen.add(type.definition);
    components.set(type.definition, renderType(type, target));
    for (const field of type.fields.values()) open.push(...typesIn(field.type));
  }
  return Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const referenceTo = (definition: string): Json => ({
  $ref: `#/components/schemas/${definition}`,
});

function typesIn(type: FieldType): TypeSchema[] {
  if (type.is === 'type') return [type.schema];
  if (type.is === 'list') return typesIn(type.item);
  return type.is === 'map' ? typesIn(type.value) : [];
}

function renderType(type: TypeSchema, target: GroupVersion): Json {
  const fields = [...type.fields.values()];
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  const kinds = kindsOf(type, target);
  return {
    description: describeType(type),
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(fields.length > 0 && {
      properties: Object.fromEntries(fields.map((field) => [field.name, renderField(type, field)])),
    }),
    ...(kinds.length > 0 && { 'x-kubernetes-group-version-kind': kinds }),
    ...(type.mapType && { 'x-kubernetes-map-type': type.mapType }),
    ...(type.union && {
      'x-kubernetes-unions': [
        {
          ...(type.union.discriminator && { discriminator: type.union.discriminator }),
          'fields-to-discriminateBy': type.union.fields,
        },
      ],
    }),
  };
}

function kindsOf(
  { isKind, isKindOfEveryGroup, group, version, name }: TypeSchema,
  target: GroupVersion,
) {
  if (!isKind) return [];
  const own = { group, version, kind: name };
  const isElsewhere = isKindOfEveryGroup && target.group !== group;
  return isElsewhere ? [own, { group: target.group, version: target.version, kind: name }] : [own];
}

function renderField(type: TypeSchema, field: FieldSchema): Json {
  const body = renderFieldType(field.type);
  // Beside $ref all else would be ignored.
  const isReference = Object.hasOwn(body, '$ref');
  return {
    description: describeField(type, field),
    ...(isReference ? { allOf: [body] } : body),
    ...(field.default !== undefined && { default: field.default }),
    ...(field.enum && { enum: field.enum }),
    ...(field.listType && { 'x-kubernetes-list-type': field.listType }),
    ...(field.keys && { 'x-kubernetes-list-map-keys': field.keys }),
    ...(field.patchKey && { 'x-kubernetes-patch-merge-key': field.patchKey }),
    ...(field.patchStrategy && { 'x-kubernetes-patch-strategy': field.patchStrategy.join(',') }),
    ...(field.mapType && { 'x-kubernetes-map-type': field.mapType }),
  };
}

function renderFieldType(type: FieldType): Json {
  if (type.is === 'type') return referenceTo(type.schema.definition);
  if (type.is === 'list') return { type: 'array', items: renderFieldType(type.item) };
  if (type.is === 'map') {
    return { type: 'object', additionalProperties: renderFieldType(type.value) };
  }
  return scalarSchemas[type.scalar];
}

const machinery = 'io.k8s.apimachinery.pkg';
const definitions = {
  Time: `${machinery}.apis.meta.v1.Time`,
  MicroTime: `${machinery}.apis.meta.v1.MicroTime`,
  Quantity: `${machinery}.api.resource.Quantity`,
  IntOrString: `${machinery}.util.intstr.IntOrString`,
};

export const patchDefinition = `${machinery}.apis.meta.v1.Patch`;

const scalarComponents: Record<string, Json> = {
  [definitions.Time]: {
    description: 'A time in whole seconds, as in 2026-01-02T15:04:05Z.',
    type: 'string',
    format: 'date-time',
  },
  [definitions.MicroTime]: {
    description: 'A time in microseconds, as in 2026-01-02T15:04:05.000000Z.',
    type: 'string',
    format: 'date-time',
  },
  [definitions.Quantity]: {
    description: 'An amount, as in 500m, 2, 1.5Gi or 10M.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  [definitions.IntOrString]: {
    description: 'A whole number, or a text: a name or a percentage.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  [patchDefinition]: { description: 'Changes of an object.', type: 'object' },
};

const scalarSchemas: Record<Scalar, Json> = {
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  number: { type: 'number', format: 'double' },
  object: { type: 'object' },
  any: {},
  Time: referenceTo(definitions.Time),
  MicroTime: referenceTo(definitions.MicroTime),
  Quantity: referenceTo(definitions.Quantity),
  IntOrString: referenceTo(definitions.IntOrString),
};
