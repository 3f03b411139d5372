import type { Verb } from '../call.ts';
import { notFound } from '../errors.ts';
import { sendObject } from '../http/object-answer.ts';
import { keyOf } from '../registry/registry.ts';
import { revisionParameter } from './revision.ts';

/** resourceVersion: unset = the newest, 0 = what is here, X = not older than that. */
export const get: Verb = async (call, server) => {
  const { resource, info } = call;
  const { registry } = server;
  const wanted = revisionParameter(info.query);
  if (wanted === undefined) await registry.fresh();
  else await registry.reach(wanted);
  const stored = registry.cacheOf(resource).get(keyOf(resource, info.name, info.namespace));
  if (!stored) throw notFound(resource, info.name);
  await sendObject(call, 200, stored, server.clock.now());
};
