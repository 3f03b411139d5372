/** All that is wrong with an object: what the schema says of it, and its kind's own rules. */
import type { StatusCause } from '../../base/errors.ts';
import type { PlainObject } from '../own.ts';
import type { KubeObject, Resource } from '../resource.ts';
import { typeOfKind } from '../schema.ts';
import { validateStructure } from './structure.ts';

/** The object was decoded and defaulted. `subresource` is where the write goes to. */
export function validateObject(
  resource: Resource,
  object: KubeObject,
  old: KubeObject | undefined,
  subresource: string,
): StatusCause[] {
  const type = typeOfKind(resource);
  const structure = type ? validateStructure(type, object as PlainObject) : [];
  const ruled = rulesOf(structure, () => resource.validate?.(object, old, subresource) ?? []);
  if (structure.length === 0) return ruled;
  // The kind's own rules may say the same of a field, with more words.
  const missing = new Set(ruled.filter(isRequired).map(({ field }) => field));
  const others = structure.filter((cause) => !(isRequired(cause) && missing.has(cause.field)));
  return [...others, ...ruled];
}

/** Rules may count on the schema: where that has something to say already, they may fail. */
function rulesOf(structure: readonly StatusCause[], check: () => StatusCause[]): StatusCause[] {
  try {
    return check();
  } catch (error) {
    if (structure.length === 0) throw error;
    return [];
  }
}

const isRequired = ({ reason }: StatusCause) => reason === 'FieldValueRequired';
