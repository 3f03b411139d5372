/** Everything that is served beside the objects: discovery, health, version, metrics. */
import { createHash } from 'node:crypto';
import { groupResourceOf, type Resource } from '../../api/resource.ts';
import { noSuchResource } from '../errors.ts';
import { formatOf, mediaTypes } from '../http/accept.ts';
import { type Exchange, sendBytes, sendJson, toYaml } from '../http/answer.ts';
import type { Registry } from '../registry/registry.ts';
import type { RequestInfo } from '../request.ts';
import { versionInfo } from '../version.ts';
import { makeDocuments } from './documents.ts';
import { type HealthCheck, healthPage } from './health.ts';
import type { Metrics } from './metrics.ts';
import { openApiPages } from './openapi.ts';

export type Page = (exchange: Exchange, info: RequestInfo) => Promise<void>;

export interface PagesOptions {
  readonly resources: readonly Resource[];
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly checks: readonly HealthCheck[];
  /** `host:port` by which clients reach this server. */
  readonly address: string;
}

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Finds the page of a path. @throws StatusError NotFound */
export function createPages(options: PagesOptions): (path: string) => Page {
  const pages = new Map<string, Page>();
  const { plain, aggregated } = makeDocuments(options.resources, options.address);
  for (const [path, document] of plain) {
    pages.set(path, documentPage(document, aggregated.get(path)));
  }
  for (const [path, page] of openApiPages(options.resources)) pages.set(path, page);
  pages.set('/version', (exchange) => sendJson(exchange, 200, versionInfo));
  pages.set('/metrics', metricsPage(options));
  const health = ['/healthz', '/livez', '/readyz'].map((root) => {
    return [root, healthPage(root, options.checks)] as const;
  });
  const paths = [...pages.keys(), ...health.map(([root]) => root)].sort();
  pages.set('/', (exchange) => sendJson(exchange, 200, { paths }));
  return (path) => {
    const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const page = pages.get(bare);
    if (page) return page;
    const checked = health.find(([root]) => bare === root || bare.startsWith(`${root}/`));
    if (!checked) throw noSuchResource();
    return checked[1];
  };
}

function documentPage(plain: object, aggregated: object | undefined): Page {
  const bytes = Buffer.from(`${JSON.stringify(plain)}\n`);
  const whole = aggregated && Buffer.from(`${JSON.stringify(aggregated)}\n`);
  const tag = whole && `"${createHash('sha256').update(whole).digest('hex').toUpperCase()}"`;
  return async (exchange) => {
    const { request } = exchange;
    const { accept } = request.headers;
    if (whole && wantsAggregated(accept)) {
      const headers = { etag: tag!, vary: 'Accept' };
      const isKnown = request.headers['if-none-match'] === tag;
      const content = { bytes: isKnown ? Buffer.alloc(0) : whole, type: aggregatedType, headers };
      return sendBytes(exchange, isKnown ? 304 : 200, content);
    }
    const { encoding } = formatOf(accept);
    if (encoding === 'yaml') {
      return sendBytes(exchange, 200, { bytes: toYaml(plain), type: 'application/yaml' });
    }
    return sendBytes(exchange, 200, { bytes, type: 'application/json' });
  };
}

/** Clients list the forms that they know, the best first: ours must come before the plain one. */
function wantsAggregated(accept = ''): boolean {
  for (const { type, parameters } of mediaTypes(accept)) {
    if (type !== 'application/json') continue;
    if (parameters.get('as') === undefined) return false;
    const isOurs = parameters.get('g') === 'apidiscovery.k8s.io' && parameters.get('v') === 'v2';
    if (isOurs && parameters.get('as') === 'APIGroupDiscoveryList') return true;
  }
  return false;
}

const metricsPage =
  ({ metrics, registry, resources }: PagesOptions): Page =>
  (exchange) => {
    const counts = resources.map((resource) => {
      return [groupResourceOf(resource), registry.cacheOf(resource).size] as const;
    });
    const bytes = Buffer.from(metrics.render(registry, counts));
    return sendBytes(exchange, 200, { bytes, type: 'text/plain; version=0.0.4; charset=utf-8' });
  };
