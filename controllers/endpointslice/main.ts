/** Which pods answer for a Service, in slices that proxies and DNS follow. */
import { endpointSlices, nodes, pods, services } from '../../api/resources.ts';
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { hasReason } from '../../base/errors.ts';
import { keyOf } from '../../client/keys.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { hasOwnEndpoints, isSelected } from '../service-endpoints.ts';
import { watchServices } from '../service-watch.ts';
import { managedByLabel, manager, planSlices, serviceNameLabel } from './plan.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  watches: watching(services, pods, nodes, endpointSlices),
  start,
};

function start(context: Context): void {
  const { informers, clock } = context;
  const slices = informers.of(endpointSlices);
  const expectations = new Expectations(clock, (key) => slices.get(key));
  const reconciler = createReconciler('endpointslice', context, (key) =>
    reconcile(context, expectations, key),
  );
  watchServices(context, (key) => reconciler.enqueue(key));
  slices.index('service', (slice) => (isOurs(slice) ? [serviceKeyOf(slice)] : []));
  slices.onChange((_, slice, old) => {
    for (const each of [slice, old])
      if (each && isOurs(each)) reconciler.enqueue(serviceKeyOf(each));
    if (!slice && old) expectations.gone(serviceKeyOf(old), old.metadata?.uid ?? '');
  });
}

async function reconcile(context: Context, expectations: Expectations, key: string): Promise<void> {
  const { informers, client } = context;
  const service = informers.of(services).get(key);
  // With its Service a slice is collected as garbage; a lost selector leaves it to its user.
  if (!service || service.metadata?.deletionTimestamp || !hasOwnEndpoints(service)) return;
  if (!expectations.isFulfilled(key)) return; // The slices' own changes bring us back.
  const namespace = service.metadata?.namespace ?? '';
  const changes = planSlices({
    service,
    pods: inNamespace(informers.of(pods), namespace).filter((pod) => isSelected(service, pod)),
    slices: informers.of(endpointSlices).byIndex('service', key),
    zones: zonesOf(context),
  });
  for (const slice of changes.create) await create(context, expectations, service, slice);
  for (const slice of changes.update) await client.update(endpointSlices, slice);
  for (const slice of changes.delete) {
    const { name = '', uid = '' } = slice.metadata ?? {};
    expectations.deleted(key, keyOf(slice), uid);
    await client
      .delete(endpointSlices, { name, namespace }, { preconditions: { uid } })
      .catch((error: unknown) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
  }
}

async function create(
  { client }: Context,
  expectations: Expectations,
  service: Service,
  slice: EndpointSlice,
): Promise<void> {
  try {
    const created = await client.create(endpointSlices, slice);
    expectations.created(keyOf(service), keyOf(created), created.metadata?.uid ?? '');
  } catch (error) {
    // In a namespace that is ending nothing new is made.
    if (!hasReason(error, 'Forbidden') && !hasReason(error, 'NotFound')) throw error;
  }
}

function zonesOf({ informers }: Context): ReadonlyMap<string, string> {
  const all = informers.of(nodes).list();
  return new Map(
    all.flatMap(({ metadata }) => {
      const zone = metadata?.labels?.[zoneLabel];
      return zone ? [[metadata?.name ?? '', zone] as const] : [];
    }),
  );
}

const isOurs = ({ metadata }: EndpointSlice): boolean =>
  metadata?.labels?.[managedByLabel] === manager;

const serviceKeyOf = ({ metadata }: EndpointSlice): string =>
  `${metadata?.namespace}/${metadata?.labels?.[serviceNameLabel]}`;
