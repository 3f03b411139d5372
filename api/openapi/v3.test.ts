import test from 'ava';
import { allResources } from '../resources.ts';
import { buildOpenApi } from './v3.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of many shapes, looked into here and there.
type Loose = Record<string, any>;
const document = JSON.parse(
  JSON.stringify(buildOpenApi({ group: 'apps', version: 'v1' }, allResources)),
) as Loose & { paths: Loose; components: { schemas: Loose } };

test('kubectl finds fieldValidation and dryRun on the PATCH of a kind', (t) => {
  const item = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'] as Loose;
  t.like(item.patch, {
    operationId: 'patchAppsV1NamespacedDeployment',
    tags: ['apps_v1'],
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'Deployment' },
  } as object);
  const { parameters } = item.patch as { parameters: { name: string }[] };
  t.deepEqual(
    parameters.map(({ name }) => name),
    ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  );
});

test('every reference leads to a schema', (t) => {
  for (const { group, version } of allResources) {
    const text = JSON.stringify(buildOpenApi({ group, version }, allResources));
    const { schemas } = JSON.parse(text).components;
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    t.true(references.length > 10);
    for (const [, name = ''] of references) t.true(Object.hasOwn(schemas, name), name);
  }
});

test('types carry the keys that clients merge lists by', (t) => {
  const template = document.components.schemas['io.k8s.api.core.v1.Container'] as Loose;
  t.like((template.properties as Loose).ports, {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-patch-merge-key': 'containerPort',
    'x-kubernetes-patch-strategy': 'merge',
  } as object);
});
