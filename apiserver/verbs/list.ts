/** Lists: which state the query asks for, by the rules of resourceVersion and its match. */
import { forbiddenValue, unsupportedValue } from '../../api/validation/cause.ts';
import type { StatusCause } from '../../base/errors.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { badRequest, invalidOptions } from '../errors.ts';
import { sendList } from '../http/list-answer.ts';
import { computeObjects } from '../registry/served.ts';
import { selectionOf } from '../selection.ts';
import { type Found, findPage, parseToken } from './list-page.ts';
import { numberParameter, revisionParameter } from './revision.ts';

export const list: Verb = async (call, server) => {
  await sendList(call, await find(call, server), server.clock.now());
};

async function find({ resource, info }: Call, { registry, clock }: Machinery): Promise<Found> {
  const { query } = info;
  const selection = selectionOf(resource, info);
  if (resource.compute) {
    const all = computeObjects(resource, registry, clock.now());
    const { test = () => true } = selection;
    return { items: all.filter(test), metadata: { resourceVersion: '' } };
  }
  const limit = numberParameter(query, 'limit') || Infinity;
  const wanted = revisionParameter(query);
  const match = query.get('resourceVersionMatch') ?? '';
  const given = query.get('continue');
  const token = given ? parseToken(given) : undefined;
  checkMatch(query, wanted);
  const page = { resource, selection, limit, token };
  if (token && token.revision >= 0) {
    await registry.reach(token.revision);
    return findPage(registry, { ...page, revision: token.revision });
  }
  // With a limit and no match, a revision is meant exactly: older than the match parameter.
  const isExact = match === 'Exact' || (match === '' && wanted && limit < Infinity);
  if (wanted === undefined || token) await registry.fresh();
  else await registry.reach(wanted);
  // As upstream: any state will do, so the client gets all of it at once.
  const isAny = wanted === 0 && match === '' && !token;
  return findPage(registry, {
    ...page,
    limit: isAny ? Infinity : limit,
    revision: isExact ? wanted! : registry.revision,
  });
}

/** @throws StatusError Invalid, BadRequest */
function checkMatch(query: URLSearchParams, wanted: number | undefined): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const isContinued = Boolean(query.get('continue'));
  const field = 'resourceVersionMatch';
  const causes: StatusCause[] = [];
  if (match !== '') {
    if (isContinued) {
      causes.push(forbiddenValue(field, `${field} is forbidden when continue is provided`));
    }
    if (wanted === undefined) {
      causes.push(
        forbiddenValue(field, `${field} is forbidden unless resourceVersion is provided`),
      );
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      causes.push(unsupportedValue(field, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && wanted === 0) {
      causes.push(forbiddenValue(field, `${field} "Exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (query.has('sendInitialEvents')) {
    const detail = 'sendInitialEvents is forbidden for list';
    causes.push(forbiddenValue('sendInitialEvents', detail));
  }
  if (causes.length > 0) throw invalidOptions('ListOptions', causes);
  if (isContinued && wanted) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
}
