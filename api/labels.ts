/** Label selectors, as text (`a=b,c in (x,y),!d`) and as the LabelSelector object. */
import { StatusError } from '../base/errors.ts';
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
  return splitTerms(text).map((term) => {
    for (const [pattern, read] of grammar) {
      const match = pattern.exec(term);
      if (match) return checked(read(match), text);
    }
    throw badSelector(text, `couldn't understand '${term.trim()}'`);
  });
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

type Match = RegExpExecArray;
const keyOf = (match: Match) => match[1] ?? '';
const textOf = (match: Match) => match[2] ?? '';
const listOf = (match: Match) =>
  textOf(match)
    .split(',')
    .map((value) => value.trim());
const key = '\\s*([^\\s!=<>(),]+)\\s*';
const value = '\\s*([^\\s!=<>(),]*)\\s*';

const grammar: readonly (readonly [RegExp, (match: Match) => Requirement])[] = [
  [new RegExp(`^${key}$`), (m) => ({ key: keyOf(m), operator: 'Exists', values: [] })],
  [new RegExp(`^\\s*!${key}$`), (m) => ({ key: keyOf(m), operator: 'DoesNotExist', values: [] })],
  [
    new RegExp(`^${key}={1,2}${value}$`),
    (m) => ({ key: keyOf(m), operator: 'In', values: [textOf(m)] }),
  ],
  [
    new RegExp(`^${key}!=${value}$`),
    (m) => ({ key: keyOf(m), operator: 'NotIn', values: [textOf(m)] }),
  ],
  [
    new RegExp(`^${key}\\s+in\\s*\\(([^()]*)\\)\\s*$`),
    (m) => ({ key: keyOf(m), operator: 'In', values: listOf(m) }),
  ],
  [
    new RegExp(`^${key}\\s+notin\\s*\\(([^()]*)\\)\\s*$`),
    (m) => ({ key: keyOf(m), operator: 'NotIn', values: listOf(m) }),
  ],
  [
    new RegExp(`^${key}>${value}$`),
    (m) => ({ key: keyOf(m), operator: 'Gt', values: [textOf(m)] }),
  ],
  [
    new RegExp(`^${key}<${value}$`),
    (m) => ({ key: keyOf(m), operator: 'Lt', values: [textOf(m)] }),
  ],
];

/** Commas inside brackets belong to a set of values. */
const splitTerms = (text: string): string[] => text.split(/,(?![^(]*\))/);

function checked(requirement: Requirement, text: string): Requirement {
  const isNumeric = requirement.operator === 'Gt' || requirement.operator === 'Lt';
  if (isNumeric && !/^-?\d+$/.test(requirement.values[0] ?? '')) {
    throw badSelector(text, `for 'Gt', 'Lt' operators, the value must be an integer`);
  }
  return requirement;
}

const badSelector = (text: string, why: string) =>
  new StatusError('BadRequest', `unable to parse label selector "${text}": ${why}`);
