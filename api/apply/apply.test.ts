import test from 'ava';
import { StatusError } from '../../base/errors.ts';
import { lastAppliedAnnotation } from './last-applied.ts';
import {
  type Any,
  apply,
  by,
  configs,
  deployments,
  ownersIn,
  services,
  versionOfKind,
  write,
} from './testing.ts';

const config = (data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...metadata },
  data,
});

const deployment = (spec: object, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...metadata },
  spec,
});

const template = (...containers: object[]) => ({ template: { spec: { containers } } });

test('an apply owns what it says, keys of maps and items of lists among it', (t) => {
  const object = apply(by(deployments, 'me'), undefined, {
    applied: deployment(
      {
        replicas: 2,
        ...template({ name: 'a', image: 'x', args: ['1'], ports: [{ containerPort: 1 }] }),
      },
      { labels: { app: 'web' } },
    ),
  });
  t.deepEqual(ownersIn(object), [
    'me Apply: .metadata.labels.app .spec.replicas .spec.template.spec.containers[name="a"] ' +
      '.spec.template.spec.containers[name="a"].args .spec.template.spec.containers[name="a"].image ' +
      '.spec.template.spec.containers[name="a"].name ' +
      '.spec.template.spec.containers[name="a"].ports[containerPort=1,protocol="TCP"] ' +
      '.spec.template.spec.containers[name="a"].ports[containerPort=1,protocol="TCP"].containerPort',
  ]);
});

test('what is applied no more goes, what others own or nobody owns stays', (t) => {
  let object = apply(by(configs, 'me'), undefined, { applied: config({ a: '1', b: '1', c: '1' }) });
  object = apply(by(configs, 'you'), object, { applied: config({ b: '1' }) });
  object.data.d = 'unowned';
  object = apply(by(configs, 'me'), object, { applied: config({ a: '1' }) });
  t.deepEqual(object.data, { a: '1', b: '1', d: 'unowned' });
  t.deepEqual(ownersIn(object), ['you Apply: .data.b', 'me Apply: .data.a']);
});

test('what a manager applied and an update owns too stays with the update', (t) => {
  let object = write(by(configs, 'kubectl-create'), undefined, config({ a: '1' }));
  object = apply(by(configs, 'me'), object, { applied: config({ a: '1', b: '2' }) });
  object = apply(by(configs, 'me'), object, { applied: config({ b: '2' }) });
  t.deepEqual(object.data, { a: '1', b: '2' });
});

test('other values are a conflict for each field, unless it is forced', (t) => {
  const first = apply(by(deployments, 'one'), undefined, {
    applied: deployment({ replicas: 1, paused: true }),
  });
  const second = write(by(deployments, 'kubectl-edit', { subresource: 'scale' }), first, {
    ...first,
    spec: { ...first.spec, replicas: 5 },
  });
  t.deepEqual(ownersIn(second), [
    'one Apply: .spec.paused',
    'kubectl-edit/scale Update: .spec.replicas',
  ]);
  const applied = deployment({ replicas: 3, paused: false });
  const error = t.throws(() => apply(by(deployments, 'two'), second, { applied }), {
    instanceOf: StatusError,
  });
  t.is(error.reason, 'Conflict');
  t.is(
    error.message,
    'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.paused\n' +
      'conflicts with "kubectl-edit" with subresource "scale" using apps/v1:\n- .spec.replicas',
  );
  t.deepEqual(error.details?.causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.paused' },
    {
      reason: 'FieldManagerConflict',
      message: 'conflict with "kubectl-edit" with subresource "scale" using apps/v1',
      field: '.spec.replicas',
    },
  ]);
  const forced = apply(by(deployments, 'two'), second, { applied, force: true });
  t.deepEqual(ownersIn(forced), ['two Apply: .spec.paused .spec.replicas']);
});

test('the same value is shared, and a change by one of both is a conflict', (t) => {
  let object = apply(by(configs, 'one'), undefined, { applied: config({ a: '1' }) });
  object = apply(by(configs, 'two'), object, { applied: config({ a: '1' }) });
  t.deepEqual(ownersIn(object), ['one Apply: .data.a', 'two Apply: .data.a']);
  const error = t.throws(() => apply(by(configs, 'one'), object, { applied: config({ a: '2' }) }));
  t.is(error.message, 'Apply failed with 1 conflict: conflict with "two": .data.a');
});

test('an update takes what it changes from whoever owned it', (t) => {
  const object = apply(by(configs, 'me'), undefined, { applied: config({ a: '1', b: '1' }) });
  const updated = write(by(configs, 'edit'), object, { ...object, data: { a: '2' } });
  t.deepEqual(ownersIn(updated), ['edit Update: .data.a']);
});

test('apiserver A58: items of a list of type map are owned one by one, and merged in order', (t) => {
  const port = (port: number, name: string) => ({ name, port });
  const service = (...ports: object[]) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { ports },
  });
  let object = apply(by(services, 'one'), undefined, {
    applied: service(port(1, 'a'), port(2, 'b')),
  });
  object = apply(by(services, 'two'), object, { applied: service(port(3, 'c')) });
  t.deepEqual(
    object.spec.ports.map((each: Any) => each.name),
    ['a', 'b', 'c'],
  );
  object = apply(by(services, 'one'), object, { applied: service(port(2, 'b')) });
  t.deepEqual(
    object.spec.ports.map((each: Any) => each.name),
    ['b', 'c'],
  );
  t.deepEqual(
    ownersIn(object).map((line) => line.split('.port ')[0]),
    [
      'two Apply: .spec.ports[port=3,protocol="TCP"] .spec.ports[port=3,protocol="TCP"].name ' +
        '.spec.ports[port=3,protocol="TCP"].port',
      'one Apply: .spec.ports[port=2,protocol="TCP"] .spec.ports[port=2,protocol="TCP"].name ' +
        '.spec.ports[port=2,protocol="TCP"].port',
    ],
  );
});

test('apiserver A58: items of a list of type set are owned one by one', (t) => {
  const held = (...finalizers: string[]) => config({}, { finalizers });
  let object = apply(by(configs, 'one'), undefined, { applied: held('x/a', 'x/b') });
  object = apply(by(configs, 'two'), object, { applied: held('x/b', 'x/c') });
  t.deepEqual(object.metadata.finalizers, ['x/a', 'x/b', 'x/c']);
  object = apply(by(configs, 'one'), object, { applied: held() });
  t.deepEqual(object.metadata.finalizers, ['x/b', 'x/c']);
  t.deepEqual(ownersIn(object), [
    'two Apply: .data .metadata.finalizers[="x/b"] .metadata.finalizers[="x/c"]',
    'one Apply: .data',
  ]);
});

test('apiserver A58: an atomic list has one owner, and so has an atomic map', (t) => {
  const args = (...args: string[]) => deployment(template({ name: 'a', args }));
  const object = apply(by(deployments, 'one'), undefined, { applied: args('1', '2') });
  const error = t.throws(() => apply(by(deployments, 'two'), object, { applied: args('3') }));
  t.true(error.message.endsWith('.spec.template.spec.containers[name="a"].args'));
  const forced = apply(by(deployments, 'two'), object, { applied: args('3'), force: true });
  t.deepEqual(forced.spec.template.spec.containers[0].args, ['3']);

  const selects = (app: string) => deployment({ selector: { matchLabels: { app } } });
  const chosen = apply(by(deployments, 'one'), undefined, { applied: selects('a') });
  const other = t.throws(() => apply(by(deployments, 'two'), chosen, { applied: selects('b') }));
  t.is(other.message, 'Apply failed with 1 conflict: conflict with "one": .spec.selector');
});

test('an object that nobody tracked belongs to whoever was there before the first apply', (t) => {
  const live = {
    ...config({ a: '1', b: '1' }),
    metadata: { name: 'c', uid: 'u', resourceVersion: '1' },
  };
  const object = apply(by(configs, 'me'), live, { applied: config({ a: '1' }) });
  t.deepEqual(ownersIn(object), [
    'me Apply: .data.a',
    'before-first-apply Update: .data .data.a .data.b',
  ]);
  t.is(object.metadata.uid, 'u');
});

test('names, uid and version belong to nobody, and stay when all else goes', (t) => {
  let object = apply(by(configs, 'me'), undefined, { applied: config({}, { labels: { a: 'b' } }) });
  object.metadata.uid = 'u';
  object = apply(by(configs, 'me'), object, { applied: { ...config({}), data: undefined } });
  t.deepEqual(object, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', uid: 'u' } });
});

test('apiserver A59: what client-side apply said is no conflict for the same kubectl', (t) => {
  const said = config({ a: '1', b: '1' });
  const annotations = { [lastAppliedAnnotation]: JSON.stringify(said) };
  const live = write(
    by(configs, 'kubectl-client-side-apply'),
    undefined,
    config(said.data, { annotations }),
  );
  const applied = config({ a: '2' });
  t.throws(() => apply(by(configs, 'other'), live, { applied }), { message: /\.data\.a$/ });
  const object = apply(by(configs, 'kubectl'), live, { applied });
  t.deepEqual(object.data, { a: '2', b: '1' });
  const annotation = object.metadata.annotations[lastAppliedAnnotation];
  t.is(annotation, `${JSON.stringify(applied)}\n`);

  const edited = write(by(configs, 'kubectl-edit'), live, { ...live, data: { a: 'x', b: '1' } });
  const error = t.throws(() => apply(by(configs, 'kubectl'), edited, { applied }));
  t.true(error.message.endsWith('conflict with "kubectl-edit" using v1: .data.a'));
});

const bad: { name: string; applied: object; want: string }[] = [
  {
    name: 'an unknown field',
    applied: deployment({ replica: 1 }),
    want: '.spec.replica: field not declared in schema',
  },
  {
    name: 'a value of another type',
    applied: deployment({ replicas: 'x' }),
    want: '.spec.replicas: expected numeric (int or float), got string',
  },
  {
    name: 'an item twice',
    applied: deployment(template({ name: 'a' }, { name: 'a' })),
    want: '.spec.template.spec.containers: duplicate entries for key [name="a"]',
  },
  {
    name: 'an item without its key',
    applied: deployment(template({ image: 'a' })),
    want:
      '.spec.template.spec.containers: element 0: associative list with keys has an element that ' +
      'omits key field "name" (and doesn\'t have default value)',
  },
];
for (const { name, applied, want } of bad) {
  test(`a configuration with ${name} is refused`, (t) => {
    const error = t.throws(() => apply(by(deployments, 'me'), undefined, { applied }));
    t.is(
      error.message,
      `failed to create typed patch object (/web; apps/v1, Kind=Deployment): ${want}`,
    );
  });
}

test('owners keep their version: a change is seen in each', (t) => {
  const v1 = versionOfKind('autoscaling', 'v1', 'HorizontalPodAutoscaler');
  const v2 = versionOfKind('autoscaling', 'v2', 'HorizontalPodAutoscaler');
  const share = 'targetCPUUtilizationPercentage';
  const toV1 = ({ spec: { metrics, ...spec } = {}, ...rest }: Any) => ({
    ...rest,
    spec: { ...spec, ...(metrics && { [share]: metrics[0].resource.target.averageUtilization }) },
  });
  const toV2 = ({ spec: { [share]: cpu, ...spec } = {}, ...rest }: Any) => ({
    ...rest,
    spec: {
      ...spec,
      ...(cpu && { metrics: [{ resource: { target: { averageUtilization: cpu } } }] }),
    },
  });
  const hpa = (spec: object) => ({
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec,
  });
  const inV1 = by(v1, 'old', { versionOf: () => ({ ...v2, read: toV2, write: toV1 }) });
  const inV2 = by(v2, 'new', {
    versionOf: (apiVersion) =>
      apiVersion === v1.apiVersion ? { ...v1, read: toV1, write: toV2 } : undefined,
  });
  const object = apply(inV1, undefined, { applied: hpa({ [share]: 50, maxReplicas: 3 }) });
  const live = toV2(object);
  const applied = toV2(hpa({ [share]: 60 }));
  const error = t.throws(() => apply(inV2, live, { applied }));
  t.true(error.message.endsWith(`conflict with "old": .spec.${share}`));
  const forced = apply(inV2, live, { applied, force: true });
  t.deepEqual(ownersIn(forced), ['old Apply: .spec.maxReplicas', 'new Apply: .spec.metrics']);
  // The same manager in the other version takes away what it said in the first.
  const moved = apply({ ...inV2, manager: 'old' }, live, { applied: hpa({ maxReplicas: 3 }) });
  t.deepEqual(moved.spec, { maxReplicas: 3 });
});
