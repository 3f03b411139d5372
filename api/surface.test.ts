/** Our declarations against what Kubernetes serves: the same names, kinds, scopes and verbs. */
import test from 'ava';
import { apiVersionOf, type Resource, type Subresource } from './resource.ts';
import { allResources } from './resources.ts';
import { surface } from './surface.generated.ts';

const wanted = surface.trim().split('\n');
const idOf = (line: string) => line.split(' ', 2).join(' ');

const lineOf = (resource: Resource): string =>
  [
    apiVersionOf(resource),
    resource.plural,
    resource.singular,
    resource.kind,
    resource.namespaced ? 'namespaced' : 'cluster',
    [...resource.verbs].sort().join(','),
    resource.shortNames && `short=${resource.shortNames.join(',')}`,
    resource.categories && `categories=${resource.categories.join(',')}`,
  ]
    .filter(Boolean)
    .join(' ');

const subresourceLine = (resource: Resource, each: Subresource): string => {
  const { name, group = '', version, kind, verbs } = each;
  return [
    apiVersionOf(resource),
    `${resource.plural}/${name}`,
    '-',
    version === undefined ? kind : `${group}/${version}/${kind}`,
    resource.namespaced ? 'namespaced' : 'cluster',
    [...verbs].sort().join(','),
  ].join(' ');
};

const declared = allResources.flatMap((resource) => [
  lineOf(resource),
  ...(resource.subresources ?? []).map((each) => subresourceLine(resource, each)),
]);

test('every stable resource and subresource of Kubernetes is declared, as Kubernetes has it', (t) => {
  const found = new Map(declared.map((line) => [idOf(line), line]));
  const differences = wanted
    .filter((line) => found.get(idOf(line)) !== line)
    .map((line) => ({ wanted: line, declared: found.get(idOf(line)) }));
  t.deepEqual(differences, []);
});

test('nothing is declared that Kubernetes does not have, and nothing twice', (t) => {
  const known = new Set(wanted.map(idOf));
  t.deepEqual(
    declared.filter((line) => !known.has(idOf(line))),
    [],
  );
  t.is(new Set(declared.map(idOf)).size, declared.length);
});
