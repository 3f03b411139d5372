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

/** An admission plugin's question: may this write happen, and what should change in it? */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: Resource;
  readonly info: RequestInfo;
  readonly user: User;
  /** A draft that plugins may change; undefined for DELETE. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
}

/** What an admission reserved (an address, a port): exactly one of the two is called. */
export interface Reservation {
  commit(): void;
  rollback(): void;
}

export interface AdmissionPlugin {
  readonly name: string;
  /** @throws StatusError to refuse. */
  admit(request: AdmissionRequest): Reservation | undefined;
}

/** A request that becomes a stream to a node: pods/log, exec, attach, portforward. */
export interface ConnectRequest {
  readonly info: RequestInfo;
  readonly user: User;
  readonly object: KubeObject; // The pod.
  readonly request: HttpRequest;
  /** One of the two: an answer to write, or a hijacked HTTP/1.1 connection (upgrade). */
  readonly response?: HttpResponse;
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
}
