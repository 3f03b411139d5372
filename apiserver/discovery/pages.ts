/** Everything that is served beside the objects: discovery, health, version, metrics. */
import { createHash } from 'node:crypto';
import type { Resource } from '../../api/resource.ts';
import type { Logger } from '../../base/log.ts';
import type { Store } from '../../store/store.ts';
import { noSuchResource } from '../errors.ts';
import { formatOf, mediaTypes } from '../http/accept.ts';
import { type Exchange, sendBytes, sendJson } from '../http/answer.ts';
import { toYaml } from '../http/yaml-text.ts';
import type { RequestInfo } from '../request.ts';
import { versionInfo } from '../version.ts';
import { aggregatedVersions, type Documents, makeDocuments } from './documents.ts';
import { type HealthCheck, healthPages } from './health.ts';
import type { Metrics } from './metrics.ts';
import { openApiPages } from './openapi.ts';
import { type OpenIdOptions, openIdPages } from './openid.ts';

export type Page = (exchange: Exchange, info: RequestInfo) => Promise<void>;

export interface PagesOptions {
  readonly resources: readonly Resource[];
  readonly metrics: Metrics;
  readonly store: Pick<Store, 'size'>;
  readonly checks: readonly HealthCheck[];
  /** `host:port` by which clients reach this server. */
  readonly address: string;
  readonly openId?: OpenIdOptions | undefined;
  readonly log: Logger;
}

/** Finds the page of a path. @throws StatusError NotFound */
export function createPages(options: PagesOptions): (path: string) => Page {
  const { resources, address, openId, checks, log } = options;
  const documents = makeDocuments(resources, address);
  const health = healthPages(checks, log);
  const pages = new Map<string, Page>([
    ...[...documents.plain.keys()].map((path) => [path, documentPage(documents, path)] as const),
    ...openApiPages(resources),
    ...(openId ? openIdPages(openId, address) : []),
    ['/version', (exchange) => sendJson(exchange, 200, versionInfo)],
    ['/metrics', metricsPage(options)],
  ]);
  const paths = [...pages.keys(), ...health.paths].sort();
  pages.set('/', (exchange) => sendJson(exchange, 200, { paths }));
  return (path) => {
    const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const page = pages.get(bare) ?? health.pageOf(bare);
    if (!page) throw noSuchResource();
    return page;
  };
}

function documentPage({ plain, aggregated }: Documents, path: string): Page {
  const value = plain.get(path);
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  const list = aggregated.get(path);
  const forms = new Map(list && [...aggregatedVersions].map((each) => [each, formOf(list, each)]));
  return async (exchange) => {
    const { accept } = exchange.request.headers;
    const form = forms.get(aggregatedWanted(accept) ?? '');
    if (form) return sendForm(exchange, form);
    const headers = { vary: 'Accept' };
    if (formatOf(accept).encoding === 'yaml') {
      return sendBytes(exchange, 200, { bytes: toYaml(value), type: 'application/yaml', headers });
    }
    return sendBytes(exchange, 200, { bytes, type: 'application/json', headers });
  };
}

interface Form {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly type: string;
}

function formOf(list: object, version: string): Form {
  const apiVersion = `apidiscovery.k8s.io/${version}`;
  const bytes = Buffer.from(`${JSON.stringify({ ...list, apiVersion })}\n`);
  const hash = createHash('sha256').update(bytes).digest('hex').toUpperCase();
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return { bytes, etag: `"${hash}"`, type };
}

function sendForm(exchange: Exchange, { bytes, etag, type }: Form): Promise<void> {
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' };
  const isKnown = exchange.request.headers['if-none-match'] === etag;
  const content = { bytes: isKnown ? Buffer.alloc(0) : bytes, type, headers };
  return sendBytes(exchange, isKnown ? 304 : 200, content);
}

/** Clients list the forms that they know, the best first: ours must come before the plain one. */
function aggregatedWanted(accept = ''): string | undefined {
  for (const { type, parameters } of mediaTypes(accept)) {
    if (type !== 'application/json') continue;
    if (parameters.get('as') === undefined) return undefined;
    const version = parameters.get('v') ?? '';
    const isOurs = parameters.get('g') === 'apidiscovery.k8s.io' && aggregatedVersions.has(version);
    if (isOurs && parameters.get('as') === 'APIGroupDiscoveryList') return version;
  }
  return undefined;
}

function metricsPage({ metrics: { registry }, store }: PagesOptions): Page {
  const about = { name: 'apiserver_storage_size_bytes', help: "Bytes on the store's disk." };
  const size = registry.gauge({ ...about, labels: ['storage_cluster_id'] }).of('etcd-0');
  return async (exchange) => {
    size.set(await store.size());
    const bytes = Buffer.from(registry.render());
    await sendBytes(exchange, 200, { bytes, type: 'text/plain; version=0.0.4; charset=utf-8' });
  };
}
