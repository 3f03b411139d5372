/** Takes bootstrap tokens away when their time is over. */
import { secrets } from '../../api/resources.ts';
import { hasReason } from '../../base/errors.ts';
import { splitKey } from '../../client/keys.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { tokenEndsInMs } from './plan.ts';

export const tokenCleaner: Controller = {
  name: 'token-cleaner-controller',
  watches: watching(secrets),
  start(context) {
    const { informers, clock } = context;
    const reconciler = createReconciler('token-cleaner', context, async (key) => {
      const waitMs = await reconcile(context, key);
      if (waitMs !== undefined) reconciler.enqueueAfter(key, Math.min(waitMs, lookMsMax));
    });
    informers.of(secrets).onChange((key, secret) => {
      if (secret && tokenEndsInMs(secret, clock.now()) !== undefined) reconciler.enqueue(key);
    });
  },
};

const lookMsMax = 86_400_000; // Timers have an end.

async function reconcile(context: Context, key: string): Promise<number | undefined> {
  const { informers, client, clock } = context;
  const secret = informers.of(secrets).get(key);
  const waitMs = secret && tokenEndsInMs(secret, clock.now());
  if (!secret || waitMs === undefined || waitMs > 0) return waitMs;
  const { name, namespace } = splitKey(key);
  const { uid = '', resourceVersion = '' } = secret.metadata ?? {};
  const options = { preconditions: { uid, resourceVersion } };
  try {
    await client.delete(secrets, { name, ...(namespace && { namespace }) }, options);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
  return undefined;
}
