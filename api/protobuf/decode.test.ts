import test, { type ExecutionContext } from 'ava';
import { hasReason } from '../../base/errors.ts';
import { decodeProtobuf } from './decode.ts';
import { body, bytes, envelope, inner, int, join, message, type Part, text } from './testing.ts';

/** What Go wrote for the object below: every field that it holds by value, set or not. */
const deployment = `
azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EooCCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEtgBCAAS
DAoKCgNhcHASA3dlYhq9AQocCgASABoAIgAqADIAOABCAFoKCgNhcHASA3dlYhKcAQoLCgN0bXASBBICCgASZgoBYxIF
bmdpbngiAi12IgAqADIOCgRodHRwEAAYUCIAKgBCDwoNCgNjcHUSBgoEMjUwbVohChUSEwoBLxIKCAEQABoEaHR0cBoA
IgAQABgAIAUoADAAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaAByBhAAIAEgAoIBAIoBAJoBAKgBAMIBACIC
CgAoADgAGgwIABAAGAAgACgAOAAaACIA`;

test('decodeProtobuf gives what Go gives as JSON', (t) => {
  const labels = { app: 'web' };
  const httpGet = { path: '/', port: 'http' };
  t.deepEqual(decodeProtobuf(Buffer.from(deployment, 'base64')), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels },
    spec: {
      replicas: 0, // Behind pointers, and set: replicas, and two more below.
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          volumes: [{ name: 'tmp', emptyDir: {} }],
          containers: [
            {
              name: 'c',
              image: 'nginx',
              args: ['-v', ''],
              ports: [{ name: 'http', containerPort: 80 }],
              resources: { limits: { cpu: '250m' } },
              readinessProbe: { httpGet, periodSeconds: 5 },
            },
          ],
          automountServiceAccountToken: false,
          securityContext: { runAsUser: 0, supplementalGroups: [1, 2] },
        },
      },
      strategy: {},
    },
    status: {},
  });
});

/** The fields of one object, without its kind. */
function decode(apiVersion: string, kind: string, ...parts: readonly Part[]) {
  const { apiVersion: _, kind: __, ...rest } = decodeProtobuf(body(apiVersion, kind, ...parts));
  return rest;
}

const entry = (number: number, key: string, value: string) =>
  inner(number, text(1, key), text(2, value));

const cases: readonly [sentence: string, found: () => object, wanted: object][] = [
  [
    'maps take every key',
    () => decode('v1', 'ConfigMap', entry(2, '__proto__', 'a'), entry(2, 'toString', '')),
    JSON.parse('{"data":{"__proto__":"a","toString":""}}'),
  ],
  [
    'bytes are base64, and zeros behind pointers stay',
    () =>
      decode('v1', 'Secret', inner(2, text(1, 'k'), bytes(2, Uint8Array.of(0, 255))), int(5, 0)),
    { data: { k: 'AP8=' }, immutable: false },
  ],
  [
    'half a map’s entry is an entry',
    () => decode('v1', 'ConfigMap', inner(2, text(1, 'k')), inner(2, text(2, 'v'))),
    { data: { k: null, '': 'v' } },
  ],
  [
    'times are RFC 3339, and an empty one is none',
    () =>
      decode(
        'coordination.k8s.io/v1',
        'Lease',
        inner(1, inner(8), inner(9, int(1, 1))),
        inner(2, inner(3, int(1, 1_700_000_000), int(2, 12_345_000)), inner(4, int(1, -1))),
      ),
    {
      metadata: { deletionTimestamp: '1970-01-01T00:00:01Z' },
      spec: {
        acquireTime: '2023-11-14T22:13:20.012345Z',
        renewTime: '1969-12-31T23:59:59.000000Z',
      },
    },
  ],
  [
    'ports are numbers or names, and a zero one stays',
    () =>
      decode(
        'v1',
        'Service',
        inner(
          2,
          inner(1, int(3, 80), inner(4, int(1, 0), int(2, 8080), text(3, ''))),
          inner(1, int(3, 81), inner(4, int(1, 1), int(2, 0), text(3, 'http'))),
          inner(1, int(3, 82), inner(4, int(1, 0), int(2, 0), text(3, ''))),
        ),
      ),
    {
      spec: {
        ports: [
          { port: 80, targetPort: 8080 },
          { port: 81, targetPort: 'http' },
          { port: 82, targetPort: 0 },
        ],
      },
    },
  ],
  [
    'numbers may be packed or not',
    () => decode('v1', 'Pod', inner(2, inner(14, int(4, 1), bytes(4, join(pack(2), pack(300)))))),
    { spec: { securityContext: { supplementalGroups: [1, 2, 300] } } },
  ],
  [
    'a message in two parts is one, and what is said twice counts as said last',
    () => decode('v1', 'ConfigMap', inner(1, text(1, 'a'), text(3, 'n')), inner(1, text(1, 'b'))),
    { metadata: { name: 'b', namespace: 'n' } },
  ],
  [
    'an object inside is JSON',
    () =>
      decode(
        'v1',
        'ConfigMap',
        inner(1, inner(17, text(1, 'm'), inner(7, text(1, '{"f:data":{}}')))),
      ),
    { metadata: { managedFields: [{ manager: 'm', fieldsV1: { 'f:data': {} } }] } },
  ],
  [
    'lists inside maps are messages',
    () =>
      decode(
        'authentication.k8s.io/v1',
        'TokenReview',
        inner(3, inner(2, inner(4, text(1, 'k'), inner(2, text(1, 'a'), text(1, 'b'))))),
      ),
    { status: { user: { extra: { k: ['a', 'b'] } } } },
  ],
  [
    'embedded structs belong to the outer object, with its zeros',
    () =>
      decode(
        'v1',
        'Pod',
        inner(2, inner(1, text(1, 'v'), inner(2, inner(19, inner(1, text(1, 'm')), int(4, 0))))),
      ),
    { spec: { volumes: [{ name: 'v', configMap: { name: 'm', optional: false } }] } },
  ],
  [
    'options of a deletion come in the name of every group',
    () => decode('apps/v1', 'DeleteOptions', int(1, 0), inner(2, text(1, 'u')), text(4, 'Orphan')),
    { gracePeriodSeconds: 0, preconditions: { uid: 'u' }, propagationPolicy: 'Orphan' },
  ],
  [
    'unknown fields are passed over, whatever they hold',
    () =>
      decode(
        'v1',
        'ConfigMap',
        int(99, 2n ** 63n),
        [98, 1, new Uint8Array(8)],
        [97, 5, new Uint8Array(4)],
        text(96, 'x'),
      ),
    {},
  ],
];

const pack = (value: number) => message(int(1, value)).subarray(1);

for (const [sentence, found, wanted] of cases) {
  test(`decodeProtobuf: ${sentence}`, (t) => t.deepEqual(found(), wanted));
}

const refusals: readonly [sentence: string, bytes: () => Uint8Array, message: RegExp][] = [
  ['nothing', () => new Uint8Array(), /prefix/],
  ['JSON', () => new TextEncoder().encode('{}'), /prefix/],
  ['no kind', () => envelope(inner(2)), /'Kind' is missing/],
  ['a kind that is none', () => body('v1', 'Widget'), /no kind "Widget".* version "v1"/],
  ['a type that is no kind', () => body('v1', 'Container'), /no kind/],
  ['a group that is none', () => body('x/v1', 'Pod'), /no kind "Pod".* "x\/v1"/],
  ['a list', () => body('v1', 'PodList'), /no kind/],
  ['another encoding', () => envelope(kind, text(3, 'gzip')), /encoding gzip/],
  ['another content', () => envelope(kind, text(4, 'application/json')), /content type/],
  ['an end in the middle', () => map(inner(1, text(1, 'abc'))).subarray(0, -6), /unexpected end/],
  ['a length beyond the end', () => map([2, 2, Uint8Array.of(99)]), /unexpected end/],
  ['a length beyond everything', () => map([2, 2, pack9(1)]), /length out of range/],
  ['a varint without end', () => map([99, 0, new Uint8Array(11).fill(0x80)]), /varint overflow/],
  ['a varint of 65 bits', () => map([99, 0, pack9(0x02)]), /varint overflow/],
  ['groups', () => map([2, 3, new Uint8Array()]), /wire type 3/],
  ['an unknown group', () => map([99, 3, new Uint8Array()]), /wire type 3/],
  ['field zero', () => map(text(0, '')), /field number 0/],
  ['a number for a message', () => map(int(1, 1)), /wire type 0 of field 1/],
  ['a string for a boolean', () => map(text(4, '')), /wire type 2 of field 4/],
  ['bytes that are no text', () => map(inner(1, bytes(1, Uint8Array.of(0xff)))), /UTF-8/],
  ['numbers that JSON lacks', () => map(inner(1, int(7, 2n ** 53n))), /integer out of range/],
  ['years without end', () => map(inner(1, inner(8, int(1, 2 ** 50)))), /time is out of range/],
  ['wrong nanos', () => map(inner(1, inner(8, int(2, -1)))), /nanos/],
  ['wrong JSON inside', () => map(inner(1, managed('{'))), /not valid JSON/],
  ['deep JSON inside', () => map(inner(1, managed('['.repeat(9999) + ']'.repeat(9999)))), /depth/],
];

const kind = inner(1, text(1, 'v1'), text(2, 'ConfigMap'));
const map = (...parts: readonly Part[]) => body('v1', 'ConfigMap', ...parts);
const managed = (json: string) => inner(17, inner(7, text(1, json)));
const pack9 = (last: number) => Uint8Array.from([...new Array(9).fill(0xff), last]);

for (const [sentence, make, wanted] of refusals) {
  test(`decodeProtobuf refuses ${sentence}`, (t) => {
    const error = refusal(t, make());
    t.regex(error.message, wanted);
  });
}

function refusal(t: ExecutionContext, given: Uint8Array): Error {
  const error = t.throws(() => decodeProtobuf(given))!;
  t.true(hasReason(error, 'BadRequest'), String(error));
  return error;
}

test('security A8: a message that means very many values is refused', (t) => {
  // Two bytes each: an owner reference with nothing in it.
  const owners = new Uint8Array(400_000).map((_, index) => (index % 2 === 0 ? (13 << 3) | 2 : 0));
  const hostile = body('v1', 'ConfigMap', bytes(1, owners));
  const error = t.throws(() => decodeProtobuf(hostile))!;
  t.regex(error.message, /more than 100000 values/);
});
