import type { Verb } from '../call.ts';
import { sendObject } from '../http/object-answer.ts';
import { decodeFor, readBody } from '../write/decode.ts';
import { createObject, dryRunOf } from '../write/store-object.ts';

export const create: Verb = async (call, server) => {
  const { resource, info, user, warnings } = call;
  const object = decodeFor(call, resource, await readBody(call));
  const dryRun = dryRunOf(info.query.getAll('dryRun'));
  const stored = await createObject(server, { resource, info, user, dryRun, warnings }, object);
  await sendObject(call, 201, stored, server.clock.now());
};
