import type { Verb } from '../call.ts';
import { sendObject } from '../http/object-answer.ts';
import { decodeFor, readBody } from '../write/decode.ts';
import { dryRunOf, type Part, updateObject } from '../write/store-object.ts';

const updatePart =
  (part: Part): Verb =>
  async (call, server) => {
    const { resource, info, user, warnings } = call;
    const object = decodeFor(call, resource, await readBody(call));
    const dryRun = dryRunOf(info.query.getAll('dryRun'));
    const { name, namespace } = info;
    const change = () => structuredClone(object);
    const writer = { resource, info, user, dryRun, warnings };
    const stored = await updateObject(server, writer, { name, namespace, change, part });
    await sendObject(call, 200, stored, server.clock.now());
  };

export const update = updatePart('object');
export const updateStatus = updatePart('status');
/** namespaces/finalize: the one way to change a namespace's spec.finalizers. */
export const finalize = updatePart('finalize');
