/** /openapi/v3: an index, and one document for each group version, made when first asked for. */
import { createHash } from 'node:crypto';
import { buildOpenApi, groupVersionPath } from '../../api/openapi/v3.ts';
import { apiVersionOf, type Resource } from '../../api/resource.ts';
import { sendBytes, sendJson } from '../http/answer.ts';
import type { Page } from './pages.ts';

export function openApiPages(resources: readonly Resource[]): Map<string, Page> {
  const targets = [...Map.groupBy(resources, apiVersionOf).values()].map(([first]) => first!);
  const documents = new Map(targets.map((each) => [groupVersionPath(each), lazy(each, resources)]));
  const pages = new Map<string, Page>();
  pages.set('/openapi/v3', (exchange) => {
    const paths = Object.fromEntries(
      [...documents].map(([path, document]) => {
        return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${document().hash}` }];
      }),
    );
    return sendJson(exchange, 200, { paths });
  });
  for (const [path, document] of documents) {
    pages.set(`/openapi/v3/${path}`, documentPage(document));
  }
  return pages;
}

interface Document {
  readonly bytes: Buffer;
  readonly hash: string;
}

function lazy(target: Resource, resources: readonly Resource[]): () => Document {
  let made: Document | undefined;
  return () => {
    if (made) return made;
    const bytes = Buffer.from(JSON.stringify(buildOpenApi(target, resources)));
    const hash = createHash('sha256').update(bytes).digest('hex').toUpperCase();
    made = { bytes, hash };
    return made;
  };
}

/** Who asks by the hash of the index may keep the answer for ever. */
const documentPage =
  (document: () => Document): Page =>
  (exchange, { query }) => {
    const { bytes, hash } = document();
    const etag = `"${hash}"`;
    const isForEver = query.get('hash') === hash;
    const headers = {
      etag,
      vary: 'Accept',
      ...(isForEver && { 'cache-control': 'public, immutable' }),
    };
    const type = 'application/json';
    if (exchange.request.headers['if-none-match'] === etag) {
      return sendBytes(exchange, 304, { bytes: Buffer.alloc(0), type, headers });
    }
    return sendBytes(exchange, 200, { bytes, type, headers });
  };
