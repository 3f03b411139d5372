import { hasReason } from '../../base/errors.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { decodeBody, readBytes } from '../http/body.ts';
import { sendList } from '../http/list-answer.ts';
import { sendObject, sendValue } from '../http/object-answer.ts';
import type { Stored } from '../registry/stored.ts';
import { selectionOf } from '../selection.ts';
import { type Deleted, deleteObject, orphanWarning } from '../write/delete-object.ts';
import { type DeleteOptions, deleteOptionsOf } from '../write/delete-options.ts';
import { findPage } from './list-page.ts';
import { numberParameter } from './revision.ts';

export const deleteOne: Verb = async (call, server) => {
  const { resource, info } = call;
  const options = await readOptions(call);
  const { name, namespace } = info;
  const { stored, isGone } = await deleteAt(call, server, { name, namespace, options });
  const code = options.isOldCascade ? 202 : 200;
  if (!isGone) return sendObject(call, code, stored, server.clock.now());
  const { uid } = stored.object.metadata!;
  const { group, plural: kind } = resource;
  return sendValue(call, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group && { group }), kind, uid },
  });
};

/** Deleted side by side, so that their writes go to the disk together. */
const batch = 32;

/** All that the selectors match; the answer is the list of what was deleted. */
export const deleteCollection: Verb = async (call, server) => {
  const { resource, info } = call;
  const options = await readOptions(call);
  const selection = selectionOf(resource, info);
  await server.registry.fresh();
  const { revision } = server.registry;
  const limit = numberParameter(info.query, 'limit') || Infinity;
  const page = { resource, selection, limit, revision };
  const { items } = await findPage(server.registry, page);
  const deleted: Stored[] = [];
  for (let start = 0; start < items.length; start += batch) {
    const some = items.slice(start, start + batch).map(async ({ object }) => {
      const { name = '', namespace = '' } = object.metadata!;
      const { stored } = await deleteAt(call, server, { name, namespace, options });
      return stored;
    });
    for (const result of await Promise.allSettled(some)) {
      if (result.status === 'fulfilled') deleted.push(result.value);
      // Somebody else was faster.
      else if (!hasReason(result.reason, 'NotFound')) throw result.reason;
    }
  }
  const metadata = { resourceVersion: String(revision) };
  await sendList(call, { items: deleted, metadata }, server.clock.now());
};

async function readOptions(call: Call): Promise<DeleteOptions> {
  const bytes = await readBytes(call.request);
  const type = call.request.headers['content-type'] ?? '';
  const body = bytes.length > 0 ? decodeBody(bytes, type).value : undefined;
  const options = deleteOptionsOf(body, call.info.query);
  const warning = orphanWarning(call.resource, options);
  if (warning) call.warnings.push(warning);
  return options;
}

function deleteAt(
  { resource, info, user, warnings }: Call,
  server: Machinery,
  target: { readonly name: string; readonly namespace: string; readonly options: DeleteOptions },
): Promise<Deleted> {
  const { name, namespace, options } = target;
  // Admission looks at one object, also when a collection is deleted.
  const one = { ...info, name, namespace };
  const writer = { resource, info: one, user, dryRun: options.dryRun, warnings };
  return deleteObject(server, writer, target);
}
