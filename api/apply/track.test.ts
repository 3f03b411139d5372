import test from 'ava';
import { by, configs, deployments, ownersIn, services, show, write } from './testing.ts';

const config = (data: object, metadata: object = {}) => ({
  metadata: { name: 'c', ...metadata },
  data,
});

test('a new object belongs to whoever made it, as upstream tells it', (t) => {
  const pod = { containers: [{ name: 'a', image: 'x', resources: {} }], dnsPolicy: 'Default' };
  const object = write(by(deployments, 'kubectl-create'), undefined, {
    metadata: { name: 'web', namespace: 'default', uid: 'u', labels: { app: 'web' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
      template: { metadata: { labels: { app: 'web' } }, spec: pod },
    },
    status: {},
  });
  t.deepEqual(object.metadata.managedFields[0].fieldsV1, {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:selector': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} },
          },
          'f:dnsPolicy': {},
        },
      },
    },
  });
});

test('writes by the same manager are one entry; one that changes nothing leaves the list', (t) => {
  const first = write(by(configs, 'me'), undefined, config({ a: '1' }));
  const second = write(by(configs, 'me'), first, { ...first, data: { a: '1', b: '1' } });
  t.deepEqual(ownersIn(second), ['me Update: .data .data.a .data.b']);
  const { time } = second.metadata.managedFields[0];
  t.not(time, first.metadata.managedFields[0].time);
  const third = write(by(configs, 'you'), second, structuredClone(second));
  t.deepEqual(third.metadata.managedFields, second.metadata.managedFields);
  const gone = write(by(configs, 'you'), second, { ...second, data: { a: '1' } });
  t.deepEqual(ownersIn(gone), ['me Update: .data .data.a']);
});

test('clients may write managedFields, throw them away, or know nothing of them', (t) => {
  const first = write(by(configs, 'me'), undefined, config({ a: '1' }));
  const entry = first.metadata.managedFields[0];
  const renamed = config({ a: '1' }, { managedFields: [{ ...entry, manager: 'you' }] });
  t.deepEqual(ownersIn(write(by(configs, 'x'), first, renamed)), ['you Update: .data .data.a']);
  t.deepEqual(ownersIn(write(by(configs, 'x'), first, config({ a: '1' }))), ownersIn(first));
  const bare = config({ a: '1' }, { managedFields: [] });
  t.deepEqual(ownersIn(write(by(configs, 'x'), first, bare)), ownersIn(first));
  const reset = write(by(configs, 'x'), first, config({ a: '2' }, { managedFields: [{}] }));
  t.is(reset.metadata.managedFields, undefined);
  t.is(write(by(configs, 'x'), reset, config({ a: '3' })).metadata.managedFields, undefined);
  const broken = config({ a: '1' }, { managedFields: [{ ...entry, fieldsV1: { odd: {} } }] });
  t.deepEqual(ownersIn(write(by(configs, 'x'), first, broken)), ownersIn(first));
});

test('keys that a client spells in its own way are the same keys', (t) => {
  const ports = [{ port: 1, protocol: 'TCP' }];
  const first = write(by(services, 'me'), undefined, { metadata: { name: 's' }, spec: { ports } });
  const spelled = {
    ...first.metadata.managedFields[0],
    fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"protocol": "TCP", "port": 1}': { '.': {} } } } },
  };
  const metadata = { name: 's', managedFields: [spelled] };
  const object = write(by(services, 'me'), first, { metadata, spec: { ports } });
  t.deepEqual(ownersIn(object), ['me Update: .spec.ports[port=1,protocol="TCP"]']);
});

test('what nobody may reach through a key stays out of reach', (t) => {
  const data = JSON.parse('{"__proto__": "1", "constructor": "2"}');
  const first = write(by(configs, 'me'), undefined, config(data));
  t.deepEqual(ownersIn(first), ['me Update: .data .data.__proto__ .data.constructor']);
  const fieldsV1 = JSON.parse('{"__proto__": {}}');
  const managedFields = [{ ...first.metadata.managedFields[0], fieldsV1 }];
  const second = write(by(configs, 'you'), first, config(data, { managedFields }));
  t.deepEqual(ownersIn(second), ownersIn(first));
});

test('more than ten who update: the oldest become one', (t) => {
  let object = write(by(configs, 'm0'), undefined, config({ k0: '' }));
  for (let index = 1; index < 13; index++) {
    object = write(by(configs, `m${index}`), object, {
      ...object,
      data: { ...object.data, [`k${index}`]: '' },
    });
  }
  const owners = ownersIn(object);
  t.is(owners.length, 10);
  t.is(owners[0], 'ancient-changes Update: .data .data.k0 .data.k1 .data.k2 .data.k3');
});

test('an item of a list that comes and goes has all that is in it', (t) => {
  const web = (...conditions: object[]) => ({
    metadata: { name: 'web' },
    spec: {},
    status: { conditions },
  });
  const status = by(deployments, 'controller', { subresource: 'status', skipped: ['spec'] });
  const first = write(by(deployments, 'me'), undefined, web());
  const second = write(
    status,
    {
      ...first,
      metadata: {
        managedFields: [
          {
            manager: 'x',
            operation: 'Update',
            apiVersion: 'apps/v1',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:spec': { 'f:paused': {} } },
          },
        ],
      },
    },
    web({ type: 'Available', status: 'True' }),
  );
  t.deepEqual(
    ownersIn(second)[1],
    'controller/status Update: ' +
      [
        '.status.conditions[type="Available"]',
        '.status.conditions[type="Available"].status',
        '.status.conditions[type="Available"].type',
      ].join(' '),
  );
  t.is(show().length, 0);
});
