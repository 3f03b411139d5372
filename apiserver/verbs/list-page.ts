/** One page of a list: of a state that memory has, or that the store can still show. */
import type { Resource } from '../../api/resource.ts';
import { hasReason, StatusError } from '../../base/errors.ts';
import { Slices } from '../../base/slices.ts';
import { badRequest } from '../errors.ts';
import { withMetadata } from '../http/answer.ts';
import type { Registry } from '../registry/registry.ts';
import type { Stored } from '../registry/stored.ts';
import type { Selection } from '../selection.ts';

export interface Found {
  readonly items: readonly Stored[];
  readonly metadata: ListMetadata;
}

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface Page {
  readonly resource: Resource;
  readonly selection: Selection;
  readonly limit: number;
  readonly revision: number;
  readonly token?: Token | undefined;
}

/** @throws StatusError Expired, with a token to go on with where there was one */
export async function findPage(registry: Registry, page: Page): Promise<Found> {
  const { selection, limit, revision, token } = page;
  const items: Stored[] = [];
  const slices = new Slices();
  try {
    for await (const part of readAt(registry, page)) {
      for (const [index, stored] of part.stored.entries()) {
        if (slices.isOver) await slices.next();
        if (selection.test && !selection.test(stored)) continue;
        if (items.length < limit) {
          items.push(stored);
          continue;
        }
        const counted = part.isLast ? part.stored.length - index : undefined;
        const left = token?.left === undefined ? counted : token.left - items.length;
        return toFound(items, revision, selection.test ? undefined : left);
      }
    }
  } catch (error) {
    if (!hasReason(error, 'Expired')) throw error;
    throw token ? expiredToken(token) : tooOldList();
  }
  return { items, metadata: { resourceVersion: String(revision) } };
}

function toFound(items: readonly Stored[], revision: number, left: number | undefined): Found {
  const metadata = {
    resourceVersion: String(revision),
    continue: formatToken({ revision, after: items.at(-1)!.key, left }),
    ...(left !== undefined && { remainingItemCount: left }),
  };
  return { items, metadata };
}

const storePage = 500;

interface Part {
  readonly stored: readonly Stored[];
  readonly isLast: boolean;
}

/** The objects of a revision, from memory when nothing of the resource has changed since. */
async function* readAt(registry: Registry, { resource, selection, token, revision }: Page) {
  const cache = registry.cacheOf(resource);
  const { prefix } = selection;
  const after = token?.after ?? '';
  if (cache.lastChange <= revision) {
    yield { stored: cache.list(prefix, after), isLast: true } satisfies Part;
    return;
  }
  for (let last = after; ; ) {
    const request = { prefix, after: last, limit: storePage, revision };
    const stored = await registry.listAt(resource, request);
    const isLast = stored.length < storePage;
    yield { stored, isLast } satisfies Part;
    if (isLast) return;
    last = stored.at(-1)!.key;
  }
}

/** Where the next page begins. `left`: how many there were then, selectors aside. */
export interface Token {
  readonly revision: number; // -1: whatever is now.
  readonly after: string;
  readonly left?: number | undefined;
}

const formatToken = ({ revision, after, left }: Token): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after, left })).toString(
    'base64url',
  );

/** @throws StatusError BadRequest */
export function parseToken(text: string): Token {
  try {
    const { rv, start, left } = JSON.parse(Buffer.from(text, 'base64url').toString());
    const isCount = left === undefined || (Number.isSafeInteger(left) && left >= 0);
    if (Number.isSafeInteger(rv) && typeof start === 'string' && isCount) {
      return { revision: rv, after: start, left };
    }
  } catch {
    // Whatever it is, it is none of ours.
  }
  throw badRequest('continue key is not valid');
}

/** The client may start again, or go on with the state of now. */
function expiredToken({ after }: Token): StatusError {
  const error = new StatusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. ' +
      'You can start a new list without the continue parameter, or use the continue token in ' +
      'this response to retrieve the remainder of the results. Continuing with the provided ' +
      'token results in an inconsistent list - objects that were created, modified, or deleted ' +
      'between the time the first chunk was returned and now may show up in the list.',
  );
  return withMetadata(error, { continue: formatToken({ revision: -1, after }) });
}

const tooOldList = () =>
  new StatusError('Expired', 'The resourceVersion for the provided list is too old.');
