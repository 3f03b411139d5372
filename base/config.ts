/**
 * Command-line flags as a table: each flag's default stands beside its sentence of documentation,
 * and `--help` is printed from it. A room's main.ts exports such a table as `flags`.
 */
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from './errors.ts';

export interface Flag<T> {
  readonly describe: string;
  readonly default: T;
  readonly kind: 'value' | 'switch';
  /** How the value is shown in `--help`: DIR, URL, N. */
  readonly placeholder: string;
  /** Throws an Error whose message says what is wrong with the text. */
  readonly parse: (text: string) => T;
}

export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** `{ 'node-name': Flag<string> }` → `{ nodeName: string }`, frozen. */
export type ConfigOf<T extends FlagTable> = {
  readonly [K in keyof T & string as CamelCase<K>]: T[K] extends Flag<infer V> ? V : never;
};

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

export function text(describe: string, fallback: string, placeholder = 'TEXT'): Flag<string> {
  return { describe, default: fallback, kind: 'value', placeholder, parse: (value) => value };
}

export function optionalText(describe: string, placeholder = 'TEXT'): Flag<string | undefined> {
  return { describe, default: undefined, kind: 'value', placeholder, parse: (value) => value };
}

export function integer(
  describe: string,
  fallback: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): Flag<number> {
  const parse = (value: string) => {
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || number < min || number > max) {
      throw new Error(`must be a whole number from ${min} to ${max}`);
    }
    return number;
  };
  return { describe, default: fallback, kind: 'value', placeholder: 'N', parse };
}

/** A TCP or UDP port; 0 picks a free one. */
export const port = (describe: string, fallback: number): Flag<number> =>
  integer(describe, fallback, { max: 65_535 });

/** Comma-separated. */
export function list(
  describe: string,
  fallback: readonly string[] = [],
  placeholder = 'A,B',
): Flag<readonly string[]> {
  const parse = (value: string) => value.split(',').filter((item) => item !== '');
  return { describe, default: fallback, kind: 'value', placeholder, parse };
}

/** `--wait`; `--wait=false` and `--no-wait` turn it off. */
export function toggle(describe: string, fallback = false): Flag<boolean> {
  const parse = (value: string) => {
    if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
    return value === 'true';
  };
  return { describe, default: fallback, kind: 'switch', placeholder: '', parse };
}

export function oneOf<const T extends string>(
  describe: string,
  choices: readonly T[],
  fallback: T,
): Flag<T> {
  const parse = (value: string) => {
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return choice;
  };
  return { describe, default: fallback, kind: 'value', placeholder: choices.join('|'), parse };
}

/**
 * Parses `argv` (without the command's name). Reports every problem at once.
 * @throws UsageError
 */
export function parseFlags<T extends FlagTable>(
  table: T,
  argv: readonly string[],
): { config: ConfigOf<T>; positionals: string[] } {
  const problems: string[] = [];
  const values = new Map(Object.entries(table).map(([name, flag]) => [name, flag.default]));
  const { tokens } = parseArgs({
    args: argv.map((word) => spellOut(word, table)),
    options: Object.fromEntries(Object.keys(table).map((name) => [name, { type: 'string' }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (!flag) problems.push(`unknown flag ${token.rawName}`);
    else if (token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else {
      try {
        values.set(token.name, flag.parse(token.value));
      } catch (error) {
        problems.push(`--${token.name}=${token.value}: ${messageOf(error)}`);
      }
    }
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  const entries = [...values].map(([name, value]) => [camelCase(name), value]);
  return { config: Object.freeze(Object.fromEntries(entries)) as ConfigOf<T>, positionals };
}

/** One line a flag: `  --bind-address ADDRESS  Where to listen. [127.0.0.1]`. */
export function describeFlags(table: FlagTable): string {
  const rows = Object.entries(table).map(([name, flag]) => {
    const shown = Array.isArray(flag.default) ? flag.default.join(',') : flag.default;
    const fallback = shown === undefined || shown === '' || shown === false ? '' : ` [${shown}]`;
    return [`  --${name} ${flag.placeholder}`.trimEnd(), `${flag.describe}${fallback}`] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `${left.padEnd(width)}${right}`).join('\n');
}

/** parseArgs knows no optional values: a bare switch becomes `--name=true`. */
function spellOut(word: string, table: FlagTable): string {
  const name = word.replace(/^--(no-)?/, '');
  if (!word.startsWith('--') || table[name]?.kind !== 'switch') return word;
  return `--${name}=${word.startsWith('--no-') ? 'false' : 'true'}`;
}

const camelCase = (name: string) =>
  name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
