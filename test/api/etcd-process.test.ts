/** Real processes: our API server on Debian's etcd, asked by stock kubectl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createApiProcess } from '../helpers/api-process.ts';
import { startEtcd } from '../helpers/etcd.ts';

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {word: the-canary}
`;

test('kubectl works with an API server on a real etcd, over a restart and a change of keys', async (t) => {
  const etcd = await startEtcd();
  t.teardown(() => etcd.remove());
  const api = await createApiProcess([`--etcd-servers=${etcd.urls.join()}`]);
  t.teardown(() => api.remove());
  await api.start();
  t.regex(await api.kubectl('apply -f -', manifest), /configmap\/settings created/);
  t.is(await api.kubectl('get cm settings -o jsonpath={.data.color}'), 'blue');
  const keys = etcd.etcdctl('get', '--prefix', '--keys-only', '/registry').split('\n');
  t.true(keys.includes('/registry/configmaps/default/settings'), keys.join());
  t.true(keys.includes('/registry/secrets/default/password'));
  const stored = etcd.etcdctl('get', '--print-value-only', '/registry/secrets/default/password');
  t.regex(stored, /^k8s:enc:secretbox:v1:key1:/);
  t.false(etcd.etcdctl('get', '--prefix', '/registry').includes('the-canary'));

  await api.kill();
  const otherKey = `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers: [{aesgcm: {keys: [{name: other, secret: ${Buffer.alloc(32, 1).toString('base64')}}]}}]
`;
  writeFileSync(join(api.folder, 'pki', 'encryption.yaml'), otherKey);
  await t.throwsAsync(api.start(), {
    message: /Could not decrypt \/registry\/secrets\/default\/password: .*secretbox key "key1"/,
  });
});

test('security A6: a Secret is in no file of the state, and survives a restart', async (t) => {
  const api = await createApiProcess();
  t.teardown(() => api.remove());
  await api.start();
  await api.kubectl('apply -f -', manifest);
  await api.kill();
  await api.start();
  const shown = await api.kubectl('get secret password -o jsonpath={.data.word}');
  t.is(Buffer.from(shown, 'base64').toString(), 'the-canary');
  const count = (text: string) => {
    try {
      const words = ['-rlaF', text, api.folder];
      return execFileSync('grep', words, { encoding: 'utf8' }).trim().split('\n').length;
    } catch {
      return 0; // grep ends with 1 when it finds nothing.
    }
  };
  const encoded = Buffer.from('the-canary').toString('base64');
  t.deepEqual([count('the-canary'), count(encoded)], [0, 0]);
  t.true(count('settings') > 0, 'the search finds what is there');
});
