/**
 * What fields objects have. Schemas are texts (api/schema/*.generated.ts), parsed type by type when
 * first asked for: a whole API costs milliseconds, not seconds.
 *
 *     package io.k8s.api.core.v1 v1            OpenAPI package, version, group (none for core)
 *     type Container                           `kind`: has apiVersion and kind of its own
 *      name string required                    one field a line: name, type, markers
 *      ports [ContainerPort] listType=map keys=containerPort,protocol patchKey=containerPort …
 *      resources ResourceRequirements held     `meta-v1.ObjectMeta` is a type of another file
 *
 * `held`: a struct that upstream's structs hold by value, so that it is there, if only empty.
 * Types: string, bytes (base64), boolean, int32, int64, number, Time, MicroTime, Quantity,
 * IntOrString, object (anything in braces), any, [T], {T} (map by string), or a type's name.
 */
import { texts } from './schema/all.generated.ts';

export type Scalar =
  | 'string'
  | 'bytes'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'number'
  | 'Time'
  | 'MicroTime'
  | 'Quantity'
  | 'IntOrString'
  | 'object'
  | 'any';

export type FieldType =
  | { readonly is: 'scalar'; readonly scalar: Scalar }
  | { readonly is: 'list'; readonly item: FieldType }
  | { readonly is: 'map'; readonly value: FieldType }
  | { readonly is: 'type'; readonly schema: TypeSchema };

export interface FieldSchema {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly isHeld: boolean; // Upstream's objects always have it, if only as `{}`.
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly listType?: 'atomic' | 'map' | 'set';
  readonly keys?: readonly string[]; // Of a list with listType map.
  readonly patchKey?: string;
  readonly patchStrategy?: readonly string[]; // merge, replace, retainKeys.
  readonly mapType?: 'atomic' | 'granular';
}

export interface Union {
  readonly discriminator: string; // Empty if none.
  readonly fields: Readonly<Record<string, string>>; // Field → the discriminator's value for it.
}

/** One definition. `fields` is parsed on first use and belongs to the schema: do not change it. */
export interface TypeSchema {
  readonly file: string; // core-v1
  readonly name: string; // Pod
  readonly definition: string; // io.k8s.api.core.v1.Pod
  readonly group: string;
  readonly version: string;
  readonly isKind: boolean;
  readonly isKindOfEveryGroup: boolean; // DeleteOptions and WatchEvent.
  readonly mapType?: 'atomic' | 'granular';
  readonly union?: Union;
  readonly fields: ReadonlyMap<string, FieldSchema>;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** `typeNamed('core-v1', 'Pod')`; undefined if there is none. */
export const typeNamed = (file: string, name: string): TypeSchema | undefined =>
  packageOf(file)?.get(name);

/** The schema of a kind, or of any other type that is named as a kind: `{apps, v1, Deployment}`. */
export function typeOfKind({ group, version, kind }: GroupVersionKind): TypeSchema | undefined {
  for (const file of filesOf(group, version)) {
    const schema = typeNamed(file, kind);
    if (schema) return schema;
  }
  return undefined;
}

/** All types of a file, in the order of their names. */
export const typesOf = (file: string): TypeSchema[] => [...(packageOf(file)?.values() ?? [])];

/** `core-v1`, `apps-v1`, … */
export const schemaFiles = (): string[] => Object.keys(texts);

const packages = new Map<string, Map<string, TypeSchema>>();
const heads = new Map<string, { definition: string; version: string; group: string }>();

function packageOf(file: string): Map<string, TypeSchema> | undefined {
  const known = packages.get(file);
  if (known) return known;
  const text = Object.hasOwn(texts, file) ? texts[file] : undefined;
  if (text === undefined) return undefined;
  const types = parsePackage(file, text);
  packages.set(file, types);
  return types;
}

/** A file's types; the fields of each are parsed when they are first looked at. */
export function parsePackage(file: string, text: string): Map<string, TypeSchema> {
  const [head = '', ...blocks] = text.trim().split('\ntype ');
  const { definition, version, group } = parseHead(head);
  const types = new Map<string, TypeSchema>();
  for (const block of blocks) {
    const [first = '', ...lines] = block.split('\n');
    const [name = '', ...words] = first.split(' ');
    const markers = parseMarkers(words);
    let fields: Map<string, FieldSchema> | undefined;
    types.set(name, {
      file,
      name,
      definition: `${definition}.${name}`,
      group,
      version,
      isKind: words.includes('kind'),
      isKindOfEveryGroup: words.includes('everyGroup'),
      ...(markers.mapType && { mapType: markers.mapType as 'atomic' }),
      ...(markers.union && { union: parseUnion(markers.union) }),
      get fields() {
        fields ??= new Map(lines.map((line) => parseField(file, line)).map((f) => [f.name, f]));
        return fields;
      },
    });
  }
  return types;
}

function parseHead(line: string) {
  const [, definition = '', version = '', group = ''] = line.split(' ');
  return { definition, version, group };
}

/** Core and meta share the empty group and v1; core is asked first. */
function filesOf(group: string, version: string): string[] {
  return schemaFiles().filter((file) => {
    const head = heads.get(file) ?? parseHead((texts[file] ?? '').trimStart().split('\n', 1)[0]!);
    heads.set(file, head);
    return head.group === group && head.version === version;
  });
}

function parseField(file: string, line: string): FieldSchema {
  const [name = '', type = '', ...words] = line.trimStart().split(' ');
  const markers = parseMarkers(words);
  return {
    name,
    type: parseType(file, type),
    required: words.includes('required'),
    isHeld: words.includes('held'),
    ...(markers.enum && { enum: markers.enum.split('|') }),
    ...(markers.default && { default: JSON.parse(markers.default) }),
    ...(markers.listType && { listType: markers.listType as 'atomic' }),
    ...(markers.keys && { keys: markers.keys.split(',') }),
    ...(markers.patchKey && { patchKey: markers.patchKey }),
    ...(markers.patchStrategy && { patchStrategy: markers.patchStrategy.split(',') }),
    ...(markers.mapType && { mapType: markers.mapType as 'atomic' }),
  };
}

const scalars = new Set<string>(
  'string bytes boolean int32 int64 number Time MicroTime Quantity IntOrString object any'.split(
    ' ',
  ),
);

function parseType(file: string, text: string): FieldType {
  const inner = text.slice(1, -1);
  if (text.startsWith('[')) return { is: 'list', item: parseType(file, inner) };
  if (text.startsWith('{')) return { is: 'map', value: parseType(file, inner) };
  if (scalars.has(text)) return { is: 'scalar', scalar: text as Scalar };
  const dot = text.indexOf('.');
  const schema =
    dot < 0 ? typeNamed(file, text) : typeNamed(text.slice(0, dot), text.slice(dot + 1));
  if (!schema) throw new Error(`${file} refers to the unknown type ${text}`);
  return { is: 'type', schema };
}

function parseMarkers(words: string[]): Partial<Record<string, string>> {
  const pairs = words.filter((word) => word.includes('='));
  return Object.fromEntries(
    pairs.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

function parseUnion(text: string): Union {
  const [discriminator = '', fields = ''] = text.split('/');
  return {
    discriminator,
    fields: Object.fromEntries(
      fields.split(',').map((pair) => pair.split(':') as [string, string]),
    ),
  };
}
