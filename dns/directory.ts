/** The directory that answers are made from, kept by informers. */
import { endpointSlices, namespaces, services } from '../api/resources.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import type { Directory } from './plan.ts';
import { canonicalAddress } from './plan-address.ts';

export interface LiveDirectory extends Directory {
  start(signal: AbortSignal): void;
  /** Resolves when everything has been listed; until then nothing may be said not to exist. */
  readonly synced: Promise<void>;
  onChange(listener: () => void): void;
}

export function followDirectory(deps: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}): LiveDirectory {
  const { client } = deps;
  const serviceInformer = new Informer(client, services, {}, deps);
  const sliceInformer = new Informer(client, endpointSlices, {}, deps);
  const namespaceInformer = new Informer(client, namespaces, {}, deps);
  const informers = [serviceInformer, sliceInformer, namespaceInformer];
  serviceInformer.index('address', ({ spec }) =>
    unique([...(spec?.clusterIPs ?? []), spec?.clusterIP ?? '']),
  );
  sliceInformer.index('service', ({ metadata }) => {
    const name = metadata?.labels?.['kubernetes.io/service-name'];
    return name ? [`${metadata?.namespace}/${name}`] : [];
  });
  sliceInformer.index('address', ({ endpoints }) =>
    unique((endpoints ?? []).flatMap(({ addresses }) => addresses)),
  );
  return {
    hasNamespace: (name) => namespaceInformer.get(name) !== undefined,
    service: (key) => serviceInformer.get(key),
    slices: (key) => sliceInformer.byIndex('service', key),
    servicesAt: (address) => serviceInformer.byIndex('address', address),
    slicesAt: (address) => sliceInformer.byIndex('address', address),
    start: (signal) => {
      for (const informer of informers) informer.start(signal);
    },
    synced: Promise.all(informers.map(({ synced }) => synced)).then(() => {}),
    onChange: (listener) => {
      for (const informer of [serviceInformer, sliceInformer]) informer.onChange(() => listener());
      // Namespaces are only asked for by name: how they are does not matter.
      namespaceInformer.onChange((_, now, old) => {
        if (!now || !old) listener();
      });
    },
  };
}

const unique = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.filter((ip) => ip !== '' && ip !== 'None').map(canonicalAddress)),
];
