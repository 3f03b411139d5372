/** Who writes what, in whose name the fields are owned then, and whether in earnest. */
import type { Resource } from '../../api/resource.ts';
import {
  forbiddenValue,
  invalidValue,
  requiredValue,
  tooLongValue,
} from '../../api/validation/cause.ts';
import type { StatusCause } from '../../base/errors.ts';
import type { Call } from '../call.ts';
import { badRequest, invalidOptions } from '../errors.ts';
import type { HttpRequest, RequestInfo, User } from '../request.ts';

export interface Writer {
  readonly resource: Resource;
  readonly info: RequestInfo;
  readonly user: User;
  readonly dryRun: boolean;
  /** Of the call; whoever has none needs none. */
  readonly warnings?: string[];
  /** Who owns what is written; absent: whoever the query names, else the server itself. */
  readonly manager?: string;
  /** The version that was asked for, where that is not the stored one. */
  readonly served?: Resource;
  /** The draft of an apply says itself who owns its fields. */
  readonly isApply?: boolean;
}

/**
 * The writer of a call, once its options are found to be sound.
 * @throws StatusError Invalid, BadRequest
 */
export function writerOf(call: Call, { isApply = false } = {}): Writer {
  const { resource, info, user, warnings, request } = call;
  const manager = info.query.get('fieldManager') ?? '';
  const causes = managerProblems(manager);
  if (isApply && manager === '') {
    causes.push(requiredValue('fieldManager', 'is required for apply patch'));
  } else if (!isApply && info.verb === 'patch' && info.query.has('force')) {
    causes.push(forbiddenValue('force', 'may not be specified for non-apply patch'));
  }
  if (causes.length > 0) throw invalidOptions(optionsKind(info), causes);
  const dryRun = dryRunOf(info.query.getAll('dryRun'));
  const written = { resource, info, user, dryRun, warnings, isApply };
  return { ...written, manager: manager || agentOf(request) };
}

const optionsKind = ({ verb }: RequestInfo): string =>
  `${{ create: 'Create', patch: 'Patch' }[verb] ?? 'Update'}Options`;

const managerBytesMax = 128;
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

function managerProblems(manager: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (Buffer.byteLength(manager) > managerBytesMax) {
    causes.push(tooLongValue('fieldManager', managerBytesMax));
  }
  for (const [position, letter] of [...manager].entries()) {
    if (!unprintable.test(letter)) continue;
    const code = letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    const why = `invalid character U+${code} (at position ${position})`;
    causes.push(invalidValue('fieldManager', manager, why));
  }
  return causes;
}

/** `kubectl/v1.35.0 (linux/amd64)` → `kubectl`. */
function agentOf({ headers }: HttpRequest): string {
  const [name = ''] = (headers['user-agent'] ?? '').split('/', 1);
  let agent = '';
  for (const letter of name) {
    if (unprintable.test(letter)) continue;
    if (Buffer.byteLength(agent + letter) > managerBytesMax) break;
    agent += letter;
  }
  return agent || 'unknown';
}

/** The name under which the fields are owned. */
export const managerOf = ({ manager, info }: Writer): string =>
  manager ?? (info.query.get('fieldManager') || 'kube-apiserver');

/** `dryRun=All` is the one value there is. @throws StatusError BadRequest */
export function dryRunOf(values: readonly string[]): boolean {
  if (values.every((value) => value === '')) return false;
  if (values.every((value) => value === 'All')) return true;
  throw badRequest(`Invalid value: ${JSON.stringify(values)}: dryRun must be All`);
}
