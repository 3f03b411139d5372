/** Gives Services of type LoadBalancer their addresses, as a cloud's controller would. */
import { endpointSlices, nodes, services } from '../../api/resources.ts';
import type { Node, Service } from '../../api/types/core-v1.generated.ts';
import { hasReason } from '../../base/errors.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { Balancers } from './balancers.ts';
import { holdsBalancer, keyOfService, planBalancers, wantsBalancer } from './plan.ts';

const serviceNameLabel = 'kubernetes.io/service-name';
const theKey = 'load-balancers';

export const serviceLbController: Controller = {
  name: 'service-lb-controller',
  watches: watching(services, nodes, endpointSlices),
  start,
};

function start(context: Context): void {
  const { informers } = context;
  const balancers = new Balancers(context);
  // One key: an address must not be given to two Services at the same time.
  const reconciler = createReconciler('service-lb', context, () => reconcile(context, balancers));
  const look = () => reconciler.enqueue(theKey);
  informers.of(services).index('balancer', (service) => (isOurs(service) ? ['yes'] : []));
  informers.of(endpointSlices).index('named service', ({ metadata }) => {
    const name = metadata?.labels?.[serviceNameLabel];
    return name ? [`${metadata?.namespace}/${name}`] : [];
  });
  informers.of(services).onChange((key, service, old) => {
    if (!service) balancers.forget(key);
    if ([service, old].some((each) => each && isOurs(each))) look();
  });
  informers.of(nodes).onChange((_, node, old) => {
    if (faceOf(node) !== faceOf(old)) look();
  });
  informers.of(endpointSlices).onChange((_, slice, old) => {
    const { metadata } = slice ?? old ?? {};
    const key = `${metadata?.namespace}/${metadata?.labels?.[serviceNameLabel]}`;
    const service = informers.of(services).get(key);
    if (key === apiService || (service && isOurs(service) && isLocal(service))) look();
  });
}

const apiService = 'default/kubernetes';

async function reconcile({ informers, config }: Context, balancers: Balancers): Promise<void> {
  const all = informers
    .of(services)
    .byIndex('balancer', 'yes')
    .map((service) => balancers.newest(service));
  const slicesOf = (key: string) => informers.of(endpointSlices).byIndex('named service', key);
  const planned = planBalancers(all, {
    nodes: informers.of(nodes).list(),
    slicesOf,
    pool: config.loadBalancerPool ?? [],
    apiPorts: slicesOf(apiService).flatMap(({ ports }) =>
      (ports ?? []).flatMap(({ port }) => port ?? []),
    ),
  });
  let failure: unknown;
  for (const service of all) {
    const balancer = planned.get(keyOfService(service));
    try {
      if (balancer) await balancers.ensure(service, balancer);
      else if (holdsBalancer(service)) await balancers.release(service);
    } catch (error) {
      // One that cannot be written must not keep the others waiting.
      if (!hasReason(error, 'NotFound')) failure ??= error;
    }
  }
  if (failure) throw failure;
}

const isOurs = (service: Service): boolean => wantsBalancer(service) || holdsBalancer(service);

const isLocal = ({ spec }: Service): boolean => spec?.externalTrafficPolicy === 'Local';

/** What of a node matters here: its heartbeats do not. */
const faceOf = (node: Node | undefined): string =>
  JSON.stringify([
    node?.metadata?.labels,
    Boolean(node?.metadata?.deletionTimestamp),
    node?.spec?.taints?.map(({ key }) => key),
    node?.status?.addresses,
    node?.status?.daemonEndpoints,
    node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status,
  ]);
