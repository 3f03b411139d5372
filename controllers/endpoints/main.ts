/** One Endpoints object a Service, for those who do not read EndpointSlices. */
import { endpoints, pods, services } from '../../api/resources.ts';
import { hasReason } from '../../base/errors.ts';
import { splitKey } from '../../client/keys.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { hasOwnEndpoints, isSelected } from '../service-endpoints.ts';
import { watchServices } from '../service-watch.ts';
import { planEndpoints } from './plan.ts';

export const endpointsController: Controller = {
  name: 'endpoints-controller',
  watches: watching(services, pods, endpoints),
  start(context) {
    const reconciler = createReconciler('endpoints', context, (key) => reconcile(context, key));
    watchServices(context, (key) => reconciler.enqueue(key));
    // One that somebody deleted is made again; one without its Service goes.
    context.informers.of(endpoints).onChange((key) => reconciler.enqueue(key));
  },
};

async function reconcile({ informers, client }: Context, key: string): Promise<void> {
  const service = informers.of(services).get(key);
  const known = informers.of(endpoints).get(key);
  if (!service) {
    const isOurs = known?.metadata?.labels?.['endpoints.kubernetes.io/managed-by'];
    if (!isOurs) return;
    const { name, namespace = '' } = splitKey(key);
    return client.delete(endpoints, { name, namespace }).catch(ignoreNotFound);
  }
  if (service.metadata?.deletionTimestamp || !hasOwnEndpoints(service)) return;
  const { namespace = '' } = service.metadata ?? {};
  const candidates = inNamespace(informers.of(pods), namespace);
  const own = candidates.filter((pod) => isSelected(service, pod));
  const wanted = planEndpoints(service, own, known);
  if (!wanted) return;
  if (known) {
    await client.update(endpoints, wanted);
    return;
  }
  try {
    await client.create(endpoints, wanted);
  } catch (error) {
    // There already: the cache is behind and will bring us back. Forbidden: the namespace is ending.
    const isExpected = hasReason(error, 'AlreadyExists') || hasReason(error, 'Forbidden');
    if (!isExpected && !hasReason(error, 'NotFound')) throw error;
  }
}

function ignoreNotFound(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
