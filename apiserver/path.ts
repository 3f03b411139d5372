/**
 * Takes a request's target apart, once, for authorization and routing alike. Never by `new URL`:
 * it rewrites `/a/%2e%2e/b`, and then one part of the server would allow what another part serves.
 */
import { parseFieldSelector } from '../api/fields.ts';
import { StatusError } from '../base/errors.ts';
import type { RequestInfo } from './request.ts';

/** @throws StatusError for a path that no client sends honestly */
export function requestInfoOf(method: string, target: string): RequestInfo {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  const verb = method.toLowerCase();
  const plain: RequestInfo = { ...nothing, path, verb, query };
  const parts = splitPath(path);
  const root = groupVersionOf(parts);
  if (!root) return plain;
  return describe(root, method, { ...plain, isResource: true });
}

const nothing = {
  isResource: false,
  group: '',
  version: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
};

interface Root {
  readonly group: string;
  readonly version: string;
  readonly rest: readonly string[];
}

/** `/api/v1/…` and `/apis/GROUP/VERSION/…`, when something follows the version. */
function groupVersionOf([first, ...parts]: readonly string[]): Root | undefined {
  if (first === 'api') {
    const [version, ...rest] = parts;
    return version && rest.length > 0 ? { group: '', version, rest } : undefined;
  }
  const [group, version, ...rest] = parts;
  if (first !== 'apis' || !group || !version || rest.length === 0) return undefined;
  return { group, version, rest };
}

function describe({ group, version, rest }: Root, method: string, plain: RequestInfo): RequestInfo {
  // The old form of a watch: /api/v1/watch/namespaces/default/pods.
  const isOldWatch = rest[0] === 'watch' && rest.length > 1;
  const parts = isOldWatch ? rest.slice(1) : rest;
  const target = targetOf(parts);
  const { query } = plain;
  // Of a named object, or of what is proxied, the query is not ours to read.
  const isWatch = isOldWatch || (target.name === '' && isTrue(query.get('watch')));
  const verb = verbOf(method, target.name !== '', isWatch);
  const onCollection = verb === 'list' || verb === 'watch' || verb === 'deletecollection';
  const name = target.name || (onCollection ? selectedName(query) : '');
  return { ...plain, group, version, ...target, name, verb };
}

/** A namespace is an object, and the place of others. */
function targetOf(parts: readonly string[]) {
  const [first = '', second = '', third = '', ...more] = parts;
  const ofNamespace = third === '' || third === 'status' || third === 'finalize';
  if (first === 'namespaces' && !ofNamespace) {
    const [name = '', subresource = ''] = more;
    return { resource: third, namespace: second, name, subresource };
  }
  const namespace = first === 'namespaces' ? second : '';
  return { resource: first, namespace, name: second, subresource: third };
}

function verbOf(method: string, isNamed: boolean, isWatch: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isWatch) return 'watch';
      return isNamed ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

/** A list of one name may be allowed to those who may see only that name. */
function selectedName(query: URLSearchParams): string {
  const terms = parseFieldSelector(query.get('fieldSelector') ?? '');
  const named = terms.find(({ field, isEqual }) => field === 'metadata.name' && isEqual);
  return named?.value ?? '';
}

export const isTrue = (text: string | null): boolean => text === 'true' || text === '1';

/** The decoded parts, without the empty one of a trailing slash. */
export function splitPath(path: string): string[] {
  // `http://somewhere/api` and `*` are targets too, for proxies.
  if (!path.startsWith('/')) throw badPath(path);
  const parts = path.split('/').slice(1);
  if (parts.at(-1) === '') parts.pop();
  // What follows the subresource `proxy` belongs to somebody else's server.
  const proxy = parts.indexOf('proxy', 4);
  return parts.map((part, index) => {
    const text = part.includes('%') ? decode(part) : part;
    const isBad = text === '' || text === '.' || text === '..' || neverInNames.test(text);
    const isOurs = proxy < 0 || index <= proxy;
    if (isBad && isOurs) throw badPath(path);
    return text;
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const neverInNames = /[/\\%\u0000-\u001f\u007f]/;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badPath(part);
  }
}

const badPath = (path: string) =>
  new StatusError('BadRequest', `invalid path ${JSON.stringify(path)}`);
