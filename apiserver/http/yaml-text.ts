/**
 * YAML as Kubernetes reads it, and nothing more: plain data, one document, no aliases, at most 100
 * levels, a bounded number of lines. Hostile texts end in an error, and soon: decision 0006.
 */
import {
  boolYaml11Tag,
  DUMP_SCHEMA,
  defineScalarTag,
  dump,
  EVENT_ID,
  type Event,
  FAILSAFE_SCHEMA,
  floatCoreTag,
  getScalarValue,
  load,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  type ScalarTagDefinition,
} from 'js-yaml';
import { problemsMax } from './json-text.ts';

const limits = { maxDepth: 100, maxAliases: 0 };

/** Octal as people write file modes (0644); what a double cannot hold becomes a BigInt. */
const wholeNumber = defineScalarTag<number | bigint>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: ['-', '+', ...'0123456789'],
  resolve: (source) => {
    const match = /^([-+]?)(0b[01]+|0x[0-9a-fA-F]+|0o?[0-7]+|0|[1-9][0-9]*)$/.exec(source);
    if (!match || source.length > digitsMax) return NOT_RESOLVED;
    const [, sign = '', digits = ''] = match;
    const text = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    const value = sign === '-' ? -BigInt(text) : BigInt(text);
    const isExact = value >= BigInt(-Number.MAX_SAFE_INTEGER) && value <= Number.MAX_SAFE_INTEGER;
    return isExact ? Number(value) : value;
  },
  identify: (value) => typeof value === 'bigint',
  represent: String,
});
const digitsMax = 40;

const loadSchema = FAILSAFE_SCHEMA.withTags(nullCoreTag, boolYaml11Tag, wholeNumber, floatCoreTag);
const dumpedNumber = DUMP_SCHEMA.tags.find(
  ({ tagName }) => tagName === wholeNumber.tagName,
) as ScalarTagDefinition<number | bigint>;
const dumpSchema = DUMP_SCHEMA.withTags({
  ...dumpedNumber,
  identify: (value) => typeof value === 'bigint' || dumpedNumber.identify(value),
  represent: String,
});

/** Why a text is not to be parsed; undefined when it may be. */
export function refuseYaml(bytes: Uint8Array): string | undefined {
  let count = 0;
  for (const byte of bytes) {
    if (byte === newline || byte === comma) count += 1;
  }
  return count < linesMax ? undefined : `it has more than ${linesMax} lines or values`;
}

const linesMax = 50_000;
const newline = 0x0a;
const comma = 0x2c;

/** Of two equal keys the last one counts. @throws Error */
export const parseYaml = (text: string): unknown =>
  load(text, { ...limits, schema: loadSchema, json: true });

export const toYaml = (value: unknown): Buffer =>
  Buffer.from(dump(value, { noRefs: true, schema: dumpSchema }));

/** `line 3: key "a" already set in map`, for a text that was parsed; not all of very many. */
export function twiceInYaml(text: string): string[] {
  const found: string[] = [];
  const stack: Level[] = [];
  for (const event of parseEvents(text, limits)) {
    if (found.length >= problemsMax) break;
    const level = stack.at(-1);
    if (event.type === EVENT_ID.POP) stack.pop();
    if (event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) continue;
    if (level?.keys && level.isKey) checkKey(text, level, { event, found });
    if (level) level.isKey = !level.isKey;
    if (event.type === EVENT_ID.MAPPING) stack.push({ keys: new Set(), isKey: true });
    if (event.type === EVENT_ID.SEQUENCE) stack.push({ keys: undefined, isKey: false });
  }
  return found;
}

interface Level {
  readonly keys: Set<string> | undefined; // Undefined for a sequence.
  isKey: boolean;
}

function checkKey(
  text: string,
  { keys }: Level,
  { event, found }: { readonly event: Event; readonly found: string[] },
): void {
  if (event.type !== EVENT_ID.SCALAR) return;
  const key = getScalarValue(text, event);
  if (keys!.has(key)) {
    const line = text.slice(0, event.valueStart).split('\n').length;
    found.push(`line ${line}: key ${JSON.stringify(key)} already set in map`);
  }
  keys!.add(key);
}
