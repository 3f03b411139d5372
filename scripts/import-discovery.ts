/**
 * `node scripts/import-discovery.ts DIR` reads the discovery documents of an API server and writes
 * api/surface.generated.ts: what a server of that release serves in its stable versions, one
 * resource a line, for a test to hold our declarations against. The lines' grammar is told there.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface ApiResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly ApiResource[];
}

/** Stable versions only; in the order of group version and name. */
export const renderSurface = (lists: readonly ResourceList[]): string[] =>
  lists
    .filter(({ groupVersion }) => /(^|\/)v\d+$/.test(groupVersion))
    .flatMap(({ groupVersion, resources }) =>
      resources.map((each) => renderLine(groupVersion, each)),
    )
    .sort();

/** `apps/v1 deployments deployment Deployment namespaced create,get short=deploy categories=all`. */
export function renderLine(groupVersion: string, resource: ApiResource): string {
  const { name, singularName, namespaced, group = '', version, kind } = resource;
  const { verbs, shortNames = [], categories = [] } = resource;
  const ofKind = version === undefined ? kind : `${group}/${version}/${kind}`;
  return [
    groupVersion,
    name,
    singularName || '-',
    ofKind,
    namespaced ? 'namespaced' : 'cluster',
    [...verbs].sort().join(','),
    shortNames.length > 0 && `short=${shortNames.join(',')}`,
    categories.length > 0 && `categories=${categories.join(',')}`,
  ]
    .filter(Boolean)
    .join(' ');
}

const head = `// Made by scripts/import-discovery.ts: what Kubernetes serves in its stable versions.
// Group version, resource, singular, kind (with its group version, if another), scope, verbs.
`;

if (import.meta.main) {
  const [source] = process.argv.slice(2);
  if (!source) throw new Error('usage: import-discovery.ts DIR');
  const names = readdirSync(source).filter((name) => /__v\d+\.json$/.test(name));
  const lists = names.map((name) => JSON.parse(readFileSync(join(source, name), 'utf8')));
  const text = `${head}export const surface = \`\n${renderSurface(lists).join('\n')}\n\`;\n`;
  writeFileSync(join(import.meta.dirname, '../api/surface.generated.ts'), text);
}
