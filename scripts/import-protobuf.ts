/**
 * `node scripts/import-protobuf.ts FILE` writes api/protobuf/numbers.generated.ts: the protobuf
 * field numbers of everything that a request body may hold. FILE is JSON, package by package:
 *
 *     {"k8s.io.api.core.v1": {"Pod": {"metadata": [1, ".k8s.io.….ObjectMeta"], …}, …}, …}
 *
 * The grammar of what is written is told in api/protobuf/numbers.ts. Names and types are those of
 * api/schema.ts; where the two do not fit, the import ends with an error rather than with a guess.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FieldSchema,
  type FieldType,
  schemaFiles,
  type TypeSchema,
  typeNamed,
  typesOf,
} from '../api/schema.ts';
import { keepsZero } from './protobuf-zeros.ts';

type Message = Readonly<Record<string, readonly [number: number, type: string]>>;
export type Packages = Readonly<Record<string, Readonly<Record<string, Message>>>>;

/** `core-v1` → its text. */
export function renderNumbers(packages: Packages, roots = allRoots()): Map<string, string> {
  const lines = new Map<string, Map<string, string>>();
  for (const schema of reachable(roots)) {
    const messages = packages[packageOf(schema)];
    if (!messages) throw new Error(`there is no package ${packageOf(schema)}`);
    const ofFile = lines.get(schema.file) ?? new Map<string, string>();
    lines.set(schema.file, ofFile);
    renderMessage(schema, schema.name, { messages, lines: ofFile });
  }
  const sorted = [...lines].sort(byFirst);
  return new Map(sorted.map(([file, each]) => [file, renderFile(each)]));
}

const renderFile = (lines: Map<string, string>) =>
  [...lines]
    .sort(byFirst)
    .map(([, line]) => line)
    .join('\n');

/** What people send. */
function allRoots(): TypeSchema[] {
  // Definitions of resources hold values of any type, which have a wire form of their own.
  const files = schemaFiles().filter((file) => file !== 'meta-v1' && file !== 'apiextensions-v1');
  const kinds = files.flatMap(typesOf).filter(({ isKind, name }) => isKind && !/List$/.test(name));
  return [...kinds, typeNamed('meta-v1', 'DeleteOptions')!];
}

/** And what that is made of. */
function reachable(roots: readonly TypeSchema[]): Set<TypeSchema> {
  const found = new Set<TypeSchema>();
  const visit = (schema: TypeSchema) => {
    if (found.has(schema)) return;
    found.add(schema);
    for (const { type } of schema.fields.values()) {
      const inner = innermost(type);
      if (inner.is === 'type') visit(inner.schema);
    }
  };
  for (const root of roots) visit(root);
  return found;
}

function innermost(type: FieldType): FieldType {
  if (type.is === 'list') return innermost(type.item);
  return type.is === 'map' ? innermost(type.value) : type;
}

interface Target {
  readonly messages: Readonly<Record<string, Message>>;
  readonly lines: Map<string, string>;
}

/** A struct that Go embeds has a message of its own, though in JSON its fields are the outer's. */
function renderMessage(schema: TypeSchema, name: string, target: Target): string[] {
  const message = target.messages[name];
  if (!message) throw new Error(`${schema.definition} has no message ${name}`);
  const names: string[] = [];
  const words: string[] = [];
  let next = 1;
  for (const [label, [number, type]] of Object.entries(message).sort(byNumber)) {
    const field = fieldOf(schema, label);
    const at = number === next ? '' : `=${number}`;
    next = number + 1;
    if (field) {
      checkType(`${schema.definition}.${field.name}`, field.type, type);
      const mark = hasZero(field) && keepsZero(`${schema.file}.${schema.name}`, field) ? '!' : '';
      words.push(`${field.name}${mark}${at}`);
      names.push(field.name);
    } else {
      words.push(`:${type}${at}`);
      names.push(...renderMessage(schema, type, target));
    }
  }
  target.lines.set(name, [name, ...words].join(' '));
  if (name === schema.name) checkComplete(schema, names);
  return names;
}

/** Labels are the JSON names, but for the case of a few. */
function fieldOf({ fields }: TypeSchema, label: string): FieldSchema | undefined {
  const isLabel = ({ name }: FieldSchema) => name.toLowerCase() === label.toLowerCase();
  return fields.get(label) ?? [...fields.values()].find(isLabel);
}

const hasZero = ({ type }: FieldSchema) =>
  type.is === 'scalar' && ['string', 'bytes', 'boolean', 'int32', 'int64'].includes(type.scalar);

function checkComplete({ definition, fields }: TypeSchema, names: readonly string[]): void {
  const known = new Set([...names, 'apiVersion', 'kind']);
  const missing = [...fields.keys()].filter((name) => !known.has(name));
  if (missing.length > 0) throw new Error(`${definition} has no numbers for ${missing.join(', ')}`);
}

/** What the decoder will take the bytes for must be what they are. */
function checkType(path: string, type: FieldType, text: string): void {
  const bare = text.replace(/[\w.]+\./g, '');
  if (!wireTypesOf(type).includes(bare)) throw new Error(`${path} is ${text}`);
}

function wireTypesOf(type: FieldType): string[] {
  if (type.is === 'type') return [type.schema.name];
  if (type.is === 'scalar') return scalars[type.scalar] ?? [type.scalar];
  if (type.is === 'list') return wireTypesOf(type.item).map((item) => `repeated ${item}`);
  // Protobuf has no map of lists: each is in a message of its own.
  const values = type.value.is === 'list' ? ['ExtraValue'] : wireTypesOf(type.value);
  return values.map((value) => `map<string, ${value}>`);
}

/** Where the words differ. */
const scalars: Readonly<Record<string, string[]>> = {
  boolean: ['bool'],
  object: ['RawExtension', 'FieldsV1'],
};

/** `io.k8s.kube-aggregator.pkg.apis.…` → `k8s.io.kube_aggregator.pkg.apis.…`. */
function packageOf({ definition }: TypeSchema): string {
  const path = definition.slice(0, definition.lastIndexOf('.'));
  return path.replace(/^io\.k8s/, 'k8s.io').replaceAll('-', '_');
}

const byFirst = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : 1;
const byNumber = ([, [a]]: [string, Message[string]], [, [b]]: [string, Message[string]]) => a - b;

const header =
  '// Made by scripts/import-protobuf.ts. Grammar: api/protobuf/numbers.ts.\n' +
  'export const texts: Readonly<Record<string, string>> = {\n';

if (import.meta.main) {
  const [source] = process.argv.slice(2);
  if (!source) throw new Error('usage: import-protobuf.ts FILE');
  const texts = renderNumbers(JSON.parse(readFileSync(source, 'utf8')));
  const entries = [...texts].map(([file, text]) => `  '${file}': \`\n${text}\n\`,\n`);
  const target = join(import.meta.dirname, '../api/protobuf/numbers.generated.ts');
  writeFileSync(target, `${header}${entries.join('')}};\n`);
}
