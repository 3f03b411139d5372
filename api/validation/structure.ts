/**
 * What the schema alone can say of an object that was decoded and defaulted: required fields are
 * there, enums have one of their values.
 */
import type { StatusCause } from '../../base/errors.ts';
import { isPlainObject, type PlainObject } from '../own.ts';
import type { FieldSchema, FieldType, TypeSchema } from '../schema.ts';
import { requiredValue, unsupportedValue } from './cause.ts';

/**
 * Status is left out: components write it, and upstream's clients always send its zero values.
 * `metadata` is left to validateMetadata.
 */
export function validateStructure(type: TypeSchema, object: PlainObject): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const checked of checkedFields(type)) {
    const { name } = checked.field;
    if (name === 'status' && type.isKind) continue;
    checkField(checked, object[name], { path: name, causes });
  }
  return causes;
}

interface Place {
  readonly path: string;
  readonly causes: StatusCause[];
}

function checkField({ field, mayBeAbsent, isNested }: Checked, value: unknown, place: Place): void {
  if (value === undefined) {
    if (!mayBeAbsent) place.causes.push(requiredValue(place.path));
    return;
  }
  // Empty: the rules of the kind decide whether it may be.
  if (field.enum && value !== '' && !field.enum.includes(value as string)) {
    place.causes.push(unsupportedValue(place.path, value, field.enum));
  }
  if (isNested) checkValue(field.type, value, place);
}

function checkValue(type: FieldType, value: unknown, { path, causes }: Place): void {
  if (type.is === 'list' && Array.isArray(value)) {
    if (!hasFields(type.item)) return;
    for (let index = 0; index < value.length; index += 1) {
      checkValue(type.item, value[index], { path: `${path}[${index}]`, causes });
    }
  } else if (type.is === 'map' && isPlainObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      checkValue(type.value, each, { path: `${path}[${key}]`, causes });
    }
  } else if (type.is === 'type' && isPlainObject(value)) {
    for (const checked of checkedFields(type.schema)) {
      const { name } = checked.field;
      const each = value[name];
      // Most fields are absent and may be: nobody asks for their paths.
      if (each === undefined && checked.mayBeAbsent) continue;
      checkField(checked, each, { path: `${path}.${name}`, causes });
    }
  }
}

/** A field of which the schema has something to say. */
interface Checked {
  readonly field: FieldSchema;
  readonly mayBeAbsent: boolean;
  readonly isNested: boolean;
}

const checked = new WeakMap<TypeSchema, readonly Checked[]>();

function checkedFields(type: TypeSchema): readonly Checked[] {
  const known = checked.get(type);
  if (known) return known;
  const all = [...type.fields.values()].map((field): Checked => {
    const mayBeAbsent = !field.required || zeroTaken.has(`${type.name}.${field.name}`);
    return { field, mayBeAbsent, isNested: hasFields(field.type) };
  });
  const fields = all.filter((each) => !each.mayBeAbsent || each.isNested || each.field.enum);
  checked.set(type, fields);
  return fields;
}

/** Whether a value of this type has fields of its own somewhere. */
function hasFields(type: FieldType): boolean {
  if (type.is === 'list') return hasFields(type.item);
  return type.is === 'map' ? hasFields(type.value) : type.is === 'type';
}

/** Marked as required, but upstream takes their zero value. */
const zeroTaken = new Set(['EndpointSlice.endpoints', 'Event.metadata', 'Event.involvedObject']);
