import test from 'ava';
import { UsageError } from '../base/errors.ts';
import { parseKubeconfig } from './kubeconfig.ts';

const document = (user: object) => ({
  'current-context': 'lab',
  contexts: [
    { name: 'lab', context: { cluster: 'c', user: 'u', namespace: 'team' } },
    { name: 'bare', context: { cluster: 'c' } },
    { name: 'broken', context: { cluster: 'x' } },
  ],
  clusters: [
    { name: 'c', cluster: { server: 'https://h:1', 'certificate-authority-data': 'Q0E=' } },
  ],
  users: [{ name: 'u', user }],
});

test('inline data is decoded and files are left to the caller', (t) => {
  const target = parseKubeconfig(
    document({ 'client-certificate': 'a.crt', 'client-key-data': 'S0VZ', token: 'x' }),
  );
  t.deepEqual(target, {
    server: 'https://h:1',
    insecure: false,
    namespace: 'team',
    ca: { text: 'CA' },
    cert: { file: 'a.crt' },
    key: { text: 'KEY' },
    token: { text: 'x' },
  });
});

test('another context can be asked for', (t) => {
  t.is(parseKubeconfig(document({}), 'bare').namespace, undefined);
});

for (const [name, input, context] of [
  ['a cluster that is not there', document({}), 'broken'],
  ['a context that is not there', document({}), 'none'],
  ['credentials by a program', document({ exec: { command: 'login' } }), undefined],
  ['a document without contexts', { 'current-context': 'lab' }, undefined],
  ['no document', null, undefined],
] as const) {
  test(`parseKubeconfig refuses ${name}`, (t) => {
    t.throws(() => parseKubeconfig(input, context), { instanceOf: UsageError });
  });
}
