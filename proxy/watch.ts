/** The API as the proxy sees it: four informers, and which rules a change of theirs touches. */
import { endpointSlices, nodes, serviceCidrs, services } from '../api/resources.ts';
import type { Node } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import { keyOf } from '../client/keys.ts';
import { serviceOf } from './plan.ts';
import { type Family, isCidr } from './plan-address.ts';
import { type NodeQuery, viewNode } from './plan-node.ts';
import type { World } from './world.ts';

export interface Watched {
  /** Undefined until this node has registered. */
  readonly node: () => Node | undefined;
  worldOf(query: NodeQuery): World;
  /** Slices that have this pod as an endpoint of this node. */
  slicesOfPod(uid: string): readonly EndpointSlice[];
  start(signal: AbortSignal): void;
  /** Resolves when all have been listed. */
  readonly synced: Promise<void>;
  /** Tells of everything that is there, and of each change. */
  follow(handlers: Handlers): void;
}

export interface Handlers {
  readonly onService: (key: string) => void;
  /** One of the endpoint slices of this Service. */
  readonly onEndpoints: (key: string) => void;
  /** This node. Also its heartbeats. */
  readonly onNode: () => void;
  /** The ranges of Services' addresses. */
  readonly onServiceRanges: () => void;
}

export function watchApi(
  nodeName: string,
  deps: { readonly client: Client; readonly clock: Clock; readonly log: Logger },
): Watched {
  const { client } = deps;
  const serviceInformer = new Informer(client, services, {}, deps);
  const sliceInformer = new Informer(client, endpointSlices, {}, deps);
  const cidrInformer = new Informer(client, serviceCidrs, {}, deps);
  const fieldSelector = `metadata.name=${nodeName}`;
  const nodeInformer = new Informer(client, nodes, { fieldSelector }, deps);
  const informers = [serviceInformer, sliceInformer, cidrInformer, nodeInformer];
  sliceInformer.index('service', (slice) => [serviceOf(slice) ?? []].flat());
  sliceInformer.index('pod', ({ endpoints }) =>
    (endpoints ?? []).flatMap((each) =>
      each.nodeName === nodeName ? (each.targetRef?.uid ?? []) : [],
    ),
  );
  const node = () => nodeInformer.get(nodeName);
  const rangesOf = (family: Family) => {
    const ranges = cidrInformer.list().flatMap(({ spec }) => spec?.cidrs ?? []);
    return ranges.filter((cidr) => isCidr(cidr, family)).sort();
  };
  return {
    node,
    worldOf: (query) => ({
      serviceKeys: () => serviceInformer.list().map(keyOf),
      service: (key) => serviceInformer.get(key),
      slices: (key) => sliceInformer.byIndex('service', key),
      serviceRanges: () => rangesOf(query.family),
      node: () => viewNode(node(), query),
    }),
    slicesOfPod: (uid) => sliceInformer.byIndex('pod', uid),
    start: (signal) => {
      for (const informer of informers) informer.start(signal);
    },
    synced: Promise.all(informers.map(({ synced }) => synced)).then(() => {}),
    follow: ({ onService, onEndpoints, onNode, onServiceRanges }) => {
      serviceInformer.onChange((key) => onService(key));
      sliceInformer.onChange((_, slice, old) => {
        for (const key of new Set(
          [slice, old].flatMap((each) => (each && serviceOf(each)) ?? []),
        )) {
          onEndpoints(key);
        }
      });
      nodeInformer.onChange(onNode);
      cidrInformer.onChange(onServiceRanges);
    },
  };
}
