/**
 * What `kubectl explain` says of types and fields, in our own words. Looked up as `Type.field`, then
 * as `.field`; what nobody wrote down is told by the type behind it, or by its own name.
 */
import type { FieldSchema, FieldType, TypeSchema } from '../schema.ts';
import { metaWords } from './words/meta.ts';
import { podWords } from './words/pods.ts';
import { typeWords } from './words/types.ts';
import { workloadWords } from './words/workloads.ts';

export function describeType({ name }: TypeSchema): string {
  const known = wordsOf(name);
  if (known) return known;
  for (const [ending, tell] of endings) {
    if (name.length > ending.length && name.endsWith(ending)) {
      return tell(spoken(name.slice(0, -ending.length)));
    }
  }
  return `${sentence(name)}.`;
}

export function describeField({ name: type }: TypeSchema, { name, type: of }: FieldSchema): string {
  const known = wordsOf(`${type}.${name}`) ?? wordsOf(`.${name}`);
  if (known) return known;
  const inner = typeIn(of);
  return (inner && wordsOf(inner.name)) ?? `${sentence(name)}.`;
}

const endings: readonly (readonly [string, (of: string) => string])[] = [
  ['List', (of) => `A list of ${of} objects.`],
  ['Spec', (of) => `What is wanted of the ${of}.`],
  ['Status', (of) => `What is observed of the ${of}.`],
  ['Condition', (of) => `One thing that is true, false or unknown of the ${of}.`],
  ['VolumeSource', (of) => `A volume of the kind ${of}.`],
  ['Source', (of) => `Where the ${of} comes from.`],
];

function typeIn(type: FieldType): TypeSchema | undefined {
  if (type.is === 'type') return type.schema;
  if (type.is === 'list') return typeIn(type.item);
  return type.is === 'map' ? typeIn(type.value) : undefined;
}

/** `podCIDRs` → `pod CIDRs`. */
const spoken = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/\b([A-Z])(?=[a-z])/g, (letter) => letter.toLowerCase());

function sentence(name: string): string {
  const text = spoken(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

let words: ReadonlyMap<string, string> | undefined;

function wordsOf(key: string): string | undefined {
  words ??= new Map([typeWords, metaWords, podWords, workloadWords].flatMap(readWords));
  return words.get(key);
}

/** A line that begins with a space goes on with the one before. */
export function readWords(text: string): [string, string][] {
  const lines = text.trim().replaceAll('\n ', ' ').split('\n');
  return lines.map((line) => {
    const space = line.indexOf(' ');
    return [line.slice(0, space), line.slice(space + 1)];
  });
}
