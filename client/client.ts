/** What every component uses to talk to the API server. `connect` makes one; tests use `fake.ts`. */
import type { KubeObject, Resource } from '../api/resource.ts';

export interface ListOptions {
  readonly namespace?: string; // Absent: all namespaces.
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface ListResult<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  readonly continue?: string;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/** An ERROR event is thrown as the StatusError it carries (Expired: list again). */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface WriteOptions {
  /** `status`, `scale`, `finalize`, … Absent: the object itself. */
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * Every method rejects with a StatusError when the server refuses or cannot be reached
 * (`ServiceUnavailable`). Namespaced resources need a namespace.
 */
export interface Client {
  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ListResult<T>>;
  watch<T extends KubeObject>(
    resource: Resource<T>,
    options?: WatchOptions,
  ): AsyncIterable<WatchEvent<T>>;
  /** The namespace is taken from `object.metadata`; apiVersion and kind are filled in. */
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  /** Needs `metadata.resourceVersion`; rejects with Conflict when it is no longer the newest. */
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    target: { readonly name: string; readonly namespace?: string },
    patch: { readonly type: PatchType; readonly body: unknown },
    options?: WriteOptions,
  ): Promise<T>;
  delete<T extends KubeObject>(
    resource: Resource<T>,
    target: { readonly name: string; readonly namespace?: string },
    options?: DeleteOptions,
  ): Promise<void>;
  /** POST to a subresource with a body of its own: `pods/web/binding`, `serviceaccounts/x/token`. */
  createSubresource<R = unknown, T extends KubeObject = KubeObject>(
    resource: Resource<T>,
    target: { readonly name: string; readonly namespace?: string },
    subresource: string,
    body: unknown,
  ): Promise<R>;
  close(): void;
}
