import test from 'ava';
import { type FieldSchema, type TypeSchema, typeOfKind } from '../schema.ts';
import { decodeObject } from './decode.ts';

const podType = typeOfKind({ group: '', version: 'v1', kind: 'Pod' })!;
const mapType = typeOfKind({ group: '', version: 'v1', kind: 'ConfigMap' })!;

test('unknown fields are taken out and named by path', (t) => {
  const draft = { metadata: { x: 1 }, spec: { containers: [{ name: 'a', imagee: 'b' }] }, y: {} };
  const { unknownFields } = decodeObject(podType, draft);
  t.deepEqual(unknownFields, ['metadata.x', 'spec.containers[0].imagee', 'y']);
  t.is(JSON.stringify(draft), '{"metadata":{},"spec":{"containers":[{"name":"a"}]}}');
});

test('nulls are absent fields, and zero values inside maps and lists', (t) => {
  const draft = { metadata: { labels: { a: null }, name: null }, spec: { containers: [null] } };
  decodeObject(podType, draft);
  t.is(JSON.stringify(draft), '{"metadata":{"labels":{"a":""}},"spec":{"containers":[{}]}}');
});

test('a null time in a list or map stays null, as upstream prints a time that is none', (t) => {
  const times: TypeSchema = {
    ...podType,
    fields: new Map([timesField('list'), timesField('map')]),
  };
  const draft = { list: [null, '2026-01-01T00:00:00Z'], map: { a: null } };
  decodeObject(times, draft);
  t.is(JSON.stringify(draft), '{"list":[null,"2026-01-01T00:00:00Z"],"map":{"a":null}}');
});

function timesField(name: 'list' | 'map'): [string, FieldSchema] {
  const time = { is: 'scalar', scalar: 'Time' } as const;
  const type = name === 'list' ? { is: name, item: time } : { is: name, value: time };
  return [name, { name, type, required: false } as unknown as FieldSchema];
}

test('security A9: whole numbers are kept to the last digit, and bounded as Go has them', (t) => {
  const seconds = (value: bigint) => ({ spec: { terminationGracePeriodSeconds: value } });
  const most = 2n ** 63n - 1n;
  const draft = seconds(most);
  decodeObject(podType, draft);
  t.is(draft.spec.terminationGracePeriodSeconds, most);
  t.regex(
    t.throws(() => decodeObject(podType, seconds(most + 1n)))!.message,
    /cannot unmarshal number 9223372036854775808 into Go struct field .* of type int64$/,
  );
  const limits = { memory: 1234567890123456789n };
  decodeObject(podType, { spec: { containers: [{ resources: { limits } }] } });
  t.is(String(limits.memory), '1234567890123456789');
});

test('quantities become canonical, and fields get the schema’s defaults', (t) => {
  const container = {
    resources: { limits: { memory: '1024Mi', cpu: 0.5 } },
    ports: [{ containerPort: 1 }],
  };
  decodeObject(podType, { spec: { containers: [container] } });
  t.deepEqual(container as object, {
    resources: { limits: { memory: '1Gi', cpu: '500m' } },
    ports: [{ containerPort: 1, protocol: 'TCP' }],
  });
});

test('keys that JavaScript treats as its own are kept', (t) => {
  const text = '{"data":{"__proto__":"a","constructor":"b","toString":"c"}}';
  const draft = JSON.parse(text);
  t.deepEqual(decodeObject(mapType, draft).unknownFields, []);
  t.is(JSON.stringify(draft), text);
});

test('fields that JavaScript treats as its own are unknown', (t) => {
  const draft = JSON.parse('{"__proto__":{},"constructor":1}');
  t.deepEqual(decodeObject(mapType, draft).unknownFields, ['__proto__', 'constructor']);
});

const wrong: [body: unknown, message: string][] = [
  [
    { spec: { containers: [{ image: 1 }] } },
    'json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string',
  ],
  [
    { spec: { containers: {} } },
    'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
  ],
  [
    { metadata: { labels: { a: true } } },
    'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels.a of type string',
  ],
  [
    { spec: { terminationGracePeriodSeconds: 1.5 } },
    'json: cannot unmarshal number 1.5 into Go struct field ' +
      'PodSpec.spec.terminationGracePeriodSeconds of type int64',
  ],
  [
    { metadata: { creationTimestamp: 'now' } },
    'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
  ],
];
for (const [body, message] of wrong) {
  test(`a wrong type is refused: ${message.slice(0, 60)}`, (t) => {
    t.like(
      t.throws(() => decodeObject(podType, body)),
      {
        reason: 'BadRequest',
        message: `Pod in version "v1" cannot be handled as a Pod: ${message}`,
      },
    );
  });
}
