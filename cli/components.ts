/** The components that can run alone, each the `start` of its room's main.ts. */
import type { FlagTable } from '../base/config.ts';
import type { Running } from '../base/running.ts';

/** A room's main.ts. What `start` takes follows from its own `flags` and the deps in `run.ts`. */
export interface Room {
  readonly flags: FlagTable;
  start(config: never, deps: never): Promise<Running>;
  /** Other words in the place of some, before flags are read (`--config FILE`). */
  expand?(words: readonly string[]): readonly string[];
  /** What the flags ask for instead of a start (`--cleanup`); undefined when they ask for one. */
  runOnce?(config: never): Promise<void> | undefined;
}

interface Component {
  readonly summary: string;
  readonly load: () => Promise<Room>;
}

export const components: Readonly<Record<string, Component>> = {
  apiserver: {
    summary: 'The Kubernetes API over TLS, on its store.',
    load: () => import('../apiserver/main.ts'),
  },
  'controller-manager': {
    summary: 'Deployments, ReplicaSets, endpoints, namespaces, garbage and the rest.',
    load: () => import('../controllers/main.ts'),
  },
  scheduler: {
    summary: 'Gives each new pod its node.',
    load: () => import('../scheduler/main.ts'),
  },
  agent: {
    summary: "A node's agent (the kubelet's job).",
    load: () => import('../agent/main.ts'),
  },
  proxy: {
    summary: 'Makes Services reachable on this node.',
    load: () => import('../proxy/main.ts'),
  },
  dns: {
    summary: "The cluster's DNS.",
    load: () => import('../dns/main.ts'),
  },
};
