/** Makes a Client: one HTTP/2 connection to the API server, JSON on the wire. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { load } from 'js-yaml';
import { apiVersionOf, type KubeObject, type Resource } from '../api/resource.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Status, StatusError } from '../base/errors.ts';
import type {
  Client,
  ListOptions,
  ListResult,
  PatchType,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client.ts';
import { type Material, parseKubeconfig } from './kubeconfig.ts';
import { collectionPath, objectPath, queryOf, requireNamespace } from './paths.ts';
import { parseBody, Transport } from './transport.ts';

/** PEM texts, not paths. */
export interface Endpoint {
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** A function is asked before each request. */
  readonly token?: string | (() => string);
  readonly serverName?: string;
  readonly insecure?: boolean;
}

export type ConnectOptions = (
  | Endpoint
  | { readonly kubeconfig: string; readonly context?: string }
) & {
  readonly clock?: Clock;
  /** What the audit log shows: `wherry-scheduler`. */
  readonly userAgent?: string;
};

const patchTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml', // JSON is YAML.
};

/**
 * Does not reach out yet: the first request does.
 * @throws UsageError for a kubeconfig that cannot be used, ENOENT for a file that is missing
 */
export function connect(options: ConnectOptions): Client {
  const endpoint = 'kubeconfig' in options ? readKubeconfig(options) : options;
  const { server, ca, cert, key, token, serverName, insecure = false } = endpoint;
  const transport = new Transport({
    server,
    insecure,
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(serverName && { servername: serverName }),
    },
    token: typeof token === 'function' ? token : () => token,
    clock: options.clock ?? systemClock,
    userAgent: options.userAgent ?? 'wherry',
  });
  return { ...createReads(transport), ...createWrites(transport), close: () => transport.close() };
}

/** Resolves the files that a kubeconfig names, relative to its own folder. */
export function readKubeconfig(from: { kubeconfig: string; context?: string }): Endpoint {
  const target = parseKubeconfig(load(readFileSync(from.kubeconfig, 'utf8')), from.context);
  const read = (material: Material | undefined): string | undefined => {
    if (!material) return undefined;
    if ('text' in material) return material.text;
    return readFileSync(resolve(dirname(from.kubeconfig), material.file), 'utf8');
  };
  const [ca, cert, key] = [read(target.ca), read(target.cert), read(target.key)];
  return {
    server: target.server,
    insecure: target.insecure,
    ...(target.serverName && { serverName: target.serverName }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(target.token && { token: () => (read(target.token) ?? '').trim() }),
  };
}

type Reads = Pick<Client, 'get' | 'list' | 'watch'>;

function createReads(transport: Transport): Reads {
  return {
    get: (resource, name, namespace) =>
      transport.request({ method: 'GET', path: objectPath(resource, { name, namespace }) }),
    async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}) {
      const { namespace, ...query } = options;
      const path = collectionPath(resource, namespace) + queryOf(query);
      const body = await transport.request<ListBody<T>>({ method: 'GET', path });
      return toListResult(resource, body);
    },
    async *watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions = {}) {
      const { namespace, signal, ...query } = options;
      const path = collectionPath(resource, namespace) + queryOf({ watch: true, ...query });
      for await (const line of transport.lines(path, signal)) yield toWatchEvent<T>(line);
    },
  };
}

type Writes = Pick<Client, 'create' | 'update' | 'patch' | 'delete' | 'createSubresource'>;

function createWrites(transport: Transport): Writes {
  return {
    async create(resource, object, options = {}) {
      const { name, namespace } = object.metadata ?? {};
      requireNamespace(resource, namespace);
      const path = options.subresource
        ? objectPath(resource, { name, namespace }, options.subresource)
        : collectionPath(resource, namespace);
      const body = typed(resource, object);
      return transport.request({ method: 'POST', path: path + writeQuery(options), body });
    },
    async update(resource, object, options = {}) {
      const path = objectPath(resource, object.metadata as { name: string }, options.subresource);
      const body = typed(resource, object);
      return transport.request({ method: 'PUT', path: path + writeQuery(options), body });
    },
    async patch(resource, target, { type, body }, options = {}) {
      const path = objectPath(resource, target, options.subresource) + writeQuery(options);
      return transport.request({ method: 'PATCH', path, body, contentType: patchTypes[type] });
    },
    async delete(resource, target, options) {
      const body = options && { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
      await transport.request({ method: 'DELETE', path: objectPath(resource, target), body });
    },
    async createSubresource(resource, target, subresource, body) {
      const path = objectPath(resource, target, subresource);
      return transport.request({ method: 'POST', path, body });
    },
  };
}

interface ListBody<T> {
  items?: T[] | null;
  metadata?: { resourceVersion?: string; continue?: string };
}

/** Items of a list come without apiVersion and kind; whoever holds one object wants both. */
function toListResult<T extends KubeObject>(
  resource: Resource<T>,
  { items, metadata }: ListBody<T>,
): ListResult<T> {
  const apiVersion = apiVersionOf(resource);
  return {
    items: (items ?? []).map((item) => ({ ...item, apiVersion, kind: resource.kind })),
    resourceVersion: metadata?.resourceVersion ?? '',
    ...(metadata?.continue && { continue: metadata.continue }),
  };
}

function toWatchEvent<T>(line: string): WatchEvent<T> {
  const event = parseBody<WatchEvent<T> | { type: 'ERROR'; object: Partial<Status> }>(line);
  if (event.type !== 'ERROR') return event;
  throw StatusError.fromStatus(event.object, event.object.code ?? 500);
}

const typed = <T extends KubeObject>(resource: Resource<T>, object: T): T => ({
  ...object,
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});

const writeQuery = ({ dryRun, fieldManager }: WriteOptions) =>
  queryOf({ dryRun: dryRun ? 'All' : undefined, fieldManager });
