import { copyJson } from '../../api/own.ts';
import type { Verb } from '../call.ts';
import { sendObject } from '../http/object-answer.ts';
import { decodeFor, readBody } from '../write/decode.ts';
import { type Part, updateObject } from '../write/store-object.ts';
import { writerOf } from '../write/writer.ts';

export const updatePart =
  (part: Part): Verb =>
  async (call, server) => {
    const object = decodeFor(call, call.resource, await readBody(call));
    const { name, namespace } = call.info;
    const change = () => copyJson(object);
    const writer = writerOf(call);
    const stored = await updateObject(server, writer, { name, namespace, change, part });
    await sendObject(call, 200, stored, server.clock.now());
  };

export const update = updatePart('object');
export const updateStatus = updatePart('status');
/** namespaces/finalize: the one way to change a namespace's spec.finalizers. */
export const finalize = updatePart('finalize');
