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
  for (const [name, field] of type.fields) {
    if (name === 'status' && type.isKind) continue;
    checkField(field, object[name], { path: name, type, causes });
  }
  return causes;
}

interface Place {
  readonly path: string;
  readonly type: TypeSchema;
  readonly causes: StatusCause[];
}

function checkField(field: FieldSchema, value: unknown, place: Place): void {
  if (value === undefined) {
    if (field.required && !mayBeAbsent.has(`${place.type.name}.${field.name}`)) {
      place.causes.push(requiredValue(place.path));
    }
    return;
  }
  // Empty: the rules of the kind decide whether it may be.
  if (field.enum && value !== '' && !field.enum.includes(value as string)) {
    place.causes.push(unsupportedValue(place.path, value, field.enum));
  }
  if (isNested(field.type)) checkValue(field.type, value, place);
}

function checkValue(type: FieldType, value: unknown, place: Place): void {
  if (type.is === 'list' && Array.isArray(value)) {
    if (!isNested(type.item)) return;
    for (const [index, each] of value.entries()) {
      checkValue(type.item, each, { ...place, path: `${place.path}[${index}]` });
    }
  } else if (type.is === 'map' && isPlainObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      checkValue(type.value, each, { ...place, path: `${place.path}[${key}]` });
    }
  } else if (type.is === 'type' && isPlainObject(value)) {
    for (const [name, field] of type.schema.fields) {
      const path = `${place.path}.${name}`;
      checkField(field, value[name], { ...place, path, type: type.schema });
    }
  }
}

/** Whether a value of this type has fields of its own somewhere. */
function isNested(type: FieldType): boolean {
  if (type.is === 'list') return isNested(type.item);
  return type.is === 'map' ? isNested(type.value) : type.is === 'type';
}

/** Marked as required, but upstream takes their zero value. */
const mayBeAbsent = new Set(['EndpointSlice.endpoints', 'Event.metadata', 'Event.involvedObject']);
