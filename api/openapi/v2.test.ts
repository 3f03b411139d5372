import test from 'ava';
import { WireReader } from '../protobuf/wire.ts';
import { allResources } from '../resources.ts';
import { encodePart } from './gnostic.ts';
import { type SwaggerPart, swaggerParts, toSwaggerSchema } from './v2.ts';

const parts = [...swaggerParts(allResources)];
// biome-ignore lint/suspicious/noExplicitAny: a document of many shapes, looked into here and there.
type Loose = Record<string, any>;
const named = (place: SwaggerPart['in']): Loose =>
  Object.fromEntries(
    parts.filter((each) => each.in === place).map((each) => [each.name, each.value]),
  );
const paths = named('paths');
const definitions = named('definitions');

test('apiserver A3: each part is there once, and every reference leads to a definition', (t) => {
  const keys = parts.map((each) => `${each.in} ${each.name}`);
  t.is(new Set(keys).size, keys.length);
  const references = [...JSON.stringify(parts).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)];
  t.true(references.length > 1000);
  for (const [, name = ''] of references) t.true(Object.hasOwn(definitions, name), name);
  t.false(/components\/schemas|"(allOf|oneOf)":\[/.test(JSON.stringify(parts)));
});

test('apiserver A3: older kubectls find dryRun on the PATCH of a kind', (t) => {
  const { patch } = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
  t.true(
    patch.parameters.some(({ name, in: place }: Loose) => name === 'dryRun' && place === 'query'),
  );
  t.deepEqual(patch['x-kubernetes-group-version-kind'], {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
  });
  t.true(patch.consumes.includes('application/apply-patch+yaml'));
  const [body] = patch.parameters;
  t.like(body, { name: 'body', in: 'body', required: true });
});

test('apiserver A3: kinds carry their names, fields their types and what they are', (t) => {
  const pod = definitions['io.k8s.api.core.v1.Pod'];
  t.deepEqual(pod['x-kubernetes-group-version-kind'], [{ group: '', version: 'v1', kind: 'Pod' }]);
  t.is(pod.properties.spec.$ref, '#/definitions/io.k8s.api.core.v1.PodSpec');
  t.is(pod.properties.spec.description, 'What is wanted.');
  const options = definitions['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'];
  t.true(options['x-kubernetes-group-version-kind'].length > 10, 'a kind of every group');
  t.is(definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'].type, 'string');
});

test('toSwaggerSchema says the same in the older form', (t) => {
  const reference = { $ref: '#/components/schemas/a.B' };
  t.deepEqual(toSwaggerSchema({ allOf: [reference], description: 'x', default: {} }), {
    $ref: '#/definitions/a.B',
    description: 'x',
    default: {},
  });
  t.deepEqual(toSwaggerSchema({ type: 'array', items: reference }), {
    type: 'array',
    items: { $ref: '#/definitions/a.B' },
  });
});

/** The bytes that a message has at a path of field numbers. */
function at(bytes: Uint8Array, ...[number, ...rest]: readonly number[]): Uint8Array {
  if (number === undefined) return bytes;
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag.number === number) return at(reader.bytes(), ...rest);
    reader.skip(tag);
  }
  throw new Error(`no field ${number}`);
}

test('apiserver A3: a definition as gnostic has it', (t) => {
  const value = {
    description: 'A B.',
    type: 'object',
    required: ['c'],
    properties: { c: { type: 'array', items: { $ref: '#/definitions/a.D' } } },
    'x-kubernetes-y': { z: 1 },
  };
  const bytes = encodePart({ in: 'definitions', name: 'a.B', value });
  const text = (...path: readonly number[]) => new TextDecoder().decode(at(bytes, ...path));
  t.is(text(1), 'a.B');
  t.is(text(2, 4), 'A B.');
  t.is(text(2, 22, 1), 'object');
  t.is(text(2, 19), 'c');
  t.is(text(2, 25, 1, 1), 'c');
  t.is(text(2, 25, 1, 2, 23, 1, 1), '#/definitions/a.D');
  t.is(text(2, 31, 1), 'x-kubernetes-y');
  t.is(text(2, 31, 2, 2), '{"z":1}\n');
});
