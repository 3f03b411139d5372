/**
 * What JSON.parse does not tell: how deep a text is, how much is in it, and which keys it says
 * twice. A deep value parses, but then nothing can print it: it could be stored and never be listed
 * again. Many small values cost more than their bytes: decision 0006.
 */

export const depthMax = 500;
export const valuesMax = 100_000;
/** Of one object or list; more than the operations of the largest JSON patch. */
const entriesMax = 12_000;
/** As many as anybody reads. */
export const problemsMax = 100;

const quote = 0x22;
const backslash = 0x5c;
const [openObject, openArray, closeObject, closeArray] = [0x7b, 0x5b, 0x7d, 0x5d];
const colon = 0x3a;
const comma = 0x2c;

/** Why a text is not to be parsed; undefined when it may be. */
export function refuseJson(bytes: Uint8Array): string | undefined {
  const entries = new Uint32Array(depthMax + 1); // Of each level that is open.
  let depth = 0;
  let values = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === quote) index = endOfString(bytes, index);
    else if (byte === comma) {
      values += 1;
      entries[depth]! += 1;
      if (entries[depth]! >= entriesMax) return tooWide;
    } else if (byte === openObject || byte === openArray) {
      depth += 1;
      if (depth > depthMax) return `it is nested more than ${depthMax} deep`;
      entries[depth] = 0;
    } else if (byte === closeObject || byte === closeArray) depth = Math.max(0, depth - 1);
  }
  return values < valuesMax ? undefined : `it has more than ${valuesMax} values`;
}

/**
 * Whether an object of a valid text says a key twice: then the value that was read of it has fewer
 * keys than the text has colons. Finding out which one costs far more: see `fieldProblems`.
 */
export function saysTwice(bytes: Uint8Array, value: unknown): boolean {
  let colons = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === quote) index = endOfString(bytes, index);
    else if (byte === colon) colons += 1;
  }
  return colons !== keysIn(value);
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const each of value) count += keysIn(each);
  else {
    for (const key of Object.keys(value)) count += 1 + keysIn((value as Fields)[key]);
  }
  return count;
}

type Fields = Readonly<Record<string, unknown>>;

const tooWide = `it has an object or a list with more than ${entriesMax} entries`;

/** The same of a value that was never JSON. It nests no deeper than what made it allows. */
export function refuseValue(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const children = Object.values(value);
  if (children.length > entriesMax) return tooWide;
  for (const each of children) {
    const refusal = refuseValue(each);
    if (refusal) return refusal;
  }
  return undefined;
}

/**
 * What an object says twice, and where the unknown fields (paths) are, in the order of the text. The
 * text must be valid JSON.
 */
export function fieldProblems(bytes: Buffer, unknown: readonly string[]): string[] {
  const strangers = new Set(unknown);
  const found = new Set<string>();
  const stack: Level[] = [];
  for (let index = 0; index < bytes.length && found.size < problemsMax; index++) {
    const byte = bytes[index];
    const level = stack.at(-1);
    if (byte === openObject) stack.push({ keys: new Set(), current: '', index: 0 });
    else if (byte === openArray) stack.push({ keys: undefined, current: '', index: 0 });
    else if (byte === closeObject || byte === closeArray) stack.pop();
    else if (byte === comma && level) level.index += 1;
    else if (byte === quote) {
      const end = endOfString(bytes, index);
      if (level?.keys && isKey(bytes, end + 1)) {
        level.current = keyOf(bytes, index, end);
        const isTwice = level.keys.has(level.current);
        level.keys.add(level.current);
        if (isTwice || strangers.size > 0) {
          const path = pathOf(stack);
          if (strangers.has(path)) found.add(`unknown field "${path}"`);
          else if (isTwice) found.add(`duplicate field "${path}"`);
        }
      }
      index = end;
    }
  }
  // Those that are not there in so many words.
  for (const path of unknown.slice(0, problemsMax)) found.add(`unknown field "${path}"`);
  return [...found];
}

interface Level {
  readonly keys: Set<string> | undefined; // Undefined for an array.
  current: string;
  index: number;
}

/** Two spellings of a key are one key. */
function keyOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end);
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text;
}

/** The index of the closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== quote) {
    index += bytes[index] === backslash ? 2 : 1;
  }
  return index;
}

function isKey(bytes: Uint8Array, start: number): boolean {
  let index = start;
  while (bytes[index]! <= 0x20) index += 1;
  return bytes[index] === colon;
}

const pathOf = (stack: readonly Level[]): string =>
  stack
    .map(({ keys, current, index }) => (keys ? `.${current}` : `[${index}]`))
    .join('')
    .slice(1);
