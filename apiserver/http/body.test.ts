import test from 'ava';
import { body, text } from '../../api/protobuf/testing.ts';
import { hasReason } from '../../base/errors.ts';
import { decodeBody } from './body.ts';

const types: readonly [type: string, bytes: Uint8Array][] = [
  ['', Buffer.from('{"apiVersion":"v1","kind":"Pod"}')],
  ['application/json; charset=utf-8', Buffer.from('{"apiVersion":"v1","kind":"Pod"}')],
  ['application/yaml', Buffer.from('apiVersion: v1\nkind: Pod\n')],
  ['application/vnd.kubernetes.protobuf', body('v1', 'Pod')],
  ['Application/vnd.Kubernetes.protobuf;x=y', body('v1', 'Pod')],
];

for (const [type, bytes] of types) {
  test(`decodeBody takes ${type || 'no type for JSON'}`, (t) => {
    const { value, problems } = decodeBody(Buffer.from(bytes), type);
    t.deepEqual(value, { apiVersion: 'v1', kind: 'Pod' });
    t.deepEqual(problems?.([]) ?? [], []);
  });
}

test('decodeBody names what it takes when it gets something else', (t) => {
  const error = t.throws(() => decodeBody(Buffer.alloc(0), 'text/plain'))!;
  t.true(hasReason(error, 'UnsupportedMediaType'));
  t.regex(error.message, /application\/vnd\.kubernetes\.protobuf/);
});

test('decodeBody refuses protobuf that is none', (t) => {
  const bytes = Buffer.from(body('v1', 'Pod', text(1, 'no message')));
  const error = t.throws(() => decodeBody(bytes, 'application/vnd.kubernetes.protobuf'));
  t.true(hasReason(error, 'BadRequest'));
});
