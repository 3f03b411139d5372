/**
 * The OpenAPI v3 document of a group version, as `/openapi/v3/apis/apps/v1` serves it. kubectl
 * reads from it whether the server validates fields, and what `explain` prints.
 */
import { apiVersionOf, type Resource } from '../resource.ts';
import { type GroupVersionKind, type TypeSchema, typeNamed, typeOfKind } from '../schema.ts';
import { type Operation, type PathItem, pathItemsOf } from './paths.ts';
import { type Json, renderComponents } from './schemas.ts';
import { tagOf } from './tag.ts';

export interface OpenApiDocument {
  readonly openapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly securitySchemes: Readonly<Record<string, Json>>;
  };
}

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** `api/v1`, `apis/apps/v1`: how a group version is named in paths. */
export const groupVersionPath = (target: GroupVersion): string =>
  `${target.group ? 'apis' : 'api'}/${apiVersionOf(target)}`;

/** Of all resources, those of the group version are described. */
export function buildOpenApi(
  target: GroupVersion,
  resources: readonly Resource[],
): OpenApiDocument {
  const own = resources.filter(
    ({ group, version }) => group === target.group && version === target.version,
  );
  const root = `/${groupVersionPath(target)}`;
  const paths = new Map<string, PathItem>([[`${root}/`, resourceListOf(target)]]);
  for (const resource of own) {
    for (const [path, item] of pathItemsOf(resource, root)) paths.set(path, item);
  }
  const roots = [...own.flatMap(typesFor), ...commonTypes];
  const sorted = [...paths].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: Object.fromEntries(sorted),
    components: {
      schemas: renderComponents(roots, target),
      securitySchemes: {
        BearerToken: { type: 'apiKey', in: 'header', name: 'authorization' },
      },
    },
  };
}

export const commonTypes = ['APIResourceList', 'DeleteOptions', 'Status', 'WatchEvent'].map(
  (name) => {
    const type = typeNamed('meta-v1', name);
    if (!type) throw new Error(`the schema has no ${name}`);
    return type;
  },
);

export function typesFor(resource: Resource): TypeSchema[] {
  const { group, version, kind } = resource;
  const kinds: GroupVersionKind[] = [
    { group, version, kind },
    { group, version, kind: `${kind}List` },
    ...(resource.subresources ?? []).map((each) => ({
      group: each.group ?? group,
      version: each.version ?? version,
      kind: each.kind,
    })),
  ];
  // The options of exec and its like are queries, never bodies: they have no type.
  return kinds.map(typeOfKind).filter((type) => type !== undefined);
}

export function resourceListOf({ group, version }: GroupVersion): PathItem {
  const reference = '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList';
  const get: Operation = {
    operationId: `get${tagOf({ group, version }, true)}APIResources`,
    tags: [tagOf({ group, version }, false)],
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: reference } } },
      },
    },
  };
  return { get };
}
