/** /openapi/v3: an index, and one document for each group version, made when first asked for. */
import { createHash } from 'node:crypto';
import { buildOpenApi, groupVersionPath } from '../../api/openapi/v3.ts';
import { apiVersionOf, type Resource } from '../../api/resource.ts';
import { sendBytes, sendJson } from '../http/answer.ts';
import { swaggerPage } from './openapi-v2.ts';
import type { Page } from './pages.ts';

export function openApiPages(resources: readonly Resource[]): Map<string, Page> {
  const targets = [...Map.groupBy(resources, apiVersionOf).values()].map(([first]) => first!);
  const documents = new Map(targets.map((each) => [groupVersionPath(each), lazy(each, resources)]));
  const pages = new Map<string, Page>([['/openapi/v2', swaggerPage(resources)]]);
  pages.set('/openapi/v3', async (exchange) => {
    const paths = new Map<string, object>();
    for (const [path, document] of documents) {
      paths.set(path, { serverRelativeURL: `/openapi/v3/${path}?hash=${document().hash}` });
      await new Promise(setImmediate); // Each costs some milliseconds the first time.
    }
    await sendJson(exchange, 200, { paths: Object.fromEntries(paths) });
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
  async (exchange, { query }) => {
    const { bytes, hash } = document();
    const asked = query.get('hash');
    // An old hash of the index leads to the document of now.
    if (asked !== null && asked !== hash) {
      const url = new URLSearchParams({ hash });
      const path = (exchange.request.url ?? '').split('?', 1)[0];
      const headers = { location: `${path}?${url}` };
      return sendBytes(exchange, 301, { bytes: Buffer.alloc(0), type: 'text/plain', headers });
    }
    const etag = `"${hash}"`;
    const headers = {
      etag,
      vary: 'Accept',
      ...(asked === hash && {
        'cache-control': 'public, immutable',
        expires: new Date(Date.now() + yearMs).toUTCString(),
      }),
    };
    const type = 'application/json';
    const isKnown = exchange.request.headers['if-none-match'] === etag;
    const content = { bytes: isKnown ? Buffer.alloc(0) : bytes, type, headers };
    await sendBytes(exchange, isKnown ? 304 : 200, content);
  };

const yearMs = 365 * 24 * 3_600_000;
