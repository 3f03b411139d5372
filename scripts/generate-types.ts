/** `node scripts/generate-types.ts` writes api/types/: TypeScript interfaces from api/schema/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FieldSchema,
  type FieldType,
  type Scalar,
  schemaFiles,
  type TypeSchema,
  typesOf,
} from '../api/schema.ts';

/** `core-v1.generated.ts` → its text. */
export function renderAllTypes(): Map<string, string> {
  return new Map(schemaFiles().map((file) => [`${file}.generated.ts`, renderTypes(file)]));
}

function renderTypes(file: string): string {
  const imports = new Map<string, Set<string>>();
  const use = (other: string, name: string) => {
    if (other !== file) imports.set(other, (imports.get(other) ?? new Set<string>()).add(name));
    return name;
  };
  const own = file === 'meta-v1' ? scalarAliases : '';
  const bodies = typesOf(file).map((type) => renderInterface(type, use));
  const lines = [...imports]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([other, names]) => renderImport(other, [...names].sort()));
  const gap = lines.length > 0 ? '\n' : '';
  return `${header}${lines.join('')}${gap}${own}${bodies.join('\n')}`;
}

function renderImport(file: string, names: string[]): string {
  const line = `import type { ${names.join(', ')} } from './${file}.generated.ts';\n`;
  if (line.length <= 100) return line;
  return `import type {\n  ${names.join(',\n  ')},\n} from './${file}.generated.ts';\n`;
}

const header = '// Made by scripts/generate-types.ts from api/schema/.\n';

type Use = (file: string, name: string) => string;

function renderInterface(type: TypeSchema, use: Use): string {
  const fields = [...type.fields.values()].map((field) => `  ${renderField(field, use)};\n`);
  return `export interface ${type.name} {\n${fields.join('')}}\n`;
}

function renderField(field: FieldSchema, use: Use): string {
  const name = /^[A-Za-z_]\w*$/.test(field.name) ? field.name : `'${field.name}'`;
  return `${name}${field.required ? '' : '?'}: ${renderType(field.type, use)}`;
}

function renderType(type: FieldType, use: Use): string {
  if (type.is === 'list') return `${renderType(type.item, use)}[]`;
  if (type.is === 'map') return `Record<string, ${renderType(type.value, use)}>`;
  if (type.is === 'type') return use(type.schema.file, type.schema.name);
  const plain = plainTypes[type.scalar];
  return plain ?? use('meta-v1', type.scalar);
}

const plainTypes: Partial<Record<Scalar, string>> = {
  string: 'string',
  bytes: 'string',
  boolean: 'boolean',
  int32: 'number',
  int64: 'number',
  number: 'number',
  object: 'Record<string, unknown>',
  any: 'unknown',
};

const scalarAliases = `/** RFC 3339 in whole seconds. */
export type Time = string;
/** RFC 3339 with microseconds. */
export type MicroTime = string;
/** \`500m\`, \`128Mi\`: see api/quantity.ts. */
export type Quantity = string;
export type IntOrString = number | string;

`;

if (import.meta.main) {
  const directory = join(import.meta.dirname, '../api/types');
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of renderAllTypes()) writeFileSync(join(directory, name), text);
}
