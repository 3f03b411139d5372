import test from 'ava';
import fc from 'fast-check';
import type { KubeObject } from '../resource.ts';
import { appliedFieldsOf } from './fields-of.ts';
import { readOwners } from './owners.ts';
import { extractFields, removeFields } from './remove.ts';
import { freeShape, rootShape } from './shape.ts';
import { type Any, apply, by, deployments, show, type versionOfKind, write } from './testing.ts';

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const word = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
// Empty lists and maps are told apart from absent ones in ways of their own: not here.
const labels = fc.dictionary(word, fc.constantFrom('1', '2'), { minKeys: 1, maxKeys: 3 });
const port = fc.record({
  containerPort: fc.constantFrom(1, 2, 3),
  name: some(fc.constantFrom('x', 'y')),
});

const containerOf = (names: readonly string[]) =>
  fc.record({
    name: fc.constantFrom(...names),
    image: some(fc.constantFrom('i', 'j')),
    args: some(fc.array(fc.constantFrom('1', '2'), { minLength: 1, maxLength: 2 })),
    ports: some(
      fc.uniqueArray(port, { selector: (each) => each.containerPort, minLength: 1, maxLength: 3 }),
    ),
    resources: some(
      fc.record({
        limits: fc.dictionary(fc.constantFrom('cpu'), fc.constant('1'), { minKeys: 1 }),
      }),
    ),
  });

/** Configurations of a Deployment, with every kind of list and map. */
const configOf = (names: readonly string[], keys = labels) =>
  fc
    .record({
      replicas: fc.nat(3), // So that spec is never empty.
      selector: some(fc.record({ matchLabels: keys })),
      labels: some(keys),
      finalizers: some(
        fc.uniqueArray(fc.constantFrom('x/a', 'x/b'), { minLength: 1, maxLength: 2 }),
      ),
      containers: some(
        fc.uniqueArray(containerOf(names), {
          selector: (each) => each.name,
          minLength: 1,
          maxLength: 3,
        }),
      ),
    })
    .map(({ replicas, selector, labels, finalizers, containers }) =>
      JSON.parse(
        JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', labels, finalizers },
          spec: { replicas, selector, template: containers && { spec: { containers } } },
        }),
      ),
    );

const config = configOf(['a', 'b', 'c']);
const free = { apiVersion: 'apps/v1', shape: rootShape(freeShape) };

const bare = ({ metadata: { managedFields: _, ...metadata }, ...rest }: Any) => ({
  ...rest,
  metadata,
});

const timeless = (object: KubeObject) =>
  (object.metadata?.managedFields ?? []).map(({ time: _, ...entry }) => entry);

for (const [name, version] of Object.entries({ deployments, free })) {
  test(`an apply repeated changes nothing (${name})`, (t) => {
    fc.assert(
      fc.property(config, config, config, (first, second, applied) => {
        const live = objectOf(version, first, second);
        const once = apply(by(version, 'me'), live, { applied, force: true });
        const twice = apply(by(version, 'me'), once, { applied });
        t.deepEqual(bare(twice), bare(once));
        t.deepEqual(timeless(twice), timeless(once));
      }),
    );
  });

  test(`applied and taken back leaves what was there before (${name})`, (t) => {
    fc.assert(
      fc.property(config, configOf(['d', 'e'], fc.constant({ z: '1' })), (first, applied) => {
        // The two say nothing of the same fields: what is shared would be changed for good.
        const { replicas: _, selector: __, ...spec } = applied.spec;
        const mine = { ...applied, metadata: { name: 'web', labels: { z: '1' } }, spec };
        const live = write(by(version, 'you'), undefined, first);
        const once = apply(by(version, 'me'), live, { applied: mine, force: true });
        const nothing = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
        const back = apply(by(version, 'me'), once, { applied: nothing });
        if (version === deployments) {
          t.deepEqual(
            show(appliedFieldsOf(version.shape, back)),
            show(appliedFieldsOf(version.shape, live)),
          );
        }
        t.false(timeless(back).some(({ manager }) => manager === 'me'));
      }),
    );
  });

  test(`managers of different fields never stand in each other's way (${name})`, (t) => {
    const ours = fc.record({ a: fc.string(), b: some(fc.nat()) });
    fc.assert(
      fc.property(ours, ours, ours, (one, two, three) => {
        const says = (label: string, data: object) => ({
          ...JSON.parse(
            JSON.stringify({
              metadata: { name: 'web', annotations: { [label]: JSON.stringify(data) } },
            }),
          ),
          apiVersion: 'apps/v1',
          kind: 'Deployment',
        });
        const first = apply(by(version, 'one'), undefined, { applied: says('1', one) });
        const second = apply(by(version, 'two'), first, { applied: says('2', two) });
        const third = apply(by(version, 'one'), second, { applied: says('1', three) });
        t.deepEqual(third.metadata.annotations, {
          1: JSON.stringify(three),
          2: JSON.stringify(two),
        });
      }),
    );
  });
}

test('what is merged and then extracted again is what was applied', (t) => {
  fc.assert(
    fc.property(config, config, config, (first, second, applied) => {
      const live = objectOf(deployments, first, second);
      const object = apply(by(deployments, 'me'), live, { applied, force: true });
      const mine = [...readOwners(object.metadata.managedFields).values()].find(
        ({ manager, operation }) => manager === 'me' && operation === 'Apply',
      );
      const { shape } = deployments;
      t.deepEqual(show(mine?.set), show(appliedFieldsOf(shape, applied)));
      const extracted = extractFields(shape, object, mine?.set ?? {});
      t.deepEqual(show(appliedFieldsOf(shape, extracted ?? {})), show(mine?.set));
      const rest = removeFields(shape, object, mine?.set ?? {});
      const both = new Set(show(appliedFieldsOf(shape, rest ?? {})));
      t.deepEqual(
        show(mine?.set).filter((path) => both.has(path)),
        [],
      );
    }),
  );
});

test('nobody owns what is not there', (t) => {
  fc.assert(
    fc.property(config, config, config, (first, second, third) => {
      const live = objectOf(deployments, first, second);
      const object = write(by(deployments, 'edit'), live, {
        ...third,
        metadata: { ...third.metadata, managedFields: live.metadata.managedFields },
      });
      const there = new Set(show(appliedFieldsOf(deployments.shape, object)));
      for (const { set, operation } of readOwners(object.metadata.managedFields).values()) {
        if (operation === 'Apply')
          t.deepEqual(
            show(set).filter((path) => !there.has(path)),
            [],
          );
      }
    }),
  );
});

/** One that two have applied already. */
function objectOf(version: ReturnType<typeof versionOfKind>, first: object, second: object): Any {
  const live = apply(by(version, 'one'), undefined, { applied: first });
  return apply(by(version, 'me'), live, { applied: second, force: true });
}
