/**
 * What JSON.parse does not tell: how deep a text is, and which keys it says twice. A deep value
 * parses, but then nothing can print it: it could be stored and never be listed again.
 */

export const depthMax = 500;

const quote = 0x22;
const backslash = 0x5c;
const [openObject, openArray, closeObject, closeArray] = [0x7b, 0x5b, 0x7d, 0x5d];
const colon = 0x3a;

export function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === quote) index = endOfString(bytes, index);
    else if (byte === openObject || byte === openArray) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (byte === closeObject || byte === closeArray) depth -= 1;
  }
  return false;
}

/** Paths of the keys that an object has twice. The text must be valid JSON. */
export function duplicateFields(bytes: Buffer): string[] {
  const found: string[] = [];
  const stack: Level[] = [];
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    const level = stack.at(-1);
    if (byte === openObject) stack.push({ keys: new Set(), current: '', index: 0 });
    else if (byte === openArray) stack.push({ keys: undefined, current: '', index: 0 });
    else if (byte === closeObject || byte === closeArray) stack.pop();
    else if (byte === 0x2c && level) level.index += 1;
    else if (byte === quote) {
      const end = endOfString(bytes, index);
      if (level?.keys && isKey(bytes, end + 1)) {
        level.current = bytes.toString('utf8', index + 1, end);
        if (level.keys.has(level.current)) found.push(pathOf(stack));
        level.keys.add(level.current);
      }
      index = end;
    }
  }
  return found;
}

interface Level {
  readonly keys: Set<string> | undefined; // Undefined for an array.
  current: string;
  index: number;
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
