/** One informer per resource, shared by everybody in a process who wants all of it. */
import { groupResourceOf, type KubeObject, type Resource } from '../api/resource.ts';
import type { Client } from './client.ts';
import { Informer, type InformerDeps } from './informer.ts';

export class Informers {
  readonly #client: Client;
  readonly #deps: InformerDeps;
  readonly #informers = new Map<string, Informer<KubeObject>>();

  constructor(client: Client, deps: InformerDeps) {
    this.#client = client;
    this.#deps = deps;
  }

  /** The informer on all objects of the resource, in every namespace. */
  of<T extends KubeObject>(resource: Resource<T>): Informer<T> {
    const name = groupResourceOf(resource);
    const known = this.#informers.get(name);
    if (known) return known as unknown as Informer<T>;
    const informer = new Informer(this.#client, resource, {}, this.#deps);
    this.#informers.set(name, informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Starts those that were asked for so far. */
  start(signal: AbortSignal): void {
    for (const informer of this.#informers.values()) informer.start(signal);
  }

  /** Resolves when each of them has listed. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced));
  }

  /** Names of those that have not listed yet: what a health check reports. */
  unsynced(): string[] {
    return [...this.#informers].flatMap(([name, { hasSynced }]) => (hasSynced ? [] : name));
  }
}
