/**
 * Impersonation: a request in the name of somebody else, by whoever may do that.
 *
 * Upstream's constrained ways (KEP-5284) are tried first: each needs a right on whom to be, and one
 * on what to do as such. The old way (`impersonate`) needs the first alone, and gives everything.
 */
import { StatusError } from '../../base/errors.ts';
import { type Authorizer, forbiddenError } from '../authorization/authorize.ts';
import type { Attributes } from '../authorization/rbac.ts';
import type { HttpRequest, RequestInfo, User } from '../request.ts';

/** Whom the headers name, as they name them. */
interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

export interface Impersonation {
  readonly requestor: User;
  readonly info: RequestInfo;
  readonly authorize: Authorizer;
}

/**
 * The user that a request is to be served as: the one who sent it, unless its headers name another.
 * @throws StatusError Forbidden, BadRequest
 */
export function impersonate(request: Pick<HttpRequest, 'rawHeaders'>, as: Impersonation): User {
  const wanted = wantedOf(request.rawHeaders);
  if (!wanted) return as.requestor;
  let refusal: unknown;
  for (const mode of modes) {
    if (!mode.fits(wanted, as.requestor)) continue;
    try {
      return become(mode, wanted, as);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

/** Read as they came: Node joins repeated headers into one text. @throws StatusError BadRequest */
function wantedOf(rawHeaders: readonly string[]): Wanted | undefined {
  let name = '';
  let uid = '';
  const groups: string[] = [];
  const extra = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const header = rawHeaders[index]!.toLowerCase();
    if (!header.startsWith('impersonate-')) continue;
    const value = rawHeaders[index + 1]!;
    if (header === 'impersonate-user') name ||= value;
    else if (header === 'impersonate-uid') uid ||= value;
    else if (header === 'impersonate-group') groups.push(value);
    else if (header.startsWith(extraPrefix)) {
      const key = unescapeKey(header.slice(extraPrefix.length));
      extra.set(key, [...(extra.get(key) ?? []), value]);
    }
  }
  if (name !== '') return { name, uid, groups, extra };
  if (uid === '' && groups.length === 0 && extra.size === 0) return undefined;
  throw new StatusError(
    'BadRequest',
    'requested groups, uid or extra without impersonating a user',
  );
}

const extraPrefix = 'impersonate-extra-';

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

interface Mode {
  readonly name: string; // Empty for the old way.
  readonly fits: (wanted: Wanted, requestor: User) => boolean;
}

const nodePrefix = 'system:node:';
const isNode = ({ name }: Wanted) => name.startsWith(nodePrefix);
const accountShape = /^system:serviceaccount:([^:]+):([^:]+)$/;
const isAccount = ({ name }: Wanted) => accountShape.test(name);
const isNameOnly = ({ uid, groups, extra }: Wanted) =>
  uid === '' && groups.length === 0 && extra.size === 0;

const modes: readonly Mode[] = [
  { name: 'associated-node', fits: (wanted, by) => isNameOnly(wanted) && runsOn(by, wanted) },
  { name: 'arbitrary-node', fits: (wanted) => isNameOnly(wanted) && isNode(wanted) },
  { name: 'serviceaccount', fits: (wanted) => isNameOnly(wanted) && isAccount(wanted) },
  { name: 'user-info', fits: (wanted) => !isNode(wanted) && !isAccount(wanted) },
  { name: '', fits: () => true },
];

/** Whether a service account's token was made for a pod of just this node. */
function runsOn({ name, extra }: User, wanted: Wanted): boolean {
  if (!accountShape.test(name) || !isNode(wanted)) return false;
  const nodes = extra?.['authentication.kubernetes.io/node-name'] ?? [];
  return nodes.length === 1 && nodes[0] === wanted.name.slice(nodePrefix.length);
}

/** @throws StatusError Forbidden */
function become(mode: Mode, wanted: Wanted, { requestor, info, authorize }: Impersonation): User {
  const check = (attributes: Attributes) => {
    const { allowed, reason } = authorize(requestor, attributes);
    if (!allowed) throw forbiddenError(requestor, attributes, reason);
  };
  if (mode.name !== '') check({ ...info, verb: `impersonate-on:${mode.name}:${info.verb}` });
  if (mode.name !== '') refuseOdd(wanted, mode);
  for (const asked of rightsFor(mode, wanted)) check(asked);
  const { name, uid, extra } = wanted;
  return {
    name,
    ...(uid && { uid }),
    groups: groupsOf(mode, wanted),
    ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
  };
}

/** What the old way let through. @throws StatusError Forbidden */
function refuseOdd({ groups, extra }: Wanted, { name }: Mode): void {
  const refuse = (why: string) => {
    throw new StatusError('Forbidden', `impersonate:${name}: ${why}`);
  };
  if (groups.includes('')) refuse('impersonating the empty string group is not allowed');
  if (groups.includes('system:masters')) {
    refuse('impersonating the system:masters group is not allowed');
  }
  for (const [key, values] of extra) {
    if (key === '' || !key.includes('/'))
      refuse(`impersonating the extra key "${key}" is not allowed`);
    if (values.includes('')) refuse('impersonating the empty string value in extra is not allowed');
  }
}

/** The rights that being the wanted user takes, one for each thing that is said of it. */
function rightsFor(mode: Mode, { name, uid, groups, extra }: Wanted): Attributes[] {
  const own = 'authentication.k8s.io';
  const verb = mode.name === '' ? 'impersonate' : `impersonate:${mode.name}`;
  const group = mode.name === '' ? '' : own;
  const base = { isResource: true, path: '', verb, subresource: '', namespace: '' };
  return [
    { ...base, group, ...targetOf(mode, name) },
    ...(uid ? [{ ...base, group: own, resource: 'uids', name: uid }] : []),
    ...groups.map((each) => ({ ...base, group, resource: 'groups', name: each })),
    ...[...extra].flatMap(([key, values]) =>
      values.map((value) => {
        return { ...base, group: own, resource: 'userextras', subresource: key, name: value };
      }),
    ),
  ];
}

function targetOf(mode: Mode, name: string) {
  const [, namespace, account] = accountShape.exec(name) ?? [];
  if (namespace && account) return { resource: 'serviceaccounts', namespace, name: account };
  // The right to be one's own node is the same on every node.
  if (mode.name === 'associated-node') return { resource: 'nodes', name: '*' };
  if (mode.name === 'arbitrary-node')
    return { resource: 'nodes', name: name.slice(nodePrefix.length) };
  return { resource: 'users', name };
}

/** Those asked for, or those that such a user always has; and the one that everybody has. */
function groupsOf(mode: Mode, { name, groups }: Wanted): string[] {
  const [, namespace] = accountShape.exec(name) ?? [];
  const given = [...groups];
  if (mode.name.endsWith('-node')) given.push('system:nodes');
  if (namespace && groups.length === 0) {
    given.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`);
  }
  const [yes, no] = ['system:authenticated', 'system:unauthenticated'];
  if (name === 'system:anonymous') return given.includes(no) ? given : [...given, no];
  return given.includes(yes) || given.includes(no) ? given : [...given, yes];
}
