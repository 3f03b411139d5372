/** The state of a cluster: encrypted, looked into, backed up, put back, kept in an etcd. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createCluster, waitUntil } from '../helpers/cluster.ts';

const canary = 'the-canary-of-this-test';

/** Files below a folder that hold the text. */
function search(folder: string, text: string): string[] {
  try {
    const found = execFileSync('grep', ['-rlaF', text, folder], { encoding: 'utf8' });
    return found.trim().split('\n');
  } catch {
    return []; // grep ends with 1 when it finds nothing.
  }
}

function create(t: ExecutionContext, flags: readonly string[] = []) {
  const cluster = createCluster(flags);
  t.teardown(() => cluster.remove());
  return cluster;
}

test.serial(
  'a cluster is backed up while it runs, removed, and put back with its Secrets',
  async (t) => {
    const cluster = create(t);
    await cluster.up();
    await cluster.kubectl(`create secret generic password --from-literal=word=${canary}`);
    await cluster.kubectl('create configmap settings --from-literal=color=blue');
    const encoded = Buffer.from(canary).toString('base64');
    t.deepEqual([...search(cluster.root, canary), ...search(cluster.root, encoded)], []);
    const keys = (await cluster.wherry('etcd ls /registry/secrets')).trim().split('\n');
    t.true(keys.includes('/registry/secrets/default/password'));
    const key = '/registry/configmaps/default/settings';
    t.is(JSON.parse(await cluster.wherry(`etcd get ${key}`)).data.color, 'blue');

    const file = `${cluster.host.dir}/backup.tar`;
    t.regex(await cluster.wherry(`backup ${file}`), /^wrote revision \d+/);
    await t.throwsAsync(cluster.wherry(`restore ${file}`), {
      message: /is running: stop it first/,
    });
    await cluster.interrupt();
    await t.throwsAsync(cluster.wherry(`restore ${file}`), { message: /--force replaces it/ });
    await cluster.wherry('reset');
    await cluster.wherry(`restore ${file}`);
    await cluster.up();
    t.is(await cluster.kubectl('get cm settings -o jsonpath={.data.color}'), 'blue');
    t.is(await cluster.kubectl('get secret password -o jsonpath={.data.word}'), encoded);
  },
);

test.serial('a cluster comes up on a real etcd', async (t) => {
  const cluster = create(t, ['--etcd-servers=http://127.0.0.1:2379']);
  const { host } = cluster;
  const etcd = host.spawn(resolve('.setup/peers/usr/bin/etcd'), [
    `--data-dir=${host.dir}/etcd`,
    '--log-level=error',
  ]);
  // Its end comes before the host's: tear-downs run from the last to the first.
  t.teardown(() => etcd.kill('SIGKILL'));
  const etcdctl = (words: string) =>
    host.run(resolve('.setup/peers/usr/bin/etcdctl'), words.split(' '));
  await waitUntil(async () =>
    etcdctl('endpoint health').then(
      () => true,
      () => false,
    ),
  );
  await cluster.up();
  t.regex(await cluster.kubectl('get nodes'), /node-1 +Ready/);
  const keys = await etcdctl('get --prefix --keys-only /registry');
  t.regex(keys, /^\/registry\/minions\/node-1$|^\/registry\/nodes\/node-1$/m);
  t.regex(await cluster.kubectl('get lease -n kube-system'), /^apiserver-[a-z0-9]{26} /m);
  t.regex(await cluster.kubectl('get endpoints kubernetes'), /192\.0\.2\.10:6443/);
});
