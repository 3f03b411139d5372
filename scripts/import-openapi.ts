/**
 * `node scripts/import-openapi.ts DIR` reads the OpenAPI v3 documents of an API server and writes
 * api/schema/: one text for each stable group version. Only facts are taken over (names, types,
 * markers), no descriptions. The text's grammar is told in api/schema.ts.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enums } from './schema-enums.ts';

interface Schema {
  type?: string;
  format?: string;
  default?: unknown;
  required?: string[];
  $ref?: string;
  allOf?: { $ref: string }[];
  items?: Schema;
  additionalProperties?: Schema;
  properties?: Record<string, Schema>;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-unions'?: Union[];
}

interface Union {
  discriminator?: string;
  'fields-to-discriminateBy': Record<string, string>;
}

export type Documents = readonly { components?: { schemas?: Record<string, Schema> } }[];

/** `core-v1` → its text. */
export function renderSchemas(documents: Documents): Map<string, string> {
  const packages = new Map<string, Map<string, Schema>>();
  for (const document of documents) {
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
      const file = fileOf(name);
      if (!file || name in scalars) continue;
      const types = packages.get(file) ?? new Map<string, Schema>();
      packages.set(file, types.set(name, schema));
    }
  }
  const sorted = [...packages].sort(byFirst);
  return new Map(sorted.map(([file, types]) => [file, renderPackage(file, types)]));
}

function renderPackage(file: string, types: Map<string, Schema>): string {
  const kinds = [...types.values()].flatMap(ownKinds);
  const group = file === 'meta-v1' ? '' : (kinds[0]?.group ?? '');
  const name = [...types.keys()][0] ?? '';
  const version = file.slice(file.lastIndexOf('-') + 1);
  const head = `package ${name.slice(0, name.lastIndexOf('.'))} ${version} ${group}`.trimEnd();
  return [head, ...[...types].sort(byFirst).map((entry) => renderType(file, ...entry))].join('\n');
}

function renderType(file: string, name: string, schema: Schema): string {
  const bare = bareName(name);
  const kinds = schema['x-kubernetes-group-version-kind'] ?? [];
  const words = [
    'type',
    bare,
    kinds.length > 0 && 'kind',
    kinds.length > 1 && 'everyGroup',
    schema['x-kubernetes-map-type'] && `mapType=${schema['x-kubernetes-map-type']}`,
    ...(schema['x-kubernetes-unions'] ?? []).map(renderUnion),
  ];
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).sort(byFirst);
  const lines = fields.map(([field, each]) =>
    [
      ` ${field}`,
      typeOf(file, each),
      required.has(field) && 'required',
      isHeld(each) && 'held',
      ...markersOf(each),
      enums[`${file}.${bare}.${field}`] && `enum=${enums[`${file}.${bare}.${field}`]}`,
    ]
      .filter(Boolean)
      .join(' '),
  );
  return [words.filter(Boolean).join(' '), ...lines].join('\n');
}

function markersOf(schema: Schema): string[] {
  const markers: [string, string | undefined][] = [
    ['default', defaultOf(schema)],
    ['listType', schema['x-kubernetes-list-type']],
    ['keys', schema['x-kubernetes-list-map-keys']?.join(',')],
    ['patchKey', schema['x-kubernetes-patch-merge-key']],
    ['patchStrategy', schema['x-kubernetes-patch-strategy']],
    ['mapType', schema['x-kubernetes-map-type']],
  ];
  return markers.filter(([, value]) => value !== undefined).map((pair) => pair.join('='));
}

/** Structs that upstream's structs hold by value: always there, if only empty. */
const isHeld = (schema: Schema): boolean =>
  typeof schema.default === 'object' && schema.allOf?.[0] !== undefined && !isScalar(schema);

const isScalar = ({ allOf }: Schema): boolean =>
  Object.hasOwn(scalars, allOf?.[0]?.$ref.replace('#/components/schemas/', '') ?? '');

/** Zero values are said of every field that upstream's structs hold by value: no news. */
function defaultOf({ default: value }: Schema): string | undefined {
  const isZero = value === '' || value === 0 || value === false || typeof value === 'object';
  return value === undefined || isZero ? undefined : JSON.stringify(value);
}

function renderUnion(union: Union): string {
  const fields = Object.entries(union['fields-to-discriminateBy']).map((pair) => pair.join(':'));
  return `union=${union.discriminator ?? ''}/${fields.join(',')}`;
}

function typeOf(file: string, schema: Schema): string {
  const target = (schema.$ref ?? schema.allOf?.[0]?.$ref)?.replace('#/components/schemas/', '');
  if (target !== undefined) return scalars[target] ?? reference(file, target);
  if (schema.type === 'array') return `[${typeOf(file, schema.items ?? {})}]`;
  if (schema.type === 'object') {
    const values = schema.additionalProperties;
    return values ? `{${typeOf(file, values)}}` : 'object';
  }
  if (schema.type === 'string') return schema.format === 'byte' ? 'bytes' : 'string';
  if (schema.type === 'integer') return schema.format ?? 'int64';
  return schema.type ?? 'any';
}

function reference(file: string, target: string): string {
  const other = fileOf(target);
  if (!other) throw new Error(`${target} is in no stable group version`);
  return other === file ? bareName(target) : `${other}.${bareName(target)}`;
}

const apimachinery = 'io.k8s.apimachinery.pkg';
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const scalars: Record<string, string> = {
  [`${apimachinery}.api.resource.Quantity`]: 'Quantity',
  [`${apimachinery}.util.intstr.IntOrString`]: 'IntOrString',
  [`${apimachinery}.apis.meta.v1.Time`]: 'Time',
  [`${apimachinery}.apis.meta.v1.MicroTime`]: 'MicroTime',
  [`${apimachinery}.apis.meta.v1.FieldsV1`]: 'object',
  [`${apimachinery}.apis.meta.v1.Patch`]: 'object',
  [`${apimachinery}.runtime.RawExtension`]: 'object',
  [`${extensions}.JSON`]: 'any',
  [`${extensions}.JSONSchemaPropsOrArray`]: 'any',
  [`${extensions}.JSONSchemaPropsOrBool`]: 'any',
  [`${extensions}.JSONSchemaPropsOrStringArray`]: 'any',
};

/** `io.k8s.api.core.v1.Pod` → `core-v1`; undefined for alpha, beta and what is not a group. */
function fileOf(name: string): string | undefined {
  const [, group, version] = /([a-z]+)\.(v\d+)\.[A-Za-z0-9]+$/.exec(name) ?? [];
  return group && version ? `${group}-${version}` : undefined;
}

const bareName = (name: string) => name.slice(name.lastIndexOf('.') + 1);

const ownKinds = (schema: Schema) => {
  const kinds = schema['x-kubernetes-group-version-kind'] ?? [];
  return kinds.length === 1 ? kinds : [];
};

const byFirst = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : 1;

const header = '// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.\n';

/** Where the texts are written: modules, so that a bundle needs no files beside it. */
function writeSchemas(texts: Map<string, string>, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const [file, text] of texts) {
    writeFileSync(
      join(directory, `${file}.generated.ts`),
      `${header}export const text = \`\n${text}\n\`;\n`,
    );
  }
  const files = [...texts.keys()];
  const camel = (file: string) => file.replace(/-(.)/, (_, letter) => letter.toUpperCase());
  const imports = files.map(
    (file) => `import { text as ${camel(file)} } from './${file}.generated.ts';`,
  );
  const entries = files.map((file) => `  '${file}': ${camel(file)},`);
  writeFileSync(
    join(directory, 'all.generated.ts'),
    `${header}${imports.join('\n')}\n\n` +
      `export const texts: Readonly<Record<string, string>> = {\n${entries.join('\n')}\n};\n`,
  );
}

if (import.meta.main) {
  const [source] = process.argv.slice(2);
  if (!source) throw new Error('usage: import-openapi.ts DIR');
  const names = readdirSync(source).filter((name) => name.endsWith('.json'));
  const documents = names.map((name) => JSON.parse(readFileSync(join(source, name), 'utf8')));
  writeSchemas(renderSchemas(documents), join(import.meta.dirname, '../api/schema'));
}
