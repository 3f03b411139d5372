/** Lists: from memory where that is the state that was asked for, else from the store. */
import { apiVersionOf, type Resource } from '../../api/resource.ts';
import { hasReason, StatusError } from '../../base/errors.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { badRequest } from '../errors.ts';
import { sendBytes, sendParts, withMetadata } from '../http/answer.ts';
import { columnsOf, includeOf, rowOf, toPartial } from '../http/table.ts';
import { toYaml } from '../http/yaml-text.ts';
import type { Registry } from '../registry/registry.ts';
import { computeObjects, servedAs } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';
import { type Selection, selectionOf } from '../selection.ts';
import { numberParameter, revisionParameter } from './revision.ts';

interface Found {
  readonly items: readonly Stored[];
  readonly metadata: ListMetadata;
}

interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export const list: Verb = async (call, server) => {
  await sendList(call, await find(call, server), server.clock.now());
};

/** What the query asks for: a state, and a part of it. */
async function find({ resource, info }: Call, { registry, clock }: Machinery): Promise<Found> {
  const { query } = info;
  const selection = selectionOf(resource, info);
  if (resource.compute) {
    const all = computeObjects(resource, registry, clock.now());
    const { test = () => true } = selection;
    return { items: all.filter(test), metadata: { resourceVersion: '' } };
  }
  const limit = numberParameter(query, 'limit') || Infinity;
  const token = query.get('continue');
  const wanted = revisionParameter(query);
  const match = query.get('resourceVersionMatch') ?? '';
  checkMatch(match, wanted, token);
  if (token) {
    const { revision, after } = parseToken(token);
    const at = revision < 0 ? registry.revision : revision;
    return findPage(registry, { resource, selection, limit, after, revision: at });
  }
  if (match === 'Exact') {
    await registry.reach(wanted!);
    return findPage(registry, { resource, selection, limit, after: '', revision: wanted! });
  }
  if (wanted === undefined) await registry.fresh();
  else await registry.reach(wanted);
  // As upstream: any state will do, so the client gets all of it at once.
  const isAny = wanted === 0 && match === '';
  const { revision } = registry;
  return findPage(registry, {
    resource,
    selection,
    limit: isAny ? Infinity : limit,
    after: '',
    revision,
  });
}

function checkMatch(match: string, wanted: number | undefined, token: string | null): void {
  if (!['', 'Exact', 'NotOlderThan'].includes(match)) {
    throw badRequest(`resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}`);
  }
  if (match !== '' && token) {
    throw badRequest('resourceVersionMatch is forbidden when continue is provided');
  }
  if (match !== '' && wanted === undefined) {
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (match === 'Exact' && wanted === 0) {
    throw badRequest('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  }
  if (token && wanted) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
}

interface Page {
  readonly resource: Resource;
  readonly selection: Selection;
  readonly limit: number;
  readonly after: string;
  readonly revision: number;
}

async function findPage(registry: Registry, page: Page): Promise<Found> {
  const { selection, limit, revision } = page;
  const items: Stored[] = [];
  try {
    for await (const part of readAt(registry, page)) {
      for (const [index, stored] of part.stored.entries()) {
        if (selection.test && !selection.test(stored)) continue;
        if (items.length < limit) {
          items.push(stored);
          continue;
        }
        const isCounted = !selection.test && part.isLast;
        return toFound(items, revision, isCounted ? part.stored.length - index : undefined);
      }
    }
  } catch (error) {
    throw page.after !== '' && hasReason(error, 'Expired') ? expiredToken(page.after) : error;
  }
  return { items, metadata: { resourceVersion: String(revision) } };
}

function toFound(items: readonly Stored[], revision: number, remaining: number | undefined): Found {
  const metadata = {
    resourceVersion: String(revision),
    continue: formatToken(revision, items.at(-1)!.key),
    ...(remaining !== undefined && { remainingItemCount: remaining }),
  };
  return { items, metadata };
}

const storePage = 500;

interface Part {
  readonly stored: readonly Stored[];
  readonly isLast: boolean;
}

/** The objects of a revision, from memory when nothing of the resource has changed since. */
async function* readAt(registry: Registry, { resource, selection, after, revision }: Page) {
  const cache = registry.cacheOf(resource);
  const { prefix } = selection;
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

const formatToken = (revision: number, after: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString(
    'base64url',
  );

function parseToken(token: string): { revision: number; after: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Number.isSafeInteger(rv) && typeof start === 'string') {
      return { revision: rv, after: start };
    }
  } catch {
    // Whatever it is, it is none of ours.
  }
  throw badRequest('continue key is not valid');
}

/** The client may start again, or go on with the state of now. */
function expiredToken(after: string): StatusError {
  const error = new StatusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. ' +
      'You can start a new list without the continue parameter, or use the continue token in ' +
      'this response to retrieve the remainder of the results. Continuing with the provided ' +
      'token results in an inconsistent list - objects that were created, modified, or deleted ' +
      'between the time the first chunk was returned and now may show up in the list.',
  );
  return withMetadata(error, { continue: formatToken(-1, after) });
}

/** Larger answers go out part by part, so that other requests get their turns between. */
const partBytes = 128 * 1024;
const wholeBytesMax = 512 * 1024;

export async function sendList(call: Call, found: Found, now: number): Promise<void> {
  const shape = shapeOf(call, found, now);
  if (call.format.encoding === 'yaml') {
    const whole = Buffer.concat([...partsOf(shape, found.items)]).toString();
    return sendBytes(call, 200, { bytes: toYaml(JSON.parse(whole)), type: 'application/yaml' });
  }
  const type = 'application/json';
  const size = found.items.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const parts = partsOf(shape, found.items);
  if (size > wholeBytesMax) return sendParts(call, type, parts);
  return sendBytes(call, 200, { bytes: Buffer.concat([...parts]), type });
}

interface Shape {
  /** Up to and including the opening bracket of the items. */
  readonly head: string;
  readonly item: (stored: Stored) => Buffer;
}

function shapeOf({ resource, format, info }: Call, { metadata }: Found, now: number): Shape {
  const open = (value: object, field: string) =>
    `${JSON.stringify(value).slice(0, -1)},"${field}":[`;
  if (format.as === 'table') {
    const include = includeOf(info.query);
    const columnDefinitions = columnsOf(resource);
    const table = { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions };
    const item = (stored: Stored) =>
      Buffer.from(
        JSON.stringify(rowOf(resource, servedAs(resource, stored).object, { include, now })),
      );
    return { head: open(table, 'rows'), item };
  }
  if (format.as === 'metadata') {
    const kind = 'PartialObjectMetadataList';
    return {
      head: open({ kind, apiVersion: 'meta.k8s.io/v1', metadata }, 'items'),
      item: ({ object }) => Buffer.from(JSON.stringify(toPartial(object))),
    };
  }
  const whole = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata };
  return { head: open(whole, 'items'), item: (stored) => servedAs(resource, stored).bytes };
}

const comma = Buffer.from(',');

function* partsOf({ head, item }: Shape, items: readonly Stored[]): Iterable<Buffer> {
  let part: Buffer[] = [Buffer.from(head)];
  let size = 0;
  for (const [index, stored] of items.entries()) {
    const bytes = item(stored);
    if (index > 0) part.push(comma);
    part.push(bytes);
    size += bytes.length;
    if (size < partBytes) continue;
    yield Buffer.concat(part);
    part = [];
    size = 0;
  }
  part.push(Buffer.from(']}\n'));
  yield Buffer.concat(part);
}
