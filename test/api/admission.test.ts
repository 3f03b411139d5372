/** What admission does for and to users: stock kubectl against a real API server, nothing else. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type ApiProcess, createApiProcess } from '../helpers/api-process.ts';

async function start(t: ExecutionContext, flags: readonly string[] = []) {
  const api = await createApiProcess(flags);
  t.teardown(() => api.remove());
  await api.start();
  // The controller manager would.
  await api.kubectl('create serviceaccount default');
  return api;
}

/** What kubectl printed when it failed. */
async function refusal(api: ApiProcess, words: string, input?: object): Promise<string> {
  try {
    const out = await api.kubectl(words, input && JSON.stringify(input));
    return `not refused: ${out}`;
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'a', image: 'i' }], ...spec },
});

test('pods get account, token, priority and tolerations; quotas and limits hold', async (t) => {
  const api = await start(t);
  const apply = (object: object) => api.kubectl('apply -f -', JSON.stringify(object));
  await apply(pod('plain'));
  const read = async (path: string) => api.kubectl(`get pod plain -o jsonpath=${path}`);
  t.is(await read('{.spec.serviceAccountName}'), 'default');
  t.regex(await read('{.spec.volumes[0].name}'), /^kube-api-access-\w{5}$/);
  t.is(await read('{.spec.priority}'), '0');
  t.is(await read('{.spec.tolerations[*].tolerationSeconds}'), '300 300');

  await api.kubectl('create quota q --hard=pods=2,requests.cpu=1');
  await apply({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'l' },
    spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '100m' }, max: { cpu: '2' } }] },
  });
  const limited = (cpu: string) => ({
    containers: [{ name: 'a', image: 'i', resources: { limits: { cpu } } }],
  });
  t.regex(
    await refusal(api, 'apply -f -', pod('large', limited('3'))),
    /pods "large" is forbidden: .*maximum cpu usage per Container is 2, but limit is 3/,
  );
  await apply(pod('second'));
  t.is(
    await api.kubectl('get pod second -o jsonpath={.spec.containers[0].resources}'),
    '{"limits":{"cpu":"2"},"requests":{"cpu":"100m"}}',
  );
  t.regex(await api.kubectl('describe quota q'), /pods +2 +2/);
  t.regex(
    await refusal(api, 'apply -f -', pod('more', limited('1'))),
    /pods "more" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=1, used: pods=2,requests.cpu=100m, limited: pods=2,requests.cpu=1/,
  );
  t.regex(
    await refusal(api, 'apply -f -', pod('p', { priorityClassName: 'gone' })),
    /no PriorityClass with name gone was found/,
  );
});

test('apiserver A111: a namespace’s label refuses pods, warns of templates and of what is there', async (t) => {
  const api = await start(t);
  const bad = { hostPID: true };
  await api.kubectl('apply -f -', JSON.stringify(pod('there', bad)));
  const label = 'pod-security.kubernetes.io';
  const words = `label ns default ${label}/enforce=baseline ${label}/warn=baseline`;
  const labelled = await refusal(api, `${words} --warnings-as-errors`);
  t.regex(labelled, /Warning: existing pods in namespace "default" violate the new PodSecurity/);
  t.regex(labelled, /Warning: there: host namespaces/);
  t.regex(
    await refusal(api, 'apply -f -', pod('new', bad)),
    /pods "new" is forbidden: violates PodSecurity "baseline:latest": host namespaces \(hostPID=true\)/,
  );
  const template = { metadata: { labels: { a: 'b' } }, spec: pod('', bad).spec };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  };
  t.regex(
    await refusal(api, 'apply --warnings-as-errors -f -', deployment),
    /Warning: would violate PodSecurity "baseline:latest": host namespaces \(hostPID=true\)/,
  );
  t.regex(await api.kubectl('get deployment web'), /web/);
});

test('apiserver A116: Services of both families have their IPAddresses, over a restart', async (t) => {
  const api = await start(t, ['--service-cluster-ip-range=10.43.0.0/24,fd00:43::/112']);
  const spec = { ports: [{ port: 80 }], type: 'NodePort', ipFamilyPolicy: 'RequireDualStack' };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec };
  await api.kubectl('apply -f -', JSON.stringify(service));
  const read = (path: string) => api.kubectl(`get service web -o jsonpath=${path}`);
  const addresses = (await read('{.spec.clusterIPs[*]}')).split(' ');
  const port = await read('{.spec.ports[0].nodePort}');
  t.is(addresses.length, 2);
  const shown = await api.kubectl('get ipaddress');
  for (const address of addresses) {
    t.regex(shown, new RegExp(`^${address} +services/default/web`, 'm'));
  }
  t.regex(shown, /^10\.43\.0\.1 +services\/default\/kubernetes/m);
  t.regex(await api.kubectl('get servicecidr kubernetes'), /10\.43\.0\.0\/24,fd00:43::\/112/);
  t.is(
    await api.kubectl(
      'get servicecidr kubernetes -o jsonpath={.status.conditions[0].type}={.status.conditions[0].status}',
    ),
    'Ready=True',
  );

  await api.kill();
  await api.start();
  const same = { ...service, metadata: { name: 'other' } };
  const taken = { ...same, spec: { ...spec, ports: [{ port: 80, nodePort: Number(port) }] } };
  t.regex(await refusal(api, 'apply -f -', taken), /provided port is already allocated/);
  t.regex(
    await refusal(api, 'apply -f -', {
      ...same,
      spec: { ports: [{ port: 1 }], clusterIP: addresses[0] },
    }),
    /failed to allocate IP \S+: provided IP is already allocated/,
  );
  await api.kubectl('delete service web');
  await api.kubectl('apply -f -', JSON.stringify(taken));
  t.notRegex(await api.kubectl('get ipaddress'), /default\/web/);
});

test('apiserver A19: a dry run of everything leaves the store as it was', async (t) => {
  const api = await start(t);
  await api.kubectl('create quota q --hard=pods=5,services=5,configmaps=5');
  const revision = async () =>
    JSON.parse(await api.kubectl('get cm -o json')).metadata.resourceVersion;
  await api.kubectl('create configmap last');
  const before = await revision();
  const objects = [
    pod('p'),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { type: 'NodePort', ports: [{ port: 1 }] },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'v' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  for (const object of objects) {
    await api.kubectl('create --dry-run=server -f -', JSON.stringify(object));
  }
  await api.kubectl('delete --dry-run=server cm last');
  t.is(await revision(), before);
  t.is((await api.kubectl('get ipaddress -o name')).trim().split('\n').length, 1);
  t.regex(await api.kubectl('get quota q -o jsonpath={.status.used}'), /"configmaps":"1"/);
});

test('admission plugins are chosen and set up by flags; what is not there is refused', async (t) => {
  const wrong = await createApiProcess([
    '--enable-admission-plugins=Nonsense,ImagePolicyWebhook',
    '--disable-admission-plugins=Rubbish',
  ]);
  t.teardown(() => wrong.remove());
  const { message } = (await t.throwsAsync(wrong.start()))!;
  t.regex(message, /enable-admission-plugins plugin "Nonsense" is unknown/);
  t.regex(message, /ImagePolicyWebhook exists in Kubernetes, but not in this server/);
  t.regex(message, /disable-admission-plugins plugin "Rubbish" is unknown/);

  const api = await createApiProcess([
    '--enable-admission-plugins=NamespaceAutoProvision',
    '--disable-admission-plugins=ServiceAccount',
  ]);
  t.teardown(() => api.remove());
  await api.start();
  await api.kubectl(
    'apply -f -',
    JSON.stringify({ ...pod('p'), metadata: { name: 'p', namespace: 'new' } }),
  );
  t.regex(await api.kubectl('get ns new'), /Active/);
  t.is(await api.kubectl('get pod -n new p -o jsonpath={.spec.volumes}'), '');

  const configured = await createApiProcess();
  t.teardown(() => configured.remove());
  const file = join(configured.folder, 'admission.yaml');
  writeFileSync(
    file,
    `kind: AdmissionConfiguration
apiVersion: apiserver.config.k8s.io/v1
plugins:
  - name: PodSecurity
    configuration:
      kind: PodSecurityConfiguration
      apiVersion: pod-security.admission.config.k8s.io/v1
      defaults: {enforce: restricted}
      exemptions: {namespaces: [kube-system]}
`,
  );
  const strict = await start(t, [`--admission-control-config-file=${file}`]);
  t.regex(
    await refusal(strict, 'apply -f -', pod('p')),
    /violates PodSecurity "restricted:latest"/,
  );
});
