/** What users do with apply, by the programs that they have: kubectl new and old, and helm. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startServer } from '../../apiserver/testing.ts';
import { createStockClients } from '../helpers/stock-clients.ts';

const web = (replicas: number, image = 'x') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'a', image, ports: [{ containerPort: 80 }] }] },
    },
  },
});

const config = (data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', namespace: 'default' },
  data,
});

async function start(t: ExecutionContext) {
  const server = await startServer(t);
  return { ...server, ...createStockClients(t, server) };
}

test('kubectl applies by the server, is refused what others own, and takes it by force', async (t) => {
  const { kubectl, run } = await start(t);
  t.regex(await kubectl('apply --server-side -f -', web(1)), /serverside-applied/);
  await kubectl('scale deployment web --replicas=3');
  const refused = await run('kubectl', ['apply', '--server-side', '-f', '-'], web(2));
  t.not(refused.code, 0);
  t.regex(refused.err, /Apply failed with 1 conflict: conflict with "kubectl" with subresource/);
  t.regex(refused.err, /\.spec\.replicas/);
  await kubectl('apply --server-side --force-conflicts -f -', web(2));
  t.is(await kubectl('get deployment web -o jsonpath={.spec.replicas}'), '2');
  const shown = await kubectl('get deployment web --show-managed-fields -o yaml');
  t.regex(shown, /k:\{"containerPort":80,"protocol":"TCP"\}/);
  t.regex(shown, /operation: Apply/);
  t.notRegex(await kubectl('get deployment web -o yaml'), /managedFields/);
  const typed = await run('kubectl', ['apply', '--server-side', '-f', '-'], { ...web(2), spek: 1 });
  t.regex(typed.err, /\.spek: field not declared in schema/);
});

test('apiserver A59: kubectl moves an object from client-side apply to the server and back', async (t) => {
  const { kubectl } = await start(t);
  await kubectl('apply -f -', config({ a: '1', b: '1' }));
  t.regex(await kubectl('apply view-last-applied configmap c'), /b: "1"/);
  t.regex(await kubectl('apply --server-side -f -', config({ a: '2' })), /serverside-applied/);
  t.deepEqual(JSON.parse(await kubectl('get configmap c -o jsonpath={.data}')), { a: '2' });
  t.notRegex(await kubectl('apply view-last-applied configmap c'), /b:/);
  const shown = JSON.parse(await kubectl('get configmap c --show-managed-fields -o json'));
  const owners = shown.metadata.managedFields.map(
    ({ manager, operation }: { manager: string; operation: string }) => `${manager} ${operation}`,
  );
  t.deepEqual(owners.sort(), ['kubectl Apply', 'kubectl-last-applied Apply']);
  t.regex(await kubectl('apply -f -', config({ a: '3' })), /configured/);
  t.deepEqual(JSON.parse(await kubectl('get configmap c -o jsonpath={.data}')), { a: '3' });
});

test('kubectl diff shows what an apply would change, and changes nothing', async (t) => {
  const { kubectl, run } = await start(t);
  await kubectl('apply -f -', web(1));
  const before = await kubectl('get deployment web -o json --show-managed-fields');
  const same = await run('kubectl', ['diff', '-f', '-'], web(1));
  t.deepEqual([same.code, same.out], [0, '']);
  for (const mode of ['--server-side=false', '--server-side']) {
    const { code, out, err } = await run('kubectl', ['diff', mode, '-f', '-'], web(1, 'y'));
    t.is(code, 1, err);
    t.regex(out, /^-.*image: x$/m);
    t.regex(out, /^\+.*image: "?y"?$/m);
  }
  t.is(await kubectl('get deployment web -o json --show-managed-fields'), before);
});

test('kubectl edits, labels, annotates and patches what was applied', async (t) => {
  const { kubectl, folder } = await start(t);
  await kubectl('apply --server-side -f -', config({ a: '1' }));
  await kubectl('label configmap c tier=front');
  await kubectl('annotate configmap c why=because');
  await kubectl('patch configmap c --type=merge -p {"data":{"b":"1"}}');
  await kubectl('patch configmap c --type=json -p [{"op":"add","path":"/data/d","value":"1"}]');
  await kubectl('patch configmap c --type=strategic -p {"data":{"e":"1"}}');
  const script = '#!/bin/sh\nsed -i \'s/d: "1"/d: "2"/\' "$1"\n';
  writeFileSync(join(folder, 'editor'), script, { mode: 0o755 });
  t.regex(await kubectl('edit configmap c'), /edited/);
  // Applied again: what others added stays.
  await kubectl('apply --server-side -f -', config({ a: '2' }));
  const { data, metadata } = JSON.parse(await kubectl('get configmap c -o json'));
  t.deepEqual(data, { a: '2', b: '1', d: '2', e: '1' });
  t.like(metadata, { labels: { tier: 'front' }, annotations: { why: 'because' } });
});

test('an old kubectl applies by the server, too', async (t) => {
  const { run } = await start(t);
  const apply = ['apply', '--validate=false', '--server-side', '-f', '-'];
  const made = await run('oldKubectl', apply, config({ a: '1' }));
  t.is(made.code, 0, made.err);
  const other = [...apply, '--field-manager=other'];
  const changed = await run('oldKubectl', other, config({ a: '2' }));
  t.regex(changed.err, /conflict with "kubectl"/);
});

test('helm installs, upgrades, rolls back and uninstalls, by server-side apply', async (t) => {
  const { run, kubectl, folder } = await start(t);
  const chart = join(folder, 'chart');
  mkdirSync(join(chart, 'templates'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 0.1.0\n');
  writeFileSync(join(chart, 'values.yaml'), 'colour: red\nmore: true\n');
  writeFileSync(
    join(chart, 'templates/config.yaml'),
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n' +
      '  colour: {{ .Values.colour }}\n{{ if .Values.more }}  more: "yes"\n{{ end }}',
  );
  const helm = async (...args: string[]) => {
    const { code, out, err } = await run('helm', [...args, '-n', 'default']);
    if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${err}${out}`);
    return out;
  };
  const data = async () => JSON.parse(await kubectl('get configmap r -o jsonpath={.data}'));
  await helm('install', 'r', chart);
  t.deepEqual(await data(), { colour: 'red', more: 'yes' });
  const shown = await kubectl('get configmap r --show-managed-fields -o yaml');
  t.regex(shown, /manager: helm\n\s+operation: Apply/);
  await helm('upgrade', 'r', chart, '--set', 'colour=blue,more=false');
  t.deepEqual(await data(), { colour: 'blue' });
  await helm('rollback', 'r', '1');
  t.deepEqual(await data(), { colour: 'red', more: 'yes' });
  t.regex(await helm('list'), /^r\s/m);
  await helm('uninstall', 'r');
  t.is((await run('kubectl', ['get', 'configmap', 'r'])).code, 1);
});
