/**
 * Structural schemas: every value has one known type, so that unknown fields can be dropped and
 * defaults filled in. What is checked here is their shape; values come with custom resources.
 */
import type { StatusCause } from '../../base/errors.ts';
import { isPlainObject } from '../own.ts';
import type { JSONSchemaProps } from '../types/apiextensions-v1.generated.ts';
import { forbiddenValue, requiredValue, unsupportedValue } from './cause.ts';

export function checkRootSchema(schema: JSONSchemaProps, path: string): StatusCause[] {
  if (!schema.type) return [requiredValue(`${path}.type`, 'must not be empty at the root')];
  if (schema.type !== 'object') return [unsupportedValue(`${path}.type`, schema.type, ['object'])];
  return checkSchema(schema, { path, what: 'the root' });
}

interface Place {
  readonly path: string;
  readonly what: string; // For the message about a missing type.
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

function checkSchema(schema: JSONSchemaProps, { path, what }: Place): StatusCause[] {
  const causes = [...checkType(schema, { path, what }), ...checkUnused(schema, path)];
  const { properties, items, additionalProperties: additional } = schema;
  if (additional !== undefined && properties && Object.keys(properties).length > 0) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    causes.push(forbiddenValue(`${path}.additionalProperties`, detail));
  }
  if (schema.type === 'array' && items === undefined) {
    causes.push(requiredValue(`${path}.items`, 'must be specified'));
  }
  if (Array.isArray(items)) {
    const detail = 'items must be a schema object and not an array';
    causes.push(forbiddenValue(`${path}.items`, detail));
  }
  for (const [name, each] of Object.entries(properties ?? {})) {
    const at = { path: `${path}.properties[${name}]`, what: 'specified object fields' };
    causes.push(...checkSchema(each, at));
  }
  for (const [field, value] of Object.entries({ items, additionalProperties: additional })) {
    if (!isPlainObject(value)) continue;
    const inside = field === 'items' ? 'specified array items' : 'specified object fields';
    causes.push(...checkSchema(value, { path: `${path}.${field}`, what: inside }));
  }
  return [...causes, ...checkExtensions(schema, path)];
}

function checkType(schema: JSONSchemaProps, { path, what }: Place): StatusCause[] {
  const isAnything =
    schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (!schema.type) {
    return isAnything ? [] : [requiredValue(`${path}.type`, `must not be empty for ${what}`)];
  }
  return types.includes(schema.type) ? [] : [unsupportedValue(`${path}.type`, schema.type, types)];
}

/** What JSON Schema has and structural schemas have not. */
const unused = [
  'id',
  '$schema',
  'patternProperties',
  'definitions',
  'dependencies',
  'additionalItems',
] as const;

function checkUnused(schema: JSONSchemaProps, path: string): StatusCause[] {
  const causes = unused
    .filter((field) => schema[field] !== undefined && schema[field] !== '')
    .map((field) => forbiddenValue(`${path}.${field}`, `${field} is not supported`));
  if (schema.$ref) causes.push(forbiddenValue(`${path}.$ref`, '$ref is not supported'));
  if (schema.additionalProperties === false) {
    const detail = 'additionalProperties cannot be set to false';
    causes.push(forbiddenValue(`${path}.additionalProperties`, detail));
  }
  if (schema.uniqueItems) {
    const detail =
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    causes.push(forbiddenValue(`${path}.uniqueItems`, detail));
  }
  return causes;
}

const listTypes = ['atomic', 'map', 'set'];
const mapTypes = ['atomic', 'granular'];

function checkExtensions(schema: JSONSchemaProps, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (listType !== undefined && !listTypes.includes(listType)) {
    causes.push(unsupportedValue(`${path}.x-kubernetes-list-type`, listType, listTypes));
  }
  if (mapType !== undefined && !mapTypes.includes(mapType)) {
    causes.push(unsupportedValue(`${path}.x-kubernetes-map-type`, mapType, mapTypes));
  }
  if (listType === 'map' && keys.length === 0) {
    const detail = 'must not be empty if x-kubernetes-list-type is map';
    causes.push(requiredValue(`${path}.x-kubernetes-list-map-keys`, detail));
  }
  return causes;
}
