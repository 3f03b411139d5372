/**
 * Whatever decodes, no declaration may fail on it: users send objects without a spec, with empty
 * lists, and with names that objects in JavaScript have of themselves.
 */
import test from 'ava';
import fc from 'fast-check';
import { copyEntries } from '../own.ts';
import type { KubeObject, Resource, WriteContext } from '../resource.ts';
import { allResources } from '../resources.ts';
import { type FieldType, type Scalar, type TypeSchema, typeOfKind } from '../schema.ts';
import { decodeObject } from '../validation/decode.ts';
import { validateObject } from '../validation/object.ts';

const words = ['', 'a', '*', 'Pod', 'constructor', '__proto__', '10.0.0.1', 'a/b', 'None', 'TCP'];

const scalars: Record<Scalar, fc.Arbitrary<unknown>> = {
  string: fc.constantFrom(...words, 'x'.repeat(300)),
  bytes: fc.constantFrom(
    '',
    'YQ==',
    btoa('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----'),
  ),
  boolean: fc.boolean(),
  int32: fc.constantFrom(0, 1, -1, 80, 2 ** 31 - 1),
  int64: fc.constantFrom(0, 1, -1, 600, 2 ** 53),
  number: fc.constantFrom(0, 0.5),
  Time: fc.constant('2026-01-01T00:00:00Z'),
  MicroTime: fc.constant('2026-01-01T00:00:00.000000Z'),
  Quantity: fc.constantFrom('0', '1', '-1', '250m', '1Gi'),
  IntOrString: fc.constantFrom(0, 80, 'http', '50%', ''),
  object: fc.constantFrom({}, { a: 1 }),
  any: fc.constantFrom({}, [], 'a', 1, true, { type: 'string' }),
};

/** Values of a type: required fields nearly always, others now and then, nothing deep. */
function valueOfType(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  if (type.is === 'scalar') return scalars[type.scalar];
  if (type.is === 'list')
    return fc.array(valueOfType(type.item, depth - 1), { maxLength: depth > 0 ? 2 : 0 });
  if (type.is === 'type') return objectOf(type.schema, depth - 1);
  const entry = fc.tuple(fc.constantFrom(...words), valueOfType(type.value, depth - 1));
  return fc.array(entry, { maxLength: depth > 0 ? 2 : 0 }).map(copyEntries);
}

const known = new Map<string, fc.Arbitrary<Record<string, unknown>>>();

function objectOf(schema: TypeSchema, depth: number): fc.Arbitrary<Record<string, unknown>> {
  if (depth <= 0) return fc.constant({});
  const key = `${schema.definition} ${depth}`;
  const made = known.get(key) ?? makeObject(schema, depth);
  known.set(key, made);
  return made;
}

function makeObject(schema: TypeSchema, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = [...schema.fields.values()].filter(
    ({ name }) => !['apiVersion', 'kind', 'metadata'].includes(name) || !schema.isKind,
  );
  const entries = fields.map((field) => {
    const value = field.enum
      ? fc.constantFrom(...field.enum, 'Other')
      : valueOfType(field.type, depth);
    const isGiven = fc.integer({ min: 0, max: 9 }).map((n) => n < (field.required ? 9 : 6));
    return fc.tuple(isGiven, value).map(([given, each]) => (given ? [[field.name, each]] : []));
  });
  return fc.tuple(...entries).map((lists) => copyEntries(lists.flat() as [string, unknown][]));
}

const context: WriteContext = { user: { name: 'u', groups: ['g'] }, now: 0, subresource: '' };
const now = Date.parse('2026-01-01T00:00:00Z');

/** As the server does it, to what `kubectl get` asks for. Whether the object is valid. */
function pass(resource: Resource, draft: KubeObject, old: KubeObject | undefined): boolean {
  const type = typeOfKind(resource)!;
  decodeObject(type, draft);
  resource.applyDefaults?.(draft);
  if (old) resource.prepareUpdate?.(draft, old, context);
  else resource.prepareCreate?.(draft, context);
  const causes = validateObject(resource, draft, old, '');
  resource.warnings?.(draft, old);
  // Only what is valid is stored, and shown.
  if (causes.length > 0) return false;
  for (const { cell } of resource.columns) cell(draft, now);
  for (const field of Object.values(resource.fields ?? {})) field(draft);
  return true;
}

const metadata = {
  name: 'a',
  namespace: 'default',
  labels: { constructor: 'a' },
  creationTimestamp: '2026-01-01T00:00:00Z',
};

const runs = { numRuns: 60, includeErrorInReport: true };

for (const resource of allResources.filter((each) => each.verbs.includes('update'))) {
  const title = `${resource.plural}.${resource.group}/${resource.version}`;
  test(`${title} are defaulted, checked and shown without a failure`, (t) => {
    const type = typeOfKind(resource)!;
    const object = objectOf(type, 6).map((each) => ({ ...each, metadata: { ...metadata } }));
    const check = fc.property(object, object, (draft, before) => {
      const old = structuredClone(before) as KubeObject;
      const isStored = pass(resource, old, undefined);
      pass(resource, structuredClone(draft) as KubeObject, isStored ? old : undefined);
      // What was taken once is taken again.
      t.true(!isStored || pass(resource, structuredClone(old), old));
    });
    fc.assert(check, runs);
  });
}
