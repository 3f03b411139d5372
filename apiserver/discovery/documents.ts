/** The documents by which clients learn what is served, made once from the declarations. */
import { createHash } from 'node:crypto';
import { apiVersionOf, type Resource, storedForm } from '../../api/resource.ts';

export interface Documents {
  /** By path: /api, /apis, /api/v1, /apis/apps, /apis/apps/v1. */
  readonly plain: ReadonlyMap<string, object>;
  /** The same as one document each for /api and /apis, but for the apiVersion: apidiscovery. */
  readonly aggregated: ReadonlyMap<string, object>;
}

/** Which are the same in all but their name. */
export const aggregatedVersions: ReadonlySet<string> = new Set(['v2', 'v2beta1']);

export function makeDocuments(resources: readonly Resource[], address: string): Documents {
  const groups = Map.groupBy(resources, ({ group }) => group);
  const named = [...groups].filter(([group]) => group !== '');
  const plain = new Map<string, object>();
  plain.set('/api', {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  });
  const list = named.map(([name, members]) => groupOf(name, members));
  plain.set('/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: list });
  for (const group of list) {
    plain.set(`/apis/${group.name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group });
  }
  for (const [groupVersion, members] of Map.groupBy(resources, apiVersionOf)) {
    const root = groupVersion.includes('/') ? '/apis' : '/api';
    plain.set(`${root}/${groupVersion}`, resourceList(groupVersion, members));
  }
  const core = groups.get('') ?? [];
  return {
    plain,
    aggregated: new Map([
      ['/api', aggregatedList([['', core]])],
      ['/apis', aggregatedList(named)],
    ]),
  };
}

function groupOf(name: string, members: readonly Resource[]) {
  const versions = newestFirst(members.map(({ version }) => version)).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

/** Of GA versions the highest number is what clients should use. */
const newestFirst = (versions: readonly string[]): string[] =>
  [...new Set(versions)].sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));

function resourceList(groupVersion: string, members: readonly Resource[]) {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: members.flatMap((resource) => [
      {
        name: resource.plural,
        singularName: resource.singular,
        namespaced: resource.namespaced,
        kind: resource.kind,
        verbs: resource.verbs,
        ...(resource.shortNames && { shortNames: resource.shortNames }),
        ...(resource.categories && { categories: resource.categories }),
        ...(resource.verbs.includes('create') && { storageVersionHash: storageHash(resource) }),
      },
      ...(resource.subresources ?? []).map(({ name, group, version, kind, verbs }) => ({
        name: `${resource.plural}/${name}`,
        singularName: '',
        namespaced: resource.namespaced,
        ...(group !== undefined && { group }),
        ...(version !== undefined && { version }),
        kind,
        verbs,
      })),
    ]),
  };
}

/** Opaque; changes when the stored form of the resource does. */
function storageHash(resource: Resource): string {
  const { group, version, kind } = storedForm(resource);
  return createHash('sha256')
    .update(`${group}/${version}/${kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');
}

function aggregatedList(groups: readonly (readonly [string, readonly Resource[]])[]) {
  return {
    kind: 'APIGroupDiscoveryList',
    metadata: {},
    items: groups.map(([name, members]) => ({
      metadata: { ...(name && { name }), creationTimestamp: null },
      versions: newestFirst(members.map(({ version }) => version)).map((version) => ({
        version,
        freshness: 'Current',
        resources: members.filter((each) => each.version === version).map(aggregatedResource),
      })),
    })),
  };
}

function aggregatedResource(resource: Resource) {
  const { group, version } = resource;
  const responseKind = { group, version, kind: resource.kind };
  const subresources = (resource.subresources ?? []).map((each) => ({
    subresource: each.name,
    responseKind: {
      group: each.group ?? group,
      version: each.version ?? version,
      kind: each.kind,
    },
    verbs: each.verbs,
  }));
  return {
    resource: resource.plural,
    responseKind,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames && { shortNames: resource.shortNames }),
    ...(resource.categories && { categories: resource.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}
