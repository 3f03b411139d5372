/**
 * Field numbers, which our schema lacks. Texts again, parsed message by message when first needed:
 *
 *     Probe :ProbeHandler initialDelaySeconds … terminationGracePeriodSeconds!
 *
 * One message a line. Fields count from one; `name=7` goes on from there. `name!` is a field whose
 * zero value says something: scripts/protobuf-zeros.ts. `:Message` is a struct that Go embeds: a
 * message on the wire, while in JSON its fields belong to the outer object.
 */
import { texts } from './numbers.generated.ts';

export interface NumberedField {
  readonly name: string; // Empty of an embedded struct.
  readonly keepsZero: boolean;
  readonly embeds: string | undefined; // The message.
}

export type Numbers = ReadonlyMap<number, NumberedField>;

const lines = new Map<string, Map<string, string>>();
const parsed = new Map<string, Map<string, Numbers>>();

/** `numbersOf('core-v1', 'Pod')`; undefined of what no request body holds. */
export function numbersOf(file: string, message: string): Numbers | undefined {
  const known = parsed.get(file)?.get(message);
  if (known) return known;
  const line = linesOf(file).get(message);
  if (line === undefined) return undefined;
  const numbers = parseNumbers(line);
  const ofFile = parsed.get(file) ?? new Map<string, Numbers>();
  parsed.set(file, ofFile.set(message, numbers));
  return numbers;
}

function linesOf(file: string): Map<string, string> {
  const known = lines.get(file);
  if (known) return known;
  const text = Object.hasOwn(texts, file) ? texts[file]! : '';
  const all = text
    .trim()
    .split('\n')
    .map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? ([line, ''] as const) : ([line.slice(0, space), line] as const);
    });
  const found = new Map(all);
  lines.set(file, found);
  return found;
}

/** Of a whole line, with its message's name. */
export function parseNumbers(line: string): Numbers {
  const numbers = new Map<number, NumberedField>();
  let number = 0;
  for (const word of line.split(' ').slice(1)) {
    const [label = '', at] = word.split('=');
    number = at === undefined ? number + 1 : Number(at);
    const keepsZero = label.endsWith('!');
    const embeds = label.startsWith(':') ? label.slice(1) : undefined;
    const name = embeds === undefined ? label.slice(0, keepsZero ? -1 : undefined) : '';
    numbers.set(number, { name, keepsZero, embeds });
  }
  return numbers;
}
