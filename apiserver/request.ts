/** What one request asks for, and who asks: the words that authentication, authorization,
 * admission and the verbs share. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { KubeObject, Resource } from '../api/resource.ts';

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A request's target, taken apart once (never by `new URL`, which rewrites paths). */
export interface RequestInfo {
  /** False for /version, /healthz, /openapi …: then only `path` and `verb` count. */
  readonly isResource: boolean;
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; else the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string; // Plural.
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
}

/** Reads of the API server's own memory; what is returned is never changed. */
export interface ObjectReader {
  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): T | undefined;
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly T[];
}

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** An admission plugin's question: may this happen, and what should change in it? */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly resource: Resource;
  readonly info: RequestInfo;
  readonly user: User;
  /** A draft, the options of a CONNECT; undefined for DELETE. Only `mutate` may change it. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  /** Nothing may be left behind by a dry run: no reservation, no written status. */
  readonly dryRun: boolean;
  /** Go to the client as Warning headers; said once, however often the write is tried. */
  readonly warnings: string[];
  /** Annotations for the audit log, where there is one. */
  readonly audit?: Map<string, string>;
  /** Set by a plugin behind which others must look at the object again (a webhook changed it). */
  wantsReinvocation?: boolean;
  /** The second time that the mutating plugins are asked. */
  isReinvocation?: boolean;
}

/** A change of another key that is written with the object, in one transaction or not at all. */
export interface SideWrite {
  /** Below `/registry/`: `ipaddresses/10.43.0.7`. */
  readonly key: string;
  /** Undefined deletes; a key that is not there stays away. */
  readonly value: Uint8Array | undefined;
  /** Only while the key's last change has this revision; 0 = not there; absent = in any case. */
  readonly revision?: number;
}

/** What an admission reserved (an address, a share of a quota): one of the two ends is called. */
export interface Reservation {
  /** Asked for right before the write; `isGone`: the write removes the object. */
  sideWrites?(isGone: boolean): readonly SideWrite[];
  /** Once the reader shows the write. */
  commit(): void;
  /** Nothing was written. Undoes also what the plugin changed in the draft, where trying again
   * would stumble over it. */
  rollback(): void;
}

type Admitted = Reservation | undefined;

/**
 * `mutate` comes before the resource's own preparation and validation, `validate` after them, on
 * the object as it shall be stored. Both throw a StatusError to refuse; what never waits returns
 * no promise, so that nobody waits for it.
 */
export interface AdmissionPlugin {
  readonly name: string;
  mutate?(request: AdmissionRequest): Admitted | Promise<Admitted>;
  validate?(request: AdmissionRequest): Admitted | Promise<Admitted>;
}

/** One request's way through the plugins. `settle` of write/store-object.ts ends it. */
export interface Passage extends Required<Reservation> {
  /** @throws StatusError, or rejects with it */
  mutate(): Promise<void> | undefined;
  /** @throws StatusError, or rejects with it */
  validate(): Promise<void> | undefined;
}

/** A request that becomes a stream to a node or a pod: pods/log, exec, attach, portforward, proxy. */
export interface ConnectRequest {
  readonly info: RequestInfo;
  readonly user: User;
  readonly object: KubeObject; // The pod; of proxies the service or the node, too.
  readonly request: HttpRequest;
  /** One of the two: an answer to write, or a hijacked HTTP/1.1 connection (upgrade). */
  readonly response?: HttpResponse;
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
}
