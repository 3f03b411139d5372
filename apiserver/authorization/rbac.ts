/**
 * RBAC's rules: whether one covers a request. Pure.
 *
 * Rules only ever allow, so the first match ends a search and order never matters.
 */
import type { FieldTerm } from '../../api/fields.ts';
import type { RequestInfo } from '../request.ts';

/** rbac/v1 PolicyRule. Either resources or nonResourceURLs are named, never both. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  /** `pods`, `pods/log`, `*`, `*` + `/scale`. `pods` does not cover its subresources. */
  readonly resources?: readonly string[];
  /** Absent or empty: every name. A request without a name never matches a named rule. */
  readonly resourceNames?: readonly string[];
  /** Paths; a `*` at the end matches any rest. Only bindings of the whole cluster give these. */
  readonly nonResourceURLs?: readonly string[];
}

/** What of a request counts. */
export type Attributes = Pick<
  RequestInfo,
  'isResource' | 'path' | 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name'
> & {
  /** Of a request; its field selector narrows what a node may list. */
  readonly query?: URLSearchParams;
  /** The same of a question that somebody asks in a review. */
  readonly fieldTerms?: readonly FieldTerm[];
};

export interface Decision {
  readonly allowed: boolean;
  /** For the audit log, the access reviews and, on denial, the 403: why. May be empty. */
  readonly reason: string;
}

/** Whether one rule covers a request, whoever asks. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includesOrAll(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResource) return pathMatches(rule.nonResourceURLs ?? [], attributes.path);
  return (
    includesOrAll(rule.apiGroups ?? [], attributes.group) &&
    resourceMatches(rule.resources ?? [], attributes) &&
    nameMatches(rule.resourceNames ?? [], attributes.name)
  );
}

function resourceMatches(allowed: readonly string[], { resource, subresource }: Attributes) {
  if (subresource === '') return includesOrAll(allowed, resource);
  return (
    includesOrAll(allowed, `${resource}/${subresource}`) || allowed.includes(`*/${subresource}`)
  );
}

const nameMatches = (allowed: readonly string[], name: string) =>
  allowed.length === 0 || allowed.includes(name);

function pathMatches(allowed: readonly string[], path: string): boolean {
  return allowed.some((each) => {
    if (each === path) return true;
    return each.endsWith('*') && path.startsWith(each.replace(/\*+$/, ''));
  });
}

const includesOrAll = (allowed: readonly string[], wanted: string) =>
  allowed.includes('*') || allowed.includes(wanted);
