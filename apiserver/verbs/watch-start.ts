/** From where a watch begins: the cases of resourceVersion, resourceVersionMatch and initial events. */
import { forbiddenValue } from '../../api/validation/cause.ts';
import { invalidOptions } from '../errors.ts';
import { isTrue } from '../path.ts';
import { revisionParameter } from './revision.ts';

export interface WatchStart {
  readonly revision: number; // 0: any.
  /** First everything that is, as ADDED. */
  readonly isWithInitial: boolean;
  /** The initial events end with a bookmark that says so. */
  readonly isMarked: boolean;
  readonly isNewest: boolean;
  readonly hasBookmarks: boolean;
}

/** @throws StatusError Invalid, BadRequest */
export function startOf(query: URLSearchParams): WatchStart {
  const wanted = revisionParameter(query);
  const hasBookmarks = isTrue(query.get('allowWatchBookmarks'));
  const initial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (initial !== null && match !== 'NotOlderThan') {
    throw forbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (initial === null && match !== '') {
    throw forbidden(
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  const isUnset = wanted === undefined || wanted === 0;
  return {
    revision: wanted ?? 0,
    isWithInitial: initial === null ? isUnset : isTrue(initial),
    isMarked: isTrue(initial) && hasBookmarks,
    isNewest: wanted === undefined,
    hasBookmarks,
  };
}

const forbidden = (detail: string) =>
  invalidOptions('ListOptions', [forbiddenValue('resourceVersionMatch', detail)]);
