import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { load } from 'js-yaml';
import { ensurePki } from './apply.ts';
import { issueKubeconfig, renderKubeconfig, writeKubeconfig } from './kubeconfig.ts';

const contents = {
  server: 'https://127.0.0.1:6443',
  cluster: 'lab "one"',
  user: 'ann: #1',
  ca: 'CA',
  cert: 'CERT',
  key: 'KEY',
};

test('renderKubeconfig writes what kubectl reads, whatever the names', (t) => {
  t.deepEqual(load(renderKubeconfig({ ...contents, namespace: 'dev' })), {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'lab "one"',
        cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': 'Q0E=' },
      },
    ],
    users: [
      {
        name: 'ann: #1',
        user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' },
      },
    ],
    contexts: [
      {
        name: 'ann: #1@lab "one"',
        context: { cluster: 'lab "one"', user: 'ann: #1', namespace: 'dev' },
      },
    ],
    'current-context': 'ann: #1@lab "one"',
  });
});

test('a kubeconfig without a namespace names none', (t) => {
  t.false(renderKubeconfig(contents).includes('namespace'));
});

test('kubeconfigs are written for a component and issued for a user', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-kubeconfig-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const pki = await ensurePki({
    dir: join(dir, 'pki'),
    nodeName: 'node-1',
    nodeAddresses: ['10.0.0.5'],
    serviceCidrFirstAddress: '10.43.0.1',
    domain: 'cluster.local',
    now: Date.now,
  });
  const path = join(dir, 'admin.kubeconfig');
  const { server, cluster } = contents;
  await writeKubeconfig({
    path,
    server,
    cluster,
    user: 'kubernetes-admin',
    caFile: pki.ca.cert,
    certFile: pki.admin.cert,
    keyFile: pki.admin.key,
  });
  t.is(statSync(path).mode & 0o777, 0o600);
  t.is(
    userCertificate(readFileSync(path, 'utf8')).subject,
    'O=system:masters\nCN=kubernetes-admin',
  );

  const user = { user: 'ann', groups: ['dev', 'ops'], now: Date.now };
  const issued = userCertificate(await issueKubeconfig({ pki, server, cluster, ...user }));
  t.is(issued.subject, 'O=dev\nO=ops\nCN=ann');
  t.true(issued.verify(new X509Certificate(readFileSync(pki.ca.cert)).publicKey));
});

function userCertificate(kubeconfig: string): X509Certificate {
  const { users } = load(kubeconfig) as {
    users: { user: Record<'client-certificate-data', string> }[];
  };
  return new X509Certificate(
    Buffer.from(users[0]?.user['client-certificate-data'] ?? '', 'base64'),
  );
}
