/** Label selectors, as text (`a=b,c in (x,y),!d`) and as the LabelSelector object. */
import { StatusError } from '../base/errors.ts';
import { isLabelValue, isQualifiedName } from './names.ts';
import type { LabelSelector } from './types/meta-v1.generated.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/**
 * Empty text gives no requirements, which every object meets.
 * @throws StatusError BadRequest
 */
export function parseLabelSelector(text: string): Requirement[] {
  if (text.trim() === '') return [];
  const reader = new SelectorReader(text);
  const requirements: Requirement[] = [];
  do requirements.push(checked(readRequirement(reader), text));
  while (reader.take(','));
  if (!reader.isAtEnd) throw badSelector(text, `found '${reader.peek()}', expected: ',' or end`);
  return requirements;
}

export const matchesRequirements = (
  requirements: readonly Requirement[],
  labels: Labels | undefined,
): boolean => requirements.every((requirement) => meets(requirement, labels));

/** As upstream has it: no selector selects nothing, an empty one selects everything. */
export function matchesLabelSelector(
  selector: LabelSelector | undefined,
  labels: Labels | undefined,
): boolean {
  return selector !== undefined && matchesRequirements(requirementsOf(selector), labels);
}

/** matchLabels only, as in a Service's selector; an empty one selects nothing. */
export function matchesLabels(wanted: Labels | undefined, labels: Labels | undefined): boolean {
  const entries = Object.entries(wanted ?? {});
  return entries.length > 0 && entries.every(([key, value]) => labelOf(labels, key) === value);
}

export function requirementsOf(selector: LabelSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, operator: 'In' as const, values: [value] }));
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator: operator as Requirement['operator'],
    values: values ?? [],
  }));
  return [...equal, ...expressions];
}

/** The text of a LabelSelector: `app=web,tier in (a,b)`. Empty for an empty or no selector. */
export const formatLabelSelector = (selector: LabelSelector | undefined): string =>
  selector ? requirementsOf(selector).map(formatRequirement).join(',') : '';

/** `a=b,c=d`, sorted by key. */
export const formatLabels = (labels: Labels | undefined): string =>
  formatLabelSelector({ matchLabels: { ...labels } });

function formatRequirement({ key, operator, values }: Requirement): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  if (operator === 'Gt') return `${key}>${values[0]}`;
  if (operator === 'Lt') return `${key}<${values[0]}`;
  if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
}

function meets({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const value = labelOf(labels, key);
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (value === undefined) return false;
  if (operator === 'In') return values.includes(value);
  const [left, right] = [Number(value), Number(values[0])];
  return /^-?\d+$/.test(value) && (operator === 'Gt' ? left > right : left < right);
}

const labelOf = (labels: Labels | undefined, key: string) =>
  labels && Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Word by word, each letter looked at once: selectors come from strangers and may be long. */
class SelectorReader {
  readonly text: string;
  readonly #words: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.text = text;
    this.#words = text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g) ?? [];
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#words.length;
  }

  peek(): string {
    return this.#words[this.#next] ?? '';
  }

  /** Goes on when this word is next. */
  take(word: string): boolean {
    if (this.isAtEnd || this.#words[this.#next] !== word) return false;
    this.#next += 1;
    return true;
  }

  /** A key or value; empty when something else is next. */
  takeName(): string {
    const word = this.peek();
    if (word === '' || /^[=!(),<>]/.test(word)) return '';
    this.#next += 1;
    return word;
  }
}

function readRequirement(reader: SelectorReader): Requirement {
  const isNegated = reader.take('!');
  const key = reader.takeName();
  if (key === '') throw badSelector(reader.text, `found '${reader.peek()}', expected: identifier`);
  if (isNegated) return { key, operator: 'DoesNotExist', values: [] };
  if (reader.isAtEnd || reader.peek() === ',') return { key, operator: 'Exists', values: [] };
  if (reader.take('in')) return { key, operator: 'In', values: readValues(reader) };
  if (reader.take('notin')) return { key, operator: 'NotIn', values: readValues(reader) };
  const operator = comparisons.find(([word]) => reader.take(word))?.[1];
  if (operator) return { key, operator, values: [reader.takeName()] };
  const expected = "in, notin, =, ==, !=, '>', '<'";
  throw badSelector(reader.text, `found '${reader.peek()}', expected: ${expected}`);
}

const comparisons: readonly (readonly [string, Requirement['operator']])[] = [
  ['=', 'In'],
  ['==', 'In'],
  ['!=', 'NotIn'],
  ['>', 'Gt'],
  ['<', 'Lt'],
];

/** `(a,b,)`: what is between two commas may be empty, but there must be something. */
function readValues(reader: SelectorReader): string[] {
  const fail = (expected: string) =>
    badSelector(reader.text, `found '${reader.peek()}', expected: ${expected}`);
  if (!reader.take('(')) throw fail("'('");
  if (reader.take(')')) {
    throw badSelector(reader.text, "for 'in', 'notin' operators, values set can't be empty");
  }
  const values: string[] = [];
  do values.push(reader.takeName());
  while (reader.take(','));
  if (!reader.take(')')) throw fail("',', ')' or identifier");
  return values;
}

function checked(requirement: Requirement, text: string): Requirement {
  const { key, operator, values } = requirement;
  const isNumeric = operator === 'Gt' || operator === 'Lt';
  if (isNumeric && !/^-?\d+$/.test(values[0] ?? '')) {
    throw badSelector(text, `for 'Gt', 'Lt' operators, the value must be an integer`);
  }
  const problem =
    isQualifiedName(key)[0] ?? values.map((value) => isLabelValue(value)[0]).find(Boolean);
  if (problem) throw badSelector(text, problem);
  return requirement;
}

const shownMax = 200;

const badSelector = (text: string, why: string) => {
  const shown = text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
  return new StatusError('BadRequest', `unable to parse label selector "${shown}": ${why}`);
};
