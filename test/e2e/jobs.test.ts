/** Jobs, CronJobs, quotas and certificates on a real cluster, as stock kubectl sees them. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import test from 'ava';
import { createCluster, type TestCluster } from '../helpers/cluster.ts';

const image = 'localhost/wherry/busybox:1';

const job = (name: string, spec: object, command: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    ...spec,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'main', image, command: ['sh', '-c', command] }],
      },
    },
  },
});

const cronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'nightly' },
  spec: {
    schedule: '0 3 * * *',
    timeZone: 'Europe/Zurich',
    jobTemplate: { spec: job('', {}, 'echo nightly').spec },
  },
};

const apply = (cluster: TestCluster, ...items: object[]) =>
  cluster.kubectl('apply -f -', {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });

test('work that ends: Jobs by index, by hand from a CronJob, and within a quota', async (t) => {
  t.timeout(240_000);
  const cluster = createCluster();
  t.teardown(() => cluster.remove());
  await cluster.up();
  const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 2 };
  const spec = { hard: { 'count/jobs.batch': '5' } };
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota' }, spec };
  await apply(
    cluster,
    quota,
    job('indexed', indexed, 'echo "index $JOB_COMPLETION_INDEX"'),
    job('failing', { backoffLimit: 0 }, 'exit 3'),
    job('brief', { ttlSecondsAfterFinished: 0 }, 'true'),
    cronJob,
  );
  await cluster.kubectl('wait job/indexed --for=condition=complete --timeout=90s');
  const status = await cluster.kubectl(
    'get job indexed -o jsonpath={.status.completedIndexes}/{.status.succeeded}',
  );
  t.is(status, '0-2/3');
  const logs = await cluster.kubectl('logs -l batch.kubernetes.io/job-completion-index=2');
  t.is(logs, 'index 2\n');
  await cluster.kubectl('wait job/failing --for=condition=failed --timeout=60s');
  t.regex(await cluster.kubectl('describe job failing'), /BackoffLimitExceeded/);
  await cluster.kubectl('wait job/brief --for=delete --timeout=60s');
  await cluster.kubectl('create job --from=cronjob/nightly now');
  await cluster.kubectl('wait job/now --for=condition=complete --timeout=60s');
  t.is(await cluster.kubectl('logs job/now'), 'nightly\n');
  t.regex(await cluster.kubectl('get cronjob nightly'), /0 3 \* \* \*\s+Europe\/Zurich\s+False/);
  t.regex(await cluster.kubectl('get quota quota'), /count\/jobs.batch: 3\/5/);
  await cluster.kubectl('delete job indexed failing now');
  await cluster.kubectl(
    'wait quota/quota --for=jsonpath={.status.used.count/jobs\\.batch}=0 --timeout=30s',
  );
  await cluster.kubectl('create deployment web --image=x --replicas=2');
  await cluster.kubectl('autoscale deployment web --max=3 --cpu=50%');
  await cluster.kubectl('wait hpa/web --for=condition=AbleToScale --timeout=30s');
  t.regex(
    await cluster.kubectl('describe hpa web'),
    /ScalingActive +False +FailedGetResourceMetric/,
  );
  t.is(await certify(cluster), 'jane');
});

/** A user asks for a certificate, an administrator approves, our signer signs. Returns the user. */
async function certify(cluster: TestCluster): Promise<string> {
  const { key, request } = await askFor('CN=jane');
  await apply(cluster, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'jane' },
    spec: {
      signerName: 'kubernetes.io/kube-apiserver-client',
      request,
      usages: ['client auth', 'digital signature'],
    },
  });
  await cluster.kubectl('certificate approve jane');
  await cluster.kubectl('wait csr/jane --for=jsonpath={.status.certificate} --timeout=30s');
  const text = await cluster.kubectl('get csr jane -o jsonpath={.status.certificate}');
  const files = { cert: `${cluster.host.dir}/jane.crt`, key: `${cluster.host.dir}/jane.key` };
  writeFileSync(files.cert, Buffer.from(text, 'base64'));
  writeFileSync(files.key, key);
  return cluster.kubectl(
    `auth whoami --client-certificate=${files.cert} --client-key=${files.key} ` +
      '-o jsonpath={.status.userInfo.username}',
  );
}

async function askFor(name: string): Promise<{ key: string; request: string }> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pair = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const keys = pair as webcrypto.CryptoKeyPair;
  x509.cryptoProvider.set(webcrypto as never);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys: keys as never,
    signingAlgorithm,
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  return { key, request: Buffer.from(`${made.toString('pem')}\n`).toString('base64') };
}
