/** Types as OpenAPI has them, with the markers that clients merge and apply by. */
import type { FieldSchema, FieldType, Scalar, TypeSchema } from '../schema.ts';

export type Json = Readonly<Record<string, unknown>>;

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** The given types and all that they refer to, by their full names. */
export function renderComponents(
  roots: readonly TypeSchema[],
  target: GroupVersion,
): Record<string, Json> {
  const components = new Map<string, Json>(Object.entries(scalarComponents));
  const seen = new Set<string>();
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
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(fields.length > 0 && {
      properties: Object.fromEntries(fields.map((field) => [field.name, renderField(field)])),
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

function renderField(field: FieldSchema): Json {
  const body = renderFieldType(field.type);
  // Beside $ref all else would be ignored.
  const isReference = Object.hasOwn(body, '$ref');
  return {
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
  [definitions.Time]: { type: 'string', format: 'date-time' },
  [definitions.MicroTime]: { type: 'string', format: 'date-time' },
  [definitions.Quantity]: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  [definitions.IntOrString]: {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  [patchDefinition]: { type: 'object' },
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
