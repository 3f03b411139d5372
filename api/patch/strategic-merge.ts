/**
 * Strategic merge patch: a merge patch that knows from the schema which lists are merged, and by
 * which key. Directives inside it: `$patch: replace|delete|merge`, `$retainKeys: [names]`,
 * `$deleteFromPrimitiveList/FIELD: [values]`, `$setElementOrder/FIELD: [values or keys]`.
 * https://git.k8s.io/community/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { isPlainObject, type PlainObject, setOwn } from '../own.ts';
import type { FieldSchema, FieldType, TypeSchema } from '../schema.ts';
import { orderList } from './element-order.ts';
import { badPatch, checkDepth } from './patch-error.ts';

/**
 * Changes `target` and returns what it became. The patch is left as it is.
 * @throws StatusError BadRequest
 */
export const mergeStrategic = (
  target: PlainObject,
  patch: PlainObject,
  schema: TypeSchema | undefined,
): PlainObject => mergeObject(target, patch, { type: schema && { is: 'type', schema }, depth: 0 });

/** Where in the schema we are; no type: merge maps, replace lists. */
interface Place {
  readonly type: FieldType | undefined;
  readonly depth: number;
}

const orderPrefix = '$setElementOrder/';
const removePrefix = '$deleteFromPrimitiveList/';

function mergeObject(target: PlainObject, patch: PlainObject, place: Place): PlainObject {
  checkDepth(place.depth);
  const directive = directiveOf(patch);
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { $patch: _, ...rest } = patch;
    return rest;
  }
  retainKeys(target, patch);
  for (const field of fieldsOf(patch)) mergeField(target, patch, field, place);
  return target;
}

/** The fields that a patch speaks of, also where only a directive names them. */
function fieldsOf(patch: PlainObject): Set<string> {
  const names = Object.keys(patch).filter((key) => key !== '$patch' && key !== '$retainKeys');
  return new Set(
    names.map((key) => {
      const prefix = [orderPrefix, removePrefix].find((each) => key.startsWith(each));
      return prefix ? key.slice(prefix.length) : key;
    }),
  );
}

function mergeField(target: PlainObject, patch: PlainObject, name: string, place: Place): void {
  const schema = fieldSchemaOf(place.type, name);
  const inner: Place = {
    type: place.type?.is === 'map' ? place.type.value : schema?.type,
    depth: place.depth + 1,
  };
  const before = Object.hasOwn(target, name) ? target[name] : undefined;
  if (Object.hasOwn(patch, name)) {
    const value = patch[name];
    if (value === null) {
      delete target[name];
      return;
    }
    setOwn(target, name, mergeValue(before, value, { schema, inner }));
  }
  const removed = listOf(patch, removePrefix + name);
  const current = Object.hasOwn(target, name) ? target[name] : undefined;
  if (removed && Array.isArray(current)) {
    setOwn(
      target,
      name,
      current.filter((each) => !removed.includes(each)),
    );
  }
  applyOrder(target, patch, name, { schema, before });
}

interface Below {
  readonly schema: FieldSchema | undefined;
  readonly inner: Place;
}

function mergeValue(before: unknown, value: unknown, { schema, inner }: Below): unknown {
  const isReplaced = schema?.patchStrategy?.includes('replace') ?? false;
  if (isPlainObject(value)) {
    const start = isPlainObject(before) && !isReplaced ? before : {};
    return mergeObject(start, value, inner);
  }
  if (!Array.isArray(value)) return value;
  const isMerged = schema?.patchStrategy?.includes('merge') ?? false;
  const start = Array.isArray(before) ? before : [];
  if (!isMerged) return value.map((each) => withoutDirectives(each, inner.depth));
  return schema?.patchKey === undefined
    ? mergePrimitives(start, value)
    : mergeByKey(start, value, { key: schema.patchKey, inner });
}

const mergePrimitives = (before: readonly unknown[], patch: readonly unknown[]): unknown[] => [
  ...new Set([...before, ...patch]),
];

interface Keyed {
  readonly key: string;
  readonly inner: Place;
}

function mergeByKey(
  before: readonly unknown[],
  patch: readonly unknown[],
  { key, inner }: Keyed,
): unknown[] {
  const type = inner.type?.is === 'list' ? inner.type.item : undefined;
  const place = { type, depth: inner.depth + 1 };
  const items = patch.map((item) => {
    if (!isPlainObject(item)) throw badPatch(`a list merged by ${key} holds objects only`);
    return item;
  });
  const isReplaced = items.some((item) => directiveOf(item) === 'replace');
  const result = isReplaced ? [] : [...before];
  for (const item of items) {
    const directive = directiveOf(item);
    // A bare `$patch: replace` only says what becomes of the list.
    if (directive === 'replace' && Object.keys(item).length === 1) continue;
    if (!Object.hasOwn(item, key)) {
      throw badPatch(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const isSame = (each: unknown) => isPlainObject(each) && each[key] === item[key];
    const index = result.findIndex(isSame);
    if (directive === 'delete') {
      for (let i = result.length - 1; i >= 0; i -= 1) if (isSame(result[i])) result.splice(i, 1);
      continue;
    }
    const start = index < 0 || directive === 'replace' ? {} : (result[index] as PlainObject);
    const { $patch: _, ...rest } = item;
    const merged = mergeObject(start, rest, place);
    if (index < 0) result.push(merged);
    else result[index] = merged;
  }
  return result;
}

interface Ordered {
  readonly schema: FieldSchema | undefined;
  readonly before: unknown;
}

function applyOrder(
  target: PlainObject,
  patch: PlainObject,
  name: string,
  { schema, before }: Ordered,
): void {
  const order = listOf(patch, orderPrefix + name);
  const current = Object.hasOwn(target, name) ? target[name] : undefined;
  if (!order || !Array.isArray(current)) return;
  const key = schema?.patchKey;
  const idOf = (item: unknown) => (key && isPlainObject(item) ? item[key] : item);
  const wanted = order.map(idOf);
  const patched = Object.hasOwn(patch, name) && Array.isArray(patch[name]) ? patch[name] : [];
  const kept = patched.filter((item) => !isPlainObject(item) || !Object.hasOwn(item, '$patch'));
  if (kept.some((item) => !wanted.includes(idOf(item)))) {
    throw badPatch(
      `The order in patch list:\n${JSON.stringify(kept)}\n ` +
        `doesn't match ${orderPrefix}${name} list:\n${JSON.stringify(order)}\n`,
    );
  }
  const earlier = Array.isArray(before) ? before.map(idOf) : [];
  setOwn(target, name, orderList(current, { idOf, wanted, earlier }));
}

/** `$retainKeys` names all fields that may stay. */
function retainKeys(target: PlainObject, patch: PlainObject): void {
  const retained = listOf(patch, '$retainKeys');
  if (!retained) return;
  const extra = Object.keys(patch).filter((key) => !key.startsWith('$') && patch[key] !== null);
  if (extra.some((key) => !retained.includes(key))) {
    throw badPatch('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(target)) if (!retained.includes(key)) delete target[key];
}

function directiveOf(patch: PlainObject): string | undefined {
  if (!Object.hasOwn(patch, '$patch')) return undefined;
  const { $patch: directive } = patch;
  if (directive === 'replace' || directive === 'delete' || directive === 'merge') return directive;
  throw badPatch(`unknown patch type found: ${String(directive)}`);
}

function listOf(patch: PlainObject, key: string): unknown[] | undefined {
  if (!Object.hasOwn(patch, key)) return undefined;
  const value = patch[key];
  if (Array.isArray(value)) return value;
  throw badPatch(`${key} must be a list`);
}

/** What is new in the object takes its values, and leaves the directives behind. */
function withoutDirectives(value: unknown, depth: number): unknown {
  if (!isPlainObject(value)) return value;
  return mergeObject({}, value, { type: undefined, depth: depth + 1 });
}

const fieldSchemaOf = (type: FieldType | undefined, name: string): FieldSchema | undefined =>
  type?.is === 'type' ? type.schema.fields.get(name) : undefined;
