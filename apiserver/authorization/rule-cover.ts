/** Whether some rules allow all that others allow: nobody may give away more than is theirs. Pure. */
import type { PolicyRule } from './rbac.ts';

/** What of `wanted` no rule of `held` covers, in the smallest pieces; empty when all is covered. */
export const uncovered = (held: readonly PolicyRule[], wanted: readonly PolicyRule[]) =>
  wanted.flatMap(breakDown).filter((piece) => !held.some((rule) => covers(rule, piece)));

/** One verb on one resource of one group (and of one name), or one verb on one path. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const named = resourceNames.length > 0 ? resourceNames.map((name) => [name]) : [undefined];
  const onResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        named.map((names) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(names && { resourceNames: names }),
        })),
      ),
    ),
  );
  const onPaths = nonResourceURLs.flatMap((url) =>
    verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })),
  );
  return [...onResources, ...onPaths];
}

function covers(rule: PolicyRule, piece: PolicyRule): boolean {
  if (!hasAll(rule.verbs, piece.verbs)) return false;
  if (piece.nonResourceURLs) {
    return piece.nonResourceURLs.every((url) => coversPath(rule.nonResourceURLs ?? [], url));
  }
  const names = rule.resourceNames ?? [];
  return (
    hasAll(rule.apiGroups ?? [], piece.apiGroups ?? []) &&
    (piece.resources ?? []).every((each) => coversResource(rule.resources ?? [], each)) &&
    (names.length === 0 || (piece.resourceNames ?? ['']).every((name) => names.includes(name)))
  );
}

const hasAll = (held: readonly string[], wanted: readonly string[]) =>
  held.includes('*') || wanted.every((each) => held.includes(each));

function coversResource(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true;
  const slash = wanted.indexOf('/');
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`);
}

/** `/api/*` covers `/api/v1` and `/api/v1/*`. */
const coversPath = (held: readonly string[], wanted: string) =>
  held.some(
    (each) => each === wanted || (each.endsWith('*') && wanted.startsWith(each.slice(0, -1))),
  );

/** One line for each resource: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function describeRules(pieces: readonly PolicyRule[]): string[] {
  const together = new Map<string, PolicyRule>();
  for (const piece of pieces) {
    const { verbs, ...rest } = piece;
    const key = piece.nonResourceURLs ? JSON.stringify(piece) : JSON.stringify(rest);
    const known = together.get(key);
    together.set(key, { ...piece, verbs: [...(known?.verbs ?? []), ...verbs] });
  }
  return [...new Set([...together.values()].map(describeRule))].sort();
}

function describeRule(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  const shown = parts.flatMap(([name, values]) =>
    values?.length ? `${name}:${listOf(values)}` : [],
  );
  return `{${shown.join(', ')}}`;
}

/** `["a" "b"]` */
export const listOf = (values: readonly string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
