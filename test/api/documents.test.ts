/** Both kubectls read our documents: explain, api-resources, validation, apply. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { startServer } from '../../apiserver/testing.ts';

const run = promisify(execFile);
const newer = resolve('.setup/bin/kubectl');
const older = resolve('.setup/peers/usr/bin/kubectl');

async function setUp(t: ExecutionContext) {
  const { port, ca } = await startServer(t);
  const folder = mkdtempSync(join(tmpdir(), `wherry-documents-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const server = `https://127.0.0.1:${port}`;
  const authority = Buffer.from(ca).toString('base64');
  const file = join(folder, 'kubeconfig');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'u', user: { token: 'anybody' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(file, JSON.stringify(content));
  const options = { env: { KUBECONFIG: file, HOME: folder } };
  const kubectl = async (program: string, words: string): Promise<string> => {
    const { stdout, stderr } = await run(program, words.split(' '), options).catch(
      (error) => error,
    );
    return `${stdout}${stderr}`;
  };
  const write = (name: string, spec: object) => {
    const labels = { app: name };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } };
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { selector: { matchLabels: labels }, template, ...spec },
    };
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(object));
    return path;
  };
  return { kubectl, write };
}

test('apiserver A3: kubectl 1.20 explains, validates and applies by the v2 document', async (t) => {
  const { kubectl, write } = await setUp(t);
  const pod = await kubectl(older, 'explain pod.spec.containers.livenessProbe');
  t.regex(pod, /RESOURCE: livenessProbe <Object>/);
  t.regex(pod, /Whether the container works\. When it does not, it is restarted\./);
  t.regex(pod, /failureThreshold\t<integer>/);
  const tree = await kubectl(older, 'explain deployment --recursive');
  t.regex(tree, /^ {9}matchLabels\t<map\[string\]string>$/m);
  t.regex(await kubectl(older, 'api-resources'), /^pods +po +v1 +true +Pod$/m);
  const wrong = await kubectl(older, `apply -f ${write('wrong', { replicaz: 1 })}`);
  t.regex(wrong, /unknown field "replicaz" in io\.k8s\.api\.apps\.v1\.DeploymentSpec/);
  const file = write('web', { replicas: 1 });
  t.is(
    await kubectl(older, `apply --dry-run=server -f ${file}`),
    'deployment.apps/web created (server dry run)\n',
  );
  t.is(await kubectl(older, `apply -f ${file}`), 'deployment.apps/web created\n');
  t.is(await kubectl(older, `apply -f ${file}`), 'deployment.apps/web unchanged\n');
  write('web', { replicas: 3 });
  t.is(await kubectl(older, `apply -f ${file}`), 'deployment.apps/web configured\n');
  t.regex(await kubectl(older, 'get deployment web'), /^web +0\/3 +0 +0 /m);
});

test('apiserver A4: kubectl 1.35 explains and is validated for by the v3 documents', async (t) => {
  const { kubectl, write } = await setUp(t);
  const pod = await kubectl(newer, 'explain pod.spec.restartPolicy');
  t.regex(pod, /FIELD: restartPolicy <string>/);
  t.regex(pod, /What happens when a container ends: Always, OnFailure or Never\./);
  const tree = await kubectl(newer, 'explain cronjob.spec --recursive');
  t.regex(tree, /^ +activeDeadlineSeconds\t<integer>$/m);
  const old = await kubectl(newer, 'explain hpa.spec --api-version=autoscaling/v1');
  t.regex(old, /targetCPUUtilizationPercentage\t<integer>/);
  t.regex(await kubectl(newer, 'api-versions'), /^apps\/v1$/m);
  const wrong = await kubectl(newer, `apply -f ${write('wrong', { replicaz: 1 })}`);
  t.regex(wrong, /strict decoding error: unknown field "spec\.replicaz"/);
  t.regex(await kubectl(newer, `apply -f ${write('web', {})}`), /web created/);
  const both = await kubectl(newer, 'explain pod.spec --output plaintext-openapiv2');
  t.regex(both, /RESOURCE: spec <Object>/);
});
