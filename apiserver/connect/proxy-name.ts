/** What the path of a proxy request names: `…/pods/https:web:8443/proxy/a/b`. Pure. */
import type { RequestInfo } from '../request.ts';
import { badRequest } from './target.ts';

export interface ProxyName {
  readonly scheme: 'http' | 'https' | '';
  readonly name: string;
  readonly port: string; // A number or, of services, a port's name; may be empty.
}

/** @throws StatusError BadRequest */
export function splitProxyName({ resource, name: id }: RequestInfo): ProxyName {
  const parts = id.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  const isKnown = scheme === '' || scheme === 'http' || scheme === 'https';
  if (parts.length > 3 || !isKnown || !name) {
    throw badRequest(`invalid ${resource.slice(0, -1)} request ${JSON.stringify(id)}`);
  }
  return { scheme, name, port: port ?? '' };
}

export interface ProxyPath {
  /** This server's own part of the path, without a slash at its end. */
  readonly prefix: string;
  /** The backend's, as the client wrote it; empty when nothing, not even a slash, follows. */
  readonly path: string;
  /** With the question mark, if there is one. */
  readonly query: string;
}

/** From the request's target, which nobody has decoded or tidied. */
export function splitProxyPath(target: string, { namespace }: RequestInfo): ProxyPath {
  const mark = target.indexOf('?');
  const whole = mark < 0 ? target : target.slice(0, mark);
  const parts = whole.split('/'); // '', api, v1, nodes, NAME, proxy …
  const own = parts.slice(0, namespace === '' ? 6 : 8).join('/');
  return {
    prefix: own,
    path: whole.slice(own.length),
    query: mark < 0 ? '' : target.slice(mark),
  };
}

const commands: readonly string[] = ['attach', 'checkpoint', 'cri', 'exec', 'portforward', 'run'];

/**
 * Whether a path of a node's agent does more than read, whatever the method: a WebSocket is a GET
 * (security R17). However the path is written, the agent may understand it.
 */
export function runsSomething(path: string): boolean {
  const parts: string[] = [];
  for (const part of path.split('/').map(decode)) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part.toLowerCase());
  }
  return commands.includes(parts[0] ?? '');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
