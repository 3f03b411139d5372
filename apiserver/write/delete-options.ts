/** How an object shall end: what a delete's body and query say. */
import { invalidValue, unsupportedValue } from '../../api/validation/cause.ts';
import type { StatusCause } from '../../base/errors.ts';
import { badRequest, invalidOptions } from '../errors.ts';
import { isObject } from '../http/body.ts';
import { dryRunOf } from './store-object.ts';

export interface DeleteOptions {
  readonly graceSeconds: number | undefined;
  readonly propagation: 'Background' | 'Foreground' | 'Orphan' | undefined;
  /** The old way of saying Background, which is answered with 202 as long as the object is there. */
  readonly isOldCascade: boolean;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly dryRun: boolean;
}

/** From a DeleteOptions body and, where that says nothing, the query. @throws StatusError */
export function deleteOptionsOf(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = readGiven(body);
  const read = (name: string) => given[name] ?? (query.get(name) || undefined);
  const orphan = read('orphanDependents');
  const preconditions = isObject(given.preconditions) ? given.preconditions : {};
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun.map(String) : query.getAll('dryRun');
  return {
    graceSeconds: graceOf(read('gracePeriodSeconds')),
    propagation: policyOf(read('propagationPolicy'), orphan),
    isOldCascade: String(orphan) === 'false',
    uid: textOf(preconditions.uid),
    resourceVersion: textOf(preconditions.resourceVersion),
    dryRun: dryRunOf(dryRun),
  };
}

function readGiven(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  const kind = isObject(body) ? body.kind : typeof body;
  if (isObject(body) && (kind === undefined || kind === 'DeleteOptions')) return body;
  throw badRequest(`decoded object cannot be converted to DeleteOptions: ${JSON.stringify(kind)}`);
}

const textOf = (value: unknown) =>
  value === undefined || value === null ? undefined : String(value);

/** Less than nothing is a second, as it always was. */
function graceOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (!Number.isInteger(seconds)) throw badRequest('gracePeriodSeconds must be a whole number');
  return seconds < 0 ? 1 : Math.min(seconds, secondsMax);
}

/** A hundred years: any time that a client can mean, and none that a date cannot hold. */
export const secondsMax = 3_155_760_000;

const policies = ['Background', 'Foreground', 'Orphan'] as const;

function policyOf(policy: unknown, orphan: unknown): DeleteOptions['propagation'] {
  const field = 'propagationPolicy';
  if (policy !== undefined && orphan !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    throw invalid(invalidValue(field, policy, detail));
  }
  if (orphan !== undefined) return String(orphan) === 'true' ? 'Orphan' : 'Background';
  if (policy === undefined) return undefined;
  const known = policies.find((each) => each === policy);
  if (!known) throw invalid(unsupportedValue(field, policy, policies));
  return known;
}

const invalid = (cause: StatusCause) => invalidOptions('DeleteOptions', [cause]);
