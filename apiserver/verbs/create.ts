import type { Verb } from '../call.ts';
import { sendObject } from '../http/object-answer.ts';
import { decodeFor, readBody } from '../write/decode.ts';
import { createObject } from '../write/store-object.ts';
import { writerOf } from '../write/writer.ts';

export const create: Verb = async (call, server) => {
  const object = decodeFor(call, call.resource, await readBody(call));
  const stored = await createObject(server, writerOf(call), object);
  await sendObject(call, 201, stored, server.clock.now());
};
