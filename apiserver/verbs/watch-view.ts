/** The lines of a watch in the form that the client wants. */
import { apiVersionOf } from '../../api/resource.ts';
import type { Clock } from '../../base/clock.ts';
import type { Call } from '../call.ts';
import { includeOf, renderTable, toPartial } from '../http/table.ts';
import { type Change, type ChangeType, eventLine } from '../registry/history.ts';
import { servedAs } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';

export interface View {
  added(stored: Stored): Buffer;
  change(change: Change, type: ChangeType): Buffer;
  bookmark(revision: string, annotations?: Record<string, string>): Buffer;
}

type Watched = Pick<Call, 'info' | 'resource' | 'format'>;

/** @throws StatusError BadRequest */
export function viewOf(call: Watched, clock: Clock): View {
  const { resource, format } = call;
  const mark = (resourceVersion: string, annotations: Record<string, string> | undefined) => ({
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion, creationTimestamp: null, ...(annotations && { annotations }) },
  });
  if (format.as === 'table') return tableView(call, clock, mark);
  const shape = format.as === 'metadata' ? toPartial : undefined;
  const bytesOf = (stored: Stored) => {
    const served = servedAs(resource, stored);
    return shape ? toBytes(shape(served.object)) : served.bytes;
  };
  const isShared = !shape && !resource.storedAs;
  return {
    added: (stored) => eventLine('ADDED', bytesOf(stored)),
    change: (change, type) =>
      isShared ? change.line(type) : eventLine(type, bytesOf(change.shown(type))),
    bookmark: (revision, annotations) => {
      const object = mark(revision, annotations) as unknown as Stored['object'];
      return eventLine('BOOKMARK', toBytes(shape ? shape(object) : object));
    },
  };
}

/** Column definitions come with the first table only. */
function tableView({ resource, info }: Watched, clock: Clock, mark: Mark): View {
  const include = includeOf(info.query);
  let isFirst = true;
  const render = (revision: string, objects: readonly Stored['object'][]) => {
    const metadata = { resourceVersion: revision };
    const withoutColumns = !isFirst;
    isFirst = false;
    return renderTable(resource, objects, { metadata, include, now: clock.now(), withoutColumns });
  };
  const bytesOf = (stored: Stored) => {
    const { object, revision } = servedAs(resource, stored);
    return toBytes(render(String(revision), [object]));
  };
  return {
    added: (stored) => eventLine('ADDED', bytesOf(stored)),
    change: (change, type) => eventLine(type, bytesOf(change.shown(type))),
    bookmark: (revision, annotations) => {
      const object = toPartial(mark(revision, annotations) as unknown as Stored['object']);
      const row = { cells: resource.columns.map(() => ''), object };
      return eventLine('BOOKMARK', toBytes({ ...render(revision, []), rows: [row] }));
    },
  };
}

type Mark = (revision: string, annotations: Record<string, string> | undefined) => object;

const toBytes = (value: unknown) => Buffer.from(JSON.stringify(value));
