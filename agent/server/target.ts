/** What a request to the agent names: a path as a kubelet's, and the query of a stream. Pure. */
import { StatusError } from '../../base/errors.ts';
import type { ContainerHandle, PodDirectory, PodHandle } from './directory.ts';
import type { StreamOptions } from './remote.ts';

export type Target =
  | {
      readonly action: 'containerLogs' | 'exec' | 'attach';
      readonly container: ContainerHandle;
      readonly query: URLSearchParams;
    }
  | { readonly action: 'portForward'; readonly pod: PodHandle; readonly query: URLSearchParams };

/**
 * `/exec/NAMESPACE/POD[/UID]/CONTAINER` and its siblings; `/portForward/NAMESPACE/POD[/UID]`.
 * @throws StatusError NotFound
 */
export function findTarget(directory: PodDirectory, url: string): Target {
  const { path, query } = splitUrl(url);
  const [, action, namespace = '', pod = '', ...rest] = path.split('/').map(decode);
  if (action === 'portForward' && rest.length <= 1 && pod !== '') {
    return { action, pod: directory.findPod(namespace, pod, rest[0]), query };
  }
  const isKnown = action === 'containerLogs' || action === 'exec' || action === 'attach';
  if (!isKnown || rest.length < 1 || rest.length > 2) {
    throw new StatusError('NotFound', 'no such path');
  }
  const container = rest.pop()!;
  const [uid] = rest;
  if (uid !== undefined) directory.findPod(namespace, pod, uid);
  return { action, container: directory.findContainer(namespace, pod, container), query };
}

export function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StatusError('BadRequest', `invalid path segment ${part}`);
  }
}

/** @throws StatusError BadRequest when nothing is asked for */
export function streamOptionsOf(query: URLSearchParams): StreamOptions {
  const tty = asks(query, 'tty');
  const options = {
    tty,
    stdin: asks(query, 'stdin', 'input'),
    stdout: asks(query, 'stdout', 'output'),
    stderr: asks(query, 'stderr', 'error') && !tty, // A terminal has but one output.
  };
  if (options.stdin || options.stdout || options.stderr) return options;
  const message = 'you must specify at least 1 of stdin, stdout, stderr';
  throw new StatusError('BadRequest', message);
}

/** Both the API's word and the kubelet's own for the same parameter. */
const asks = (query: URLSearchParams, ...names: string[]) =>
  names.some((name) => ['true', '1'].includes(query.get(name) ?? ''));
