/** /openapi/v3: an index, and one document for each group version. */
import type { Resource } from '../../api/resource.ts';
import type { Page } from './pages.ts';

export function openApiPages(_resources: readonly Resource[]): Map<string, Page> {
  return new Map();
}
