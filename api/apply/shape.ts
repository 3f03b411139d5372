/**
 * What server-side apply must know of a type: what is a leaf, which lists and maps have owners item
 * by item, and by which keys. Made from the schema when first asked for; custom resources bring
 * shapes of their own, and `freeShape` fits whatever has none.
 */
import {
  type FieldSchema,
  type FieldType,
  type Scalar,
  type TypeSchema,
  typeNamed,
} from '../schema.ts';

export type Shape = ScalarShape | ListShape | MapShape | FreeShape;

export interface ScalarShape {
  readonly is: 'scalar';
  readonly kind: 'numeric' | 'string' | 'boolean' | 'any';
}

export interface ListShape {
  readonly is: 'list';
  readonly relation: 'atomic' | 'set' | 'map';
  /** Of a list of relation map, sorted by name. */
  readonly keys: readonly ListKey[];
  readonly item: Shape;
}

export interface ListKey {
  readonly name: string;
  readonly default?: string | number | boolean;
}

export interface MapShape {
  readonly is: 'map';
  readonly isAtomic: boolean;
  readonly fields: ReadonlyMap<string, FieldShape>;
  /** Of all other keys; undefined: there may be none. */
  readonly values: Shape | undefined;
}

/** Any value: an object has owners field by field (unless it is atomic), all else is a leaf. */
export interface FreeShape {
  readonly is: 'free';
  readonly isAtomic: boolean;
}

/** Made by `fieldShape`. */
export interface FieldShape {
  readonly name: string;
  readonly element: string; // Its name as managedFields writes it: `f:spec`.
  readonly shape: Shape;
  /** What it is where an object leaves it out; undefined: then it is not there. */
  readonly zero: unknown;
  /** False for what belongs to nobody: kind, the object's name, managedFields … */
  readonly isTracked: boolean;
}

export const freeShape: FreeShape = { is: 'free', isAtomic: false };
export const freeLeaf: FreeShape = { is: 'free', isAtomic: true };
const freeMap: MapShape = { is: 'map', isAtomic: false, fields: new Map(), values: freeShape };
const freeAtomicMap: MapShape = { ...freeMap, isAtomic: true, values: freeLeaf };
const freeList: ListShape = { is: 'list', relation: 'atomic', keys: [], item: freeLeaf };
const freeScalar: ScalarShape = { is: 'scalar', kind: 'any' };

/** A field that belongs to whoever writes it, and that may be absent, unless `more` says otherwise. */
export const fieldShape = (
  name: string,
  shape: Shape,
  more: { readonly zero?: unknown; readonly isTracked?: boolean } = {},
): FieldShape => ({
  name,
  element: `f:${name}`,
  shape,
  zero: more.zero,
  isTracked: more.isTracked ?? true,
});

const heldFields = new WeakMap<ReadonlyMap<string, FieldShape>, readonly FieldShape[]>();

/** The fields that are something even where an object leaves them out. */
export function heldFieldsOf({ fields }: MapShape): readonly FieldShape[] {
  const known = heldFields.get(fields);
  if (known) return known;
  const held = [...fields.values()].filter(({ zero }) => zero !== undefined);
  heldFields.set(fields, held);
  return held;
}

/** The shape that a free one takes for a value. */
export function settleShape(shape: Shape, value: unknown): ScalarShape | ListShape | MapShape {
  if (shape.is !== 'free') return shape;
  if (Array.isArray(value)) return freeList;
  if (typeof value !== 'object' || value === null) return freeScalar;
  return shape.isAtomic ? freeAtomicMap : freeMap;
}

/** The shape of what a key of a map holds; undefined where the map may have no such key. */
export const shapeOfKey = ({ fields, values }: MapShape, key: string): Shape | undefined =>
  fields.get(key)?.shape ?? values;

const untracked = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]);

const objects = new WeakMap<TypeSchema, MapShape>();
const types = new WeakMap<TypeSchema, MapShape>();

/** The shape of a kind's objects. */
export function shapeOfObject(type: TypeSchema): MapShape {
  const known = objects.get(type);
  if (known) return known;
  const shape = rootShape(shapeOfType(type));
  objects.set(type, shape);
  return shape;
}

/** What a kind's fields are, but for those that belong to the server: they have no owners. */
export function rootShape(shape: MapShape | FreeShape): MapShape {
  const base = shape.is === 'free' ? freeMap : shape;
  const fields = new Map(base.fields);
  for (const name of ['apiVersion', 'kind']) {
    fields.set(name, fieldShape(name, freeScalar, { isTracked: false }));
  }
  metadataShape ??= makeMetadataShape();
  fields.set('metadata', fieldShape('metadata', metadataShape, { zero: {} }));
  return { is: 'map', isAtomic: false, values: base.values, fields };
}

let metadataShape: MapShape | undefined;

/** Of the outermost object only: a pod template's name has an owner like any other field. */
function makeMetadataShape(): MapShape {
  const fields = new Map(shapeOfType(typeNamed('meta-v1', 'ObjectMeta')!).fields);
  for (const name of untracked) {
    const shape = fields.get(name)?.shape ?? freeShape;
    fields.set(name, fieldShape(name, shape, { isTracked: false }));
  }
  return { is: 'map', isAtomic: false, values: undefined, fields };
}

function shapeOfType(type: TypeSchema): MapShape {
  const known = types.get(type);
  if (known) return known;
  const shape = new TypeShape(type);
  types.set(type, shape);
  return shape;
}

/** Types may contain themselves: fields are looked at when they are asked for. */
class TypeShape implements MapShape {
  readonly is = 'map';
  readonly isAtomic: boolean;
  readonly values = undefined;
  readonly #type: TypeSchema;
  #fields: ReadonlyMap<string, FieldShape> | undefined;

  constructor(type: TypeSchema, isAtomic = type.mapType === 'atomic') {
    this.#type = type;
    this.isAtomic = isAtomic;
  }

  get fields(): ReadonlyMap<string, FieldShape> {
    this.#fields ??= new Map([...this.#type.fields].map(([name, field]) => [name, of(field)]));
    return this.#fields;
  }

  /** Of a scalar field that identifies an item of a list. */
  defaultOf(name: string): ListKey['default'] {
    return this.#type.fields.get(name)?.default as ListKey['default'];
  }
}

function of(field: FieldSchema): FieldShape {
  const shape = shapeOfField(field);
  return fieldShape(field.name, shape, { zero: zeroOf(field, shape) });
}

/** What Go says of a field that nobody set: a struct is empty, a required list is null. */
function zeroOf({ isHeld, required }: FieldSchema, shape: Shape): unknown {
  if (isHeld) return {};
  if (!required) return undefined;
  if (shape.is !== 'scalar') return null;
  if (shape.kind === 'numeric') return 0;
  if (shape.kind === 'boolean') return false;
  return shape.kind === 'string' ? '' : null;
}

function shapeOfField(field: FieldSchema): Shape {
  const { type, mapType } = field;
  if (type.is === 'list') {
    const item = shapeOfValue(type.item);
    const { relation, keys } = relationOf(field);
    return { is: 'list', relation, keys: keys.map((name) => keyOf(item, name)), item };
  }
  if (!mapType) return shapeOfValue(type);
  const isAtomic = mapType === 'atomic';
  if (type.is === 'type') return new TypeShape(type.schema, isAtomic);
  if (type.is === 'scalar') return isAtomic ? freeLeaf : freeShape;
  return { ...mapOf(shapeOfValue(type.value)), isAtomic };
}

/** Older types name no list type, but a key by which strategic merge patches find an item. */
function relationOf({ listType, keys, patchStrategy, patchKey }: FieldSchema) {
  if (listType) return { relation: listType, keys: [...(keys ?? [])].sort() };
  if (!patchStrategy?.includes('merge')) return { relation: 'atomic', keys: [] } as const;
  return patchKey
    ? ({ relation: 'map', keys: [patchKey] } as const)
    : ({ relation: 'set', keys: [] } as const);
}

function keyOf(item: Shape, name: string): ListKey {
  const value = item instanceof TypeShape ? item.defaultOf(name) : undefined;
  return value === undefined ? { name } : { name, default: value };
}

const mapOf = (values: Shape): MapShape => ({
  is: 'map',
  isAtomic: false,
  fields: new Map(),
  values,
});

function shapeOfValue(type: FieldType): Shape {
  if (type.is === 'type') return shapeOfType(type.schema);
  if (type.is === 'map') return mapOf(shapeOfValue(type.value));
  if (type.is === 'list') {
    return { is: 'list', relation: 'atomic', keys: [], item: shapeOfValue(type.item) };
  }
  return scalarShapes[type.scalar];
}

const any: ScalarShape = { is: 'scalar', kind: 'any' };
const numeric: ScalarShape = { is: 'scalar', kind: 'numeric' };
const text: ScalarShape = { is: 'scalar', kind: 'string' };

const scalarShapes: Record<Scalar, Shape> = {
  string: text,
  bytes: text,
  boolean: { is: 'scalar', kind: 'boolean' },
  int32: numeric,
  int64: numeric,
  number: numeric,
  Time: any,
  MicroTime: any,
  Quantity: any,
  IntOrString: any,
  object: freeShape,
  any: freeLeaf,
};
