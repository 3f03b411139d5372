/** Clears away Jobs that ended so long ago as they say themselves. */
import { jobs } from '../../api/resources.ts';
import { hasReason } from '../../base/errors.ts';
import { splitKey } from '../../client/keys.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { expiresInMs } from './plan.ts';

export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  watches: watching(jobs),
  start(context) {
    const { informers, clock } = context;
    const reconciler = createReconciler('ttl-after-finished', context, async (key) => {
      const waitMs = await reconcile(context, key);
      if (waitMs !== undefined) reconciler.enqueueAfter(key, Math.min(waitMs, lookMsMax));
    });
    informers.of(jobs).onChange((key, job) => {
      if (job && expiresInMs(job, clock.now()) !== undefined) reconciler.enqueue(key);
    });
  },
};

/** Timers have an end: who waits for months looks again on the way. */
const lookMsMax = 86_400_000;

async function reconcile(context: Context, key: string): Promise<number | undefined> {
  const { informers, client, clock } = context;
  const cached = informers.of(jobs).get(key);
  const waitMs = cached && expiresInMs(cached, clock.now());
  if (waitMs === undefined || waitMs > 0) return waitMs;
  const { name, namespace } = splitKey(key);
  const target = { name, ...(namespace && { namespace }) };
  try {
    // The time to live may just have been made longer: asked where it is true.
    const live = await client.get(jobs, name, namespace);
    const leftMs = expiresInMs(live, clock.now());
    if (leftMs === undefined || leftMs > 0) return leftMs;
    const { uid = '', resourceVersion = '' } = live.metadata ?? {};
    const preconditions = { uid, resourceVersion };
    await client.delete(jobs, target, { propagationPolicy: 'Foreground', preconditions });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
  return undefined;
}
