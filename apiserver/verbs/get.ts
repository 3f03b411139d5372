import type { Verb } from '../call.ts';
import { notFound } from '../errors.ts';
import { sendObject } from '../http/object-answer.ts';
import { keyOf } from '../registry/registry.ts';
import { computeObjects } from '../registry/served.ts';
import { revisionParameter } from './revision.ts';

/** resourceVersion: unset = the newest, 0 = what is here, X = not older than that. */
export const get: Verb = async (call, server) => {
  const { resource, info } = call;
  const { registry } = server;
  const wanted = revisionParameter(info.query);
  if (wanted === undefined) await registry.fresh();
  else await registry.reach(wanted);
  const key = keyOf(resource, info.name, info.namespace);
  const now = server.clock.now();
  const stored = resource.compute
    ? computeObjects(resource, registry, now).find((each) => each.key === key)
    : registry.cacheOf(resource).get(key);
  if (!stored) throw notFound(resource, info.name);
  await sendObject(call, 200, stored, now);
};
