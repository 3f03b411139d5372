/**
 * From JSON to an object of a type: what upstream's decoder does before anything else sees it.
 * Unknown fields are dropped and reported, nulls are absent fields, quantities become canonical,
 * and a value of the wrong type ends the request with BadRequest.
 */
import { StatusError } from '../../base/errors.ts';
import { isDeeperThan } from '../nesting.ts';
import { isPlainObject, type PlainObject, setOwn } from '../own.ts';
import { canonicalQuantity } from '../quantity.ts';
import type { FieldSchema, FieldType, Scalar, TypeSchema } from '../schema.ts';

export interface Decoded {
  /** Paths as in `spec.containers[0].imagee`, in the order in which they were met. */
  readonly unknownFields: readonly string[];
}

/**
 * Changes the draft, which the caller gives up.
 * @throws StatusError BadRequest
 */
export function decodeObject(type: TypeSchema, draft: unknown): Decoded {
  const walk: Walk = { root: type, unknownFields: [], depth: 0 };
  if (!isPlainObject(draft)) {
    throw badObject(type, `json: cannot unmarshal ${jsonNameOf(draft)} into Go value`);
  }
  decodeFields(type, draft, '', walk);
  return { unknownFields: walk.unknownFields };
}

interface Walk {
  readonly root: TypeSchema;
  readonly unknownFields: string[];
  depth: number;
}

interface Place {
  readonly type: TypeSchema; // The struct that has the field, for messages.
  readonly path: string;
}

// Only custom resource definitions nest in themselves; nothing that people write comes near.
const depthMax = 200;

function decodeFields(type: TypeSchema, draft: PlainObject, path: string, walk: Walk): void {
  walk.depth += 1;
  if (walk.depth > depthMax) throw badObject(walk.root, 'exceeded max depth');
  const prefix = path && `${path}.`;
  for (const key of Object.keys(draft)) {
    const field = type.fields.get(key);
    if (!field) {
      walk.unknownFields.push(prefix + key);
      delete draft[key];
    } else if (draft[key] === null) delete draft[key];
    else draft[key] = decode(field.type, draft[key], { type, path: prefix + key }, walk);
  }
  for (const field of defaultedFields(type)) {
    if (!Object.hasOwn(draft, field.name)) draft[field.name] = field.default;
  }
  walk.depth -= 1;
}

const defaulted = new WeakMap<TypeSchema, readonly FieldSchema[]>();

function defaultedFields(type: TypeSchema): readonly FieldSchema[] {
  const known = defaulted.get(type);
  if (known) return known;
  const fields = [...type.fields.values()].filter((field) => field.default !== undefined);
  defaulted.set(type, fields);
  return fields;
}

function decode(type: FieldType, given: unknown, place: Place, walk: Walk): unknown {
  // A null field is an absent one, so this one stands in a list or map.
  const value = given ?? zeroOf(type);
  if (value === null) return null;
  if (type.is === 'scalar') return decodeScalar(type.scalar, value, place, walk);
  if (type.is === 'list') {
    if (!Array.isArray(value)) throw wrongType(type, value, place, walk);
    for (let index = 0; index < value.length; index += 1) {
      const path = `${place.path}[${index}]`;
      value[index] = decode(type.item, value[index], { ...place, path }, walk);
    }
    return value;
  }
  if (!isPlainObject(value)) throw wrongType(type, value, place, walk);
  if (type.is === 'type') decodeFields(type.schema, value, place.path, walk);
  else {
    for (const key of Object.keys(value)) {
      const path = `${place.path}.${key}`;
      const each = decode(type.value, value[key], { ...place, path }, walk);
      if (each !== value[key]) setOwn(value, key, each);
    }
  }
  return value;
}

/** A null inside a list or map is the zero value of what it holds; that of a time is null. */
function zeroOf(type: FieldType): unknown {
  if (type.is === 'list') return [];
  if (type.is !== 'scalar') return {};
  if (type.scalar === 'boolean') return false;
  if (['object', 'any', 'Time', 'MicroTime'].includes(type.scalar)) return null;
  if (['int32', 'int64', 'number', 'IntOrString'].includes(type.scalar)) return 0;
  return type.scalar === 'Quantity' ? '0' : '';
}

function decodeScalar(scalar: Scalar, value: unknown, place: Place, walk: Walk): unknown {
  const problem = scalarChecks[scalar](value);
  if (problem === wrong) throw wrongType({ is: 'scalar', scalar }, value, place, walk);
  if (problem !== undefined) throw badObject(walk.root, problem);
  if (scalar === 'number') return Number(value);
  if (scalar !== 'Quantity' || (typeof value === 'string' && plainNumber.test(value))) return value;
  return canonicalQuantity(textOrNumber(value));
}

const plainNumber = /^(0|[1-9]\d{0,2})$/;
const wrong = Symbol('wrong JSON type');
type Check = (value: unknown) => typeof wrong | string | undefined;

const ofType =
  (name: string): Check =>
  (value) =>
    typeof value === name ? undefined : wrong;

const wholeNumber =
  (bits: 32 | 64): Check =>
  (value) => {
    if (typeof value !== 'bigint' && !Number.isInteger(value)) return wrong;
    const whole = BigInt(value as bigint | number);
    return whole === BigInt.asIntN(bits, whole) ? undefined : wrong;
  };

/** Beyond 2^53 a number comes as a BigInt (api/json.ts). */
const textOrNumber = (value: unknown) =>
  typeof value === 'bigint' ? String(value) : (value as string | number);

/** A sentence where the text is at fault, `wrong` where the JSON type is. */
const scalarChecks: Record<Scalar, Check> = {
  string: ofType('string'),
  boolean: ofType('boolean'),
  number: (value) => (typeof value === 'number' || typeof value === 'bigint' ? undefined : wrong),
  int32: wholeNumber(32),
  int64: wholeNumber(64),
  any: depthCheck,
  object: (value) => (value === null || isPlainObject(value) ? depthCheck(value) : wrong),
  IntOrString: (value) => (typeof value === 'string' ? undefined : wholeNumber(32)(value)),
  bytes: (value) => {
    if (typeof value !== 'string') return wrong;
    return base64.test(value) && value.replace(/[\r\n]/g, '').length % 4 === 0
      ? undefined
      : `illegal base64 data at input byte ${Math.max(0, value.search(/[^A-Za-z0-9+/\r\n]/))}`;
  },
  Time: timeCheck,
  MicroTime: timeCheck,
  Quantity: (value) => {
    const given = textOrNumber(value);
    if (typeof given !== 'string' && typeof given !== 'number') return wrong;
    try {
      canonicalQuantity(given);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

function depthCheck(value: unknown): string | undefined {
  return isDeeperThan(value, depthMax) ? 'exceeded max depth' : undefined;
}

const base64 = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function timeCheck(value: unknown): typeof wrong | string | undefined {
  if (typeof value !== 'string') return wrong;
  if (rfc3339.test(value) && !Number.isNaN(Date.parse(value))) return undefined;
  const shown = JSON.stringify(value);
  return `parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"`;
}

function wrongType(type: FieldType, value: unknown, { type: struct, path }: Place, walk: Walk) {
  const field = `${struct.name}.${path.replace(/\[\d+\]/g, '')}`;
  return badObject(
    walk.root,
    `json: cannot unmarshal ${jsonNameOf(value)} into Go struct field ${field} of type ` +
      goTypeOf(type),
  );
}

const badObject = ({ name, group, version }: TypeSchema, why: string) =>
  new StatusError(
    'BadRequest',
    `${name} in version "${group ? `${group}/${version}` : version}" cannot be handled as a ` +
      `${name}: ${why}`,
  );

function jsonNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && !Number.isInteger(value)) return `number ${value}`;
  if (typeof value === 'bigint') return `number ${value}`;
  return typeof value;
}

function goTypeOf(type: FieldType): string {
  if (type.is === 'list') return `[]${goTypeOf(type.item)}`;
  if (type.is === 'map') return `map[string]${goTypeOf(type.value)}`;
  if (type.is === 'type') return `${type.schema.version}.${type.schema.name}`;
  return goScalars[type.scalar] ?? type.scalar;
}

const goScalars: Partial<Record<Scalar, string>> = {
  boolean: 'bool',
  bytes: '[]uint8',
  number: 'float64',
  object: 'map[string]interface {}',
  Time: 'v1.Time',
  MicroTime: 'v1.MicroTime',
  Quantity: 'resource.Quantity',
  IntOrString: 'intstr.IntOrString',
};
