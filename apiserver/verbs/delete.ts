import { apiVersionOf } from '../../api/resource.ts';
import { hasReason } from '../../base/errors.ts';
import type { Call, Machinery, Verb } from '../call.ts';
import { decodeBody, readBytes } from '../http/body.ts';
import { sendObject, sendValue } from '../http/object-answer.ts';
import { servedAs } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';
import { selectionOf } from '../selection.ts';
import {
  type Deleted,
  type DeleteOptions,
  deleteObject,
  deleteOptionsOf,
} from '../write/delete-object.ts';

export const deleteOne: Verb = async (call, server) => {
  const { resource, info } = call;
  const options = await readOptions(call);
  const { name, namespace } = info;
  const { stored, isGone } = await deleteAt(call, server, { name, namespace, options });
  if (!isGone) return sendObject(call, 200, stored, server.clock.now());
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

/** All that the selectors match; the answer is the list of what was deleted. */
export const deleteCollection: Verb = async (call, server) => {
  const { resource, info } = call;
  const options = await readOptions(call);
  const { prefix, test } = selectionOf(resource, info);
  await server.registry.fresh();
  const { revision } = server.registry;
  const all = server.registry.cacheOf(resource).list(prefix);
  const chosen = test ? all.filter(test) : all;
  const deleted: Stored[] = [];
  for (const { object } of chosen) {
    const { name = '', namespace = '' } = object.metadata!;
    try {
      deleted.push((await deleteAt(call, server, { name, namespace, options })).stored);
    } catch (error) {
      // Somebody else was faster.
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }
  await sendValue(call, 200, {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(revision) },
    items: deleted.map((stored) => servedAs(resource, stored).object),
  });
};

async function readOptions(call: Call): Promise<DeleteOptions> {
  const bytes = await readBytes(call.request);
  const type = call.request.headers['content-type'] ?? '';
  const body = bytes.length > 0 ? decodeBody(bytes, type).value : undefined;
  return deleteOptionsOf(body, call.info.query);
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
