/** The API as the proxy sees it: three informers, and which rules a change of theirs touches. */
import { endpointSlices, nodes, services } from '../api/resources.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import { keyOf } from '../client/keys.ts';
import { serviceOf } from './plan.ts';
import { type NodeQuery, type NodeView, viewNode } from './plan-node.ts';
import type { World } from './world.ts';

export interface Watched {
  readonly world: World;
  readonly node: () => NodeView;
  start(signal: AbortSignal): void;
  /** Resolves when all have been listed. */
  readonly synced: Promise<void>;
  /** Tells of everything that is there, and of each change. */
  follow(handlers: {
    /** A Service or one of its slices. */
    readonly onService: (key: string) => void;
    /** Something about this node that all rules depend on. */
    readonly onNode: () => void;
  }): void;
}

export function watchApi(
  query: NodeQuery,
  deps: { readonly client: Client; readonly clock: Clock; readonly log: Logger },
): Watched {
  const { client } = deps;
  const serviceInformer = new Informer(client, services, {}, deps);
  const sliceInformer = new Informer(client, endpointSlices, {}, deps);
  const fieldSelector = `metadata.name=${query.nodeName}`;
  const nodeInformer = new Informer(client, nodes, { fieldSelector }, deps);
  const informers = [serviceInformer, sliceInformer, nodeInformer];
  sliceInformer.index('service', (slice) => [serviceOf(slice) ?? []].flat());
  const node = () => viewNode(nodeInformer.get(query.nodeName), query);
  return {
    world: {
      serviceKeys: () => serviceInformer.list().map(keyOf),
      service: (key) => serviceInformer.get(key),
      slices: (key) => sliceInformer.byIndex('service', key),
      node,
    },
    node,
    start: (signal) => {
      for (const informer of informers) informer.start(signal);
    },
    synced: Promise.all(informers.map(({ synced }) => synced)).then(() => {}),
    follow: ({ onService, onNode }) => {
      serviceInformer.onChange((key) => onService(key));
      sliceInformer.onChange((_, slice, old) => {
        for (const key of new Set(
          [slice, old].flatMap((each) => (each && serviceOf(each)) ?? []),
        )) {
          onService(key);
        }
      });
      // The node's heartbeats must not write rules.
      let seen = JSON.stringify(node());
      nodeInformer.onChange(() => {
        const now = JSON.stringify(node());
        if (now === seen) return;
        seen = now;
        onNode();
      });
    },
  };
}
