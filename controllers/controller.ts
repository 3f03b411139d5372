/** What a controller is: one folder, and one line in the table of main.ts. */
import type { KubeObject, Resource } from '../api/resource.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import type { Recorder } from '../client/events.ts';
import type { Informer } from '../client/informer.ts';
import type { Informers } from '../client/informers.ts';
import { Reconciler } from '../client/reconciler.ts';

/** What the flags say that controllers care for. */
export interface ControllerConfig {
  readonly clusterCidr: string;
  readonly nodeMonitorGraceSeconds: number;
  /** PEM; empty: nothing is published. */
  readonly rootCa: string;
  /** Ranges for Services of type LoadBalancer; none: they get the nodes' addresses. */
  readonly loadBalancerPool?: readonly string[];
  /** The CA that signs what people and nodes ask for (PEM); absent: nobody does. */
  readonly signing?: {
    readonly certificate: string;
    readonly key: string;
    readonly durationMs: number;
  };
}

export interface Context {
  readonly client: Client;
  readonly informers: Informers;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly config: ControllerConfig;
  /** What has to come to rest before the room has stopped. */
  readonly reconcilers: Reconciler[];
}

export interface Controller {
  /** As kube-controller-manager calls it: what `--controllers` switches. */
  readonly name: string;
  /** Their informers have listed before `start` is called. */
  readonly watches: readonly Resource[];
  readonly start: (context: Context) => void;
}

/** The queue of a controller, logging under its name. */
export function createReconciler(
  name: string,
  { clock, log, signal, reconcilers }: Context,
  reconcile: (key: string) => Promise<void>,
): Reconciler {
  const reconciler = new Reconciler({ reconcile, clock, signal, log: log.child(name) });
  reconcilers.push(reconciler);
  return reconciler;
}

/** A list of resources of different kinds, as informers know them. */
export const watching = (...resources: readonly unknown[]): readonly Resource[] =>
  resources as readonly Resource[];

/** Objects of a namespace, by an index that all controllers share. */
export function inNamespace<T extends KubeObject>(informer: Informer<T>, namespace: string): T[] {
  informer.index('namespace', ({ metadata }) => [metadata?.namespace ?? '']);
  return informer.byIndex('namespace', namespace);
}
