/** A directory made of plain objects, for tests. */
import type { Service } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import type { Directory } from './plan.ts';
import { canonicalAddress } from './plan-address.ts';

export interface Cluster {
  readonly namespaces: readonly string[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

export function directoryOf({ namespaces, services, slices }: Cluster): Directory {
  const keyOf = ({ metadata }: Service) => `${metadata?.namespace}/${metadata?.name}`;
  return {
    hasNamespace: (name) => namespaces.includes(name),
    service: (key) => services.find((service) => keyOf(service) === key),
    slices: (key) =>
      slices.filter(({ metadata }) => {
        const name = metadata?.labels?.['kubernetes.io/service-name'];
        return `${metadata?.namespace}/${name}` === key;
      }),
    servicesAt: (address) =>
      services.filter(({ spec }) =>
        [spec?.clusterIP ?? '', ...(spec?.clusterIPs ?? [])]
          .map(canonicalAddress)
          .includes(address),
      ),
    slicesAt: (address) =>
      slices.filter(({ endpoints = [] }) =>
        endpoints.some(({ addresses }) => addresses.map(canonicalAddress).includes(address)),
      ),
  };
}
