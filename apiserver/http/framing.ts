/**
 * Requests that say something twice, or in two ways: whoever stands before this server may have
 * read the other half. They are refused, whatever they ask for.
 */
import { StatusError } from '../../base/errors.ts';
import type { HttpRequest } from '../request.ts';

const single = new Set([
  'host',
  ':authority',
  'authorization',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'impersonate-user',
  'impersonate-uid',
]);

/** @throws StatusError BadRequest */
export function checkFraming(request: HttpRequest): void {
  const { rawHeaders, method, headers } = request;
  let seen: Set<string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (!single.has(name)) continue;
    if (seen?.has(name)) throw bad(`the header ${name} is there twice`);
    seen ??= new Set();
    seen.add(name);
  }
  const { host, ':authority': authority } = headers;
  if (host !== undefined && authority !== undefined && host !== authority) {
    throw bad('the headers host and :authority differ');
  }
  if (method !== 'GET' && method !== 'HEAD') return;
  const length = headers['content-length'];
  const hasBody = (length !== undefined && length !== '0') || headers['transfer-encoding'];
  if (hasBody) throw bad(`a ${method} has no body`);
}

const bad = (message: string) => new StatusError('BadRequest', message);
