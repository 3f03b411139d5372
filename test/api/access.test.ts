/** Who may do what, as stock kubectl asks for it, at a server with the gates of a real one. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { createRequest, type TestPair } from '../../apiserver/authentication/testing.ts';
import { type Ground, makeGround, startServer } from '../../apiserver/testing-cluster.ts';

const run = promisify(execFile);
const program = resolve('.setup/bin/kubectl');

type Server = Awaited<ReturnType<typeof startServer>>;

async function setUp(t: ExecutionContext) {
  const ground = await makeGround(t);
  const server = await startServer(t, ground);
  return { ground, server, ...clientsOf(ground, server) };
}

let count = 0;

function clientsOf({ folder, authority, admin }: Ground, { url }: Server) {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  /** kubectl of whoever has the certificate; resolves with what it printed, errors too. */
  const kubectlOf = (pair: TestPair) => {
    const file = join(folder, `kubeconfig-${count++}`);
    const { cert, key } = pair;
    const user = { 'client-certificate-data': encode(cert), 'client-key-data': encode(key) };
    const cluster = { server: url, 'certificate-authority-data': encode(authority.cert) };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    writeFileSync(file, JSON.stringify(config));
    return async (...words: string[]): Promise<string> => {
      const options = { env: { KUBECONFIG: file, HOME: folder } };
      const all = words.flatMap((each) => each.split(' '));
      const { stdout, stderr } = await run(program, all, options).catch((error) => error);
      return `${stdout}${stderr}`.trim();
    };
  };
  const kubectl = kubectlOf(admin);
  const apply = async (object: object) => {
    const file = join(folder, `object-${count++}.json`);
    writeFileSync(file, JSON.stringify(object));
    return kubectl(`apply -f ${file}`);
  };
  return { kubectl, kubectlOf, apply, folder };
}

/** Until the text says so: controllers of the server need a moment. */
async function until(t: ExecutionContext, look: () => Promise<string>, want: RegExp) {
  for (let attempt = 0; attempt < 100 && !want.test(await look()); attempt++) await sleep(50);
  t.regex(await look(), want);
}

test('apiserver A102: roles that kubectl makes count at once', async (t) => {
  const { ground, kubectl, kubectlOf } = await setUp(t);
  const ann = kubectlOf(await ground.authority.issue({ subject: 'O=dev, CN=ann' }));
  t.regex(await ann('get pods'), /pods is forbidden: User "ann" cannot list resource "pods"/);
  t.is(
    await kubectl('create role reader --verb=get,list --resource=pods'),
    'role.rbac.authorization.k8s.io/reader created',
  );
  await kubectl('create rolebinding ann --role=reader --user=ann');
  t.is(await ann('get pods'), 'No resources found in default namespace.');
  t.regex(
    await ann('get pods -A'),
    /cannot list resource "pods" in API group "" at the cluster scope/,
  );
  t.regex(
    await ann('create role more --verb=get --resource=secrets'),
    /cannot create resource "roles"/,
  );
  await kubectl('create clusterrolebinding devs --clusterrole=admin --group=dev');
  t.regex(
    await ann('create clusterrolebinding me --clusterrole=cluster-admin --user=ann'),
    /cannot create resource "clusterrolebindings"/,
  );
  t.regex(
    await ann('create rolebinding me --clusterrole=cluster-admin --user=ann'),
    /is attempting to grant RBAC permissions not currently held/,
  );
  t.regex(await ann('create rolebinding other --clusterrole=view --user=bob'), /created/);
  await kubectl('delete rolebinding ann');
  await kubectl('delete clusterrolebinding devs');
  t.regex(await ann('get pods'), /is forbidden/);
});

test('apiserver A102: the bootstrap roles are there, gathered, and mended at the next start', async (t) => {
  const { ground, server, kubectl } = await setUp(t);
  t.regex(await kubectl('get clusterrole admin -o yaml'), /pods\/exec[\s\S]*rolebindings/);
  t.regex(
    await kubectl('get clusterrole system:node -o yaml'),
    /autoupdate: "true"[\s\S]*kubernetes.io\/bootstrapping: rbac-defaults/,
  );
  const names = await kubectl('get clusterroles,clusterrolebindings -o name');
  t.true(names.split('\n').length > 100);
  const label = 'rbac.authorization.k8s.io/aggregate-to-view=true';
  await kubectl('create clusterrole widgets --verb=get --resource=pods/widgets');
  await kubectl(`label clusterrole widgets ${label}`);
  await until(t, () => kubectl('get clusterrole admin -o yaml'), /pods\/widgets/);
  await kubectl('delete clusterrole widgets');
  await until(t, () => kubectl('get clusterrole admin -o yaml'), /^(?![\s\S]*pods\/widgets)/);

  const [role, own] = ['system:monitoring', 'system:kube-dns'];
  const off = 'rbac.authorization.kubernetes.io/autoupdate=false';
  const noRules = ['--type=json', '-p', '[{"op":"replace","path":"/rules","value":[]}]'];
  await kubectl(`patch clusterrole ${role}`, ...noRules);
  await kubectl(`annotate clusterrole ${own} ${off} --overwrite`);
  await kubectl(`patch clusterrole ${own}`, ...noRules);
  await kubectl('delete clusterrolebinding system:discovery');
  await server.stop();
  const { kubectl: again } = clientsOf(ground, await startServer(t, ground));
  t.regex(await again(`get clusterrole ${role} -o yaml`), /nodes\/metrics/);
  t.regex(await again(`get clusterrole ${own} -o yaml`), /rules: \[\]/);
  t.regex(await again('get clusterrolebinding system:discovery -o yaml'), /system:authenticated/);
});

test('apiserver A105: kubectl auth can-i, for oneself and for others', async (t) => {
  const { ground, kubectl, kubectlOf } = await setUp(t);
  const ann = kubectlOf(await ground.authority.issue({ subject: 'O=dev, CN=ann' }));
  await kubectl('create role reader --verb=get,list --resource=pods');
  await kubectl('create rolebinding ann --role=reader --user=ann');
  t.is(
    await kubectl('auth can-i delete nodes'),
    "Warning: resource 'nodes' is not namespace scoped\n\nyes".split('\n\n').reverse().join('\n'),
  );
  t.is(await ann('auth can-i list pods'), 'yes');
  t.regex(await ann('auth can-i list pods -n kube-system'), /^no/);
  t.regex(await ann('auth can-i get secrets'), /^no/);
  t.is(await ann('auth can-i get /version'), 'yes');
  t.is(await kubectl('auth can-i list pods --as=ann'), 'yes');
  t.regex(await kubectl('auth can-i delete pods --as=ann'), /^no/);
  t.regex(await ann('auth can-i list pods --as=bob'), /cannot impersonate/);
  const list = await ann('auth can-i --list');
  t.regex(list, /^pods +\[\] +\[\] +\[get list\]/m);
  t.regex(list, /^selfsubjectreviews.authentication.k8s.io +\[\] +\[\] +\[create\]/m);
  t.regex(list, /\[\/healthz\] +\[\] +\[get\]/);
});

test('apiserver A105: access reviews of others, with selectors', async (t) => {
  const { server, kubectl } = await setUp(t);
  await kubectl('create role reader --verb=get,list --resource=pods');
  await kubectl('create rolebinding ann --role=reader --user=ann');
  const group = '/apis/authorization.k8s.io/v1';
  const asked = { verb: 'list', resource: 'pods', namespace: 'default' };
  const review = async (path: string, spec: object) => {
    const { code, body } = await server.as(`POST ${group}/${path}`, { spec });
    return code === 201 ? body.status : `${code} ${body.message}`;
  };
  t.like(await review('subjectaccessreviews', { user: 'ann', resourceAttributes: asked }), {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "ann/default" of Role "reader" to User "ann"',
  });
  t.deepEqual(await review('subjectaccessreviews', { user: 'bob', resourceAttributes: asked }), {
    allowed: false,
  });
  const local = 'namespaces/default/localsubjectaccessreviews';
  t.like(await review(local, { user: 'ann', resourceAttributes: asked }), { allowed: true });
  t.regex(
    await review(local, { user: 'ann', resourceAttributes: { ...asked, namespace: 'x' } }),
    /^422 .*must match metadata.namespace/,
  );
  t.regex(
    await review('subjectaccessreviews', { resourceAttributes: asked }),
    /^422 .*at least one/,
  );
  t.regex(await review('subjectaccessreviews', { user: 'ann' }), /^422 .*exactly one of/);
  const node = { user: 'system:node:one', groups: ['system:nodes'] };
  const requirements = (value: string) => [
    { key: 'spec.nodeName', operator: 'In', values: [value] },
  ];
  const listPods = (fieldSelector: object) => ({
    ...node,
    resourceAttributes: { verb: 'list', resource: 'pods', fieldSelector },
  });
  t.like(await review('subjectaccessreviews', listPods({ requirements: requirements('one') })), {
    allowed: true,
  });
  t.like(await review('subjectaccessreviews', listPods({ requirements: requirements('two') })), {
    allowed: false,
  });
  t.like(await review('subjectaccessreviews', listPods({ rawSelector: 'spec.nodeName=one' })), {
    allowed: true,
  });
  t.like(
    await review(
      'subjectaccessreviews',
      listPods({ requirements: [{ key: 'x', operator: 'Exists' }] }),
    ),
    {
      allowed: false,
      evaluationError: 'spec.resourceAttributes.fieldSelector ignored due to parse error',
    },
  );
});

test('apiserver A106: kubectl auth whoami', async (t) => {
  const { ground, kubectl, kubectlOf } = await setUp(t);
  const ann = kubectlOf(await ground.authority.issue({ subject: 'O=dev, CN=ann' }));
  const shown = JSON.parse(await ann('auth whoami -o json')).status.userInfo;
  t.is(shown.username, 'ann');
  t.deepEqual(shown.groups, ['dev', 'system:authenticated']);
  const words = '--as=bob --as-group=a --as-group=b --as-uid=7 --as-user-extra=acme.com/x=y';
  const as = JSON.parse(await kubectl(`auth whoami -o json ${words}`)).status.userInfo;
  t.deepEqual(as, {
    username: 'bob',
    uid: '7',
    groups: ['a', 'b', 'system:authenticated'],
    extra: { 'acme.com/x': ['y'] },
  });
});

test('apiserver A102: kubectl auth reconcile adds what is missing', async (t) => {
  const { kubectl, folder } = await setUp(t);
  await kubectl('create role reader --verb=get --resource=pods');
  const file = join(folder, 'role.json');
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'watch'] }];
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'reader', namespace: 'default' },
    rules,
  };
  writeFileSync(file, JSON.stringify(role));
  t.regex(await kubectl(`auth reconcile -f ${file}`), /reconciled/);
  t.regex(await kubectl('get role reader -o yaml'), /watch/);
});

test('apiserver A102: what a binding is for cannot be changed', async (t) => {
  const { kubectl } = await setUp(t);
  await kubectl('create rolebinding ann --clusterrole=view --user=ann');
  const patch = '{"roleRef":{"name":"edit"}}';
  t.regex(
    await kubectl('patch rolebinding ann -p', patch),
    /roleRef: Invalid value: .*cannot change roleRef/,
  );
});

test('apiserver A71, A98: kubectl create token, and what reviews say of tokens', async (t) => {
  const { server, kubectl } = await setUp(t);
  await kubectl('create serviceaccount builder');
  const plain = await kubectl('create token builder');
  const who = async (token: string) =>
    (await server.ask({ token }, 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews', {}))
      .body;
  t.is((await who(plain)).status.userInfo.username, 'system:serviceaccount:default:builder');
  const claims = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8'));
  const vault = await kubectl('create token builder --audience=vault --duration=1h');
  const { aud, exp, iat } = claims(vault);
  t.deepEqual(aud, ['vault']);
  t.is(exp - iat, 3600);
  t.is((await who(vault)).code, 401);
  await kubectl('create secret generic key --from-literal=a=b');
  const words = '--bound-object-kind=Secret --bound-object-name=key';
  const bound = await kubectl(`create token builder ${words}`);
  t.is(claims(bound)['kubernetes.io'].secret.name, 'key');
  t.is((await who(bound)).status.userInfo.username, 'system:serviceaccount:default:builder');
  await kubectl('delete secret key');
  t.is((await who(bound)).code, 401);

  const review = async (spec: object) =>
    (await server.as('POST /apis/authentication.k8s.io/v1/tokenreviews', { spec })).body.status;
  t.like(await review({ token: plain }), {
    authenticated: true,
    user: { username: 'system:serviceaccount:default:builder' },
    audiences: ['https://kubernetes.default.svc.cluster.local'],
  });
  t.like(await review({ token: vault, audiences: ['vault', 'x'] }), {
    authenticated: true,
    audiences: ['vault'],
  });
  const wrong = await review({ token: vault });
  t.is(wrong.authenticated, undefined);
  t.regex(wrong.error, /is invalid for the target audiences/);
  t.is((await review({ token: 'abc' })).authenticated, undefined);
});

test('apiserver A95: a Secret that asks for a token gets one, and goes with its account', async (t) => {
  const { server, kubectl, apply } = await setUp(t);
  await kubectl('create serviceaccount old');
  const read = async (key: string) =>
    Buffer.from(await kubectl('get secret old -o', `jsonpath={.data.${key}}`), 'base64').toString();
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name: 'old', annotations: { 'kubernetes.io/service-account.name': 'old' } },
  });
  await until(t, () => read('token'), /\./);
  t.is(await read('namespace'), 'default');
  const token = await read('token');
  const ask = () =>
    server.ask({ token }, 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews', {});
  const { body } = await ask();
  t.is(body.status.userInfo.username, 'system:serviceaccount:default:old');
  await kubectl('label secret old kubernetes.io/legacy-token-invalid-since=2030-01-01');
  t.is((await ask()).code, 401);
  await kubectl('label secret old kubernetes.io/legacy-token-invalid-since-');
  t.is((await ask()).code, 201);
  const ref = '{"secrets":[{"name":"old"}]}';
  await kubectl('patch serviceaccount old -p', ref);
  t.regex((await ask()).warnings.join(), /Use tokens from the TokenRequest API/);
  await kubectl('delete serviceaccount old');
  t.is((await ask()).code, 401);
  await until(t, () => kubectl('get secret old'), /not found/);
});

test('apiserver A96: bootstrap tokens', async (t) => {
  const { server, apply } = await setUp(t);
  const bootstrap = (id: string, more: object = {}) =>
    apply({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'bootstrap.kubernetes.io/token',
      metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
      stringData: {
        'token-id': id,
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        ...more,
      },
    });
  const who = async (id: string, secret = '0123456789abcdef') => {
    const token = `${id}.${secret}`;
    const path = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { code, body } = await server.ask({ token }, path, {});
    const { username, groups = [] } = body.status?.userInfo ?? {};
    return code === 201 ? [username, ...groups].join(' ') : String(code);
  };
  await bootstrap('abcdef', { 'auth-extra-groups': 'system:bootstrappers:workers' });
  await bootstrap('aaaaaa', { expiration: '2020-01-01T00:00:00Z' });
  await bootstrap('bbbbbb', { 'usage-bootstrap-authentication': 'false' });
  await bootstrap('cccccc', { 'auth-extra-groups': 'system:masters' });
  t.is(
    await who('abcdef'),
    'system:bootstrap:abcdef system:bootstrappers system:bootstrappers:workers system:authenticated',
  );
  t.is(await who('abcdef', '0123456789abcdee'), '401');
  for (const id of ['aaaaaa', 'bbbbbb', 'cccccc', 'dddddd']) t.is(await who(id), '401', id);
});

test('apiserver A107: kubectl certificate approve and deny, by who may use the signer', async (t) => {
  const { ground, kubectl, kubectlOf, apply } = await setUp(t);
  const signer = 'kubernetes.io/kube-apiserver-client';
  const ask = async (name: string, subject: string, signerName = signer) =>
    apply({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name },
      spec: { request: await createRequest(subject), signerName, usages: ['client auth'] },
    });
  t.regex(await ask('ann', 'CN=ann, O=dev'), /created/);
  t.regex(await ask('bob', 'CN=bob, O=dev'), /created/);
  t.regex(
    await ask('root', 'CN=eve, O=system:masters'),
    /use of kubernetes.io\/kube-apiserver-client signer with system:masters group is not allowed/,
  );
  t.regex(await kubectl('get csr ann'), /admin +<none> +Pending/);
  const approver = kubectlOf(await ground.authority.issue({ subject: 'CN=approver' }));
  await kubectl(
    'create clusterrole approver --verb=get,list,update --resource=certificatesigningrequests,certificatesigningrequests/approval',
  );
  await kubectl('create clusterrolebinding approver --clusterrole=approver --user=approver');
  t.regex(
    await approver('certificate approve ann'),
    /user not permitted to approve requests with signerName "kubernetes.io\/kube-apiserver-client"/,
  );
  const name = 'system:certificates.k8s.io:kube-apiserver-client-approver';
  await kubectl(`create clusterrolebinding signers --clusterrole=${name} --user=approver`);
  t.regex(await approver('certificate approve ann'), /approved/);
  t.regex(await approver('certificate deny bob'), /denied/);
  t.regex(await kubectl('get csr ann'), /Approved/);
  t.regex(await kubectl('get csr bob'), /Denied/);
  t.regex(await approver('certificate approve bob'), /already Denied/);
});

test('apiserver A107: only who may use the signer hands out its certificates', async (t) => {
  const { ground, server, kubectl, apply } = await setUp(t);
  const signerName = 'example.com/internal';
  await apply({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'ann' },
    spec: { request: await createRequest('CN=ann'), signerName, usages: ['client auth'] },
  });
  const pair = await ground.authority.issue({ subject: 'CN=signer' });
  await kubectl(
    'create clusterrole writer --verb=get,update,patch --resource=certificatesigningrequests/status',
  );
  await kubectl('create clusterrolebinding writer --clusterrole=writer --user=signer');
  const certificate = Buffer.from(pair.cert).toString('base64');
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests/ann/status';
  const hand = () => server.ask({ pair }, `PATCH ${path}`, { status: { certificate } });
  const { code, body } = await hand();
  t.is(code, 403);
  t.regex(
    body.message,
    /user not permitted to sign requests with signerName "example.com\/internal"/,
  );
  await kubectl(
    'create clusterrole signer --verb=sign --resource=signers.certificates.k8s.io --resource-name=example.com/*',
  );
  await server.as('POST /apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'sign' },
    rules: [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['signers'],
        resourceNames: ['example.com/*'],
        verbs: ['sign'],
      },
    ],
  });
  await kubectl('create clusterrolebinding signer --clusterrole=sign --user=signer');
  t.is((await hand()).code, 200);
});

test('security A3: a node asks for its own certificates only', async (t) => {
  const { ground, server } = await setUp(t);
  const pair = await ground.authority.issue({ subject: 'O=system:nodes, CN=system:node:one' });
  const ask = async (subject: string) => {
    const request = await createRequest(subject);
    const signerName = 'kubernetes.io/kubelet-serving';
    const usages = ['digital signature', 'server auth'];
    const { code } = await server.ask(
      { pair },
      'POST /apis/certificates.k8s.io/v1/certificatesigningrequests',
      { metadata: { generateName: 'csr-' }, spec: { request, signerName, usages } },
    );
    return code;
  };
  t.is(await ask('CN=system:node:one, O=system:nodes'), 201);
  t.is(await ask('CN=system:node:two, O=system:nodes'), 403);
});

test('security A4: what belongs to no namespace is not found in one', async (t) => {
  const { server } = await setUp(t);
  const paths = [
    '/apis/rbac.authorization.k8s.io/v1/namespaces/default/clusterroles/admin',
    '/api/v1/namespaces/default/nodes',
    '/apis/certificates.k8s.io/v1/namespaces/default/certificatesigningrequests',
    '/api/v1/namespaces/default/persistentvolumes',
  ];
  for (const path of paths) t.is((await server.as(`GET ${path}`)).code, 404, path);
});

/** Each by its verb, its path and, where it writes, what it writes. */
const theft: [string, object?][] = [
  ['GET /api/v1/secrets'],
  ['GET /api/v1/namespaces/default/secrets'],
  ['GET /api/v1/namespaces/default/secrets/theirs'],
  ['GET /api/v1/namespaces/default/secrets/theirs?watch=true'],
  ['GET /api/v1/namespaces/default/configmaps'],
  ['GET /api/v1/namespaces/default/configmaps/theirs'],
  ['GET /api/v1/pods'],
  ['GET /api/v1/pods?fieldSelector=spec.nodeName%3Dtwo'],
  ['GET /api/v1/namespaces/default/pods/theirs'],
  ['GET /api/v1/nodes'],
  ['GET /api/v1/nodes/two'],
  ['DELETE /api/v1/nodes/one'],
  ['DELETE /api/v1/namespaces/default/pods/theirs'],
  ['PATCH /api/v1/nodes/two/status', { status: { phase: 'Running' } }],
  ['PATCH /api/v1/nodes/one', { metadata: { labels: { 'node-role.kubernetes.io/x': '' } } }],
  ['PATCH /api/v1/nodes/one', { metadata: { labels: { 'node-restriction.kubernetes.io/x': '' } } }],
  ['PATCH /api/v1/nodes/one', { spec: { taints: [] } }],
  [
    'PATCH /api/v1/nodes/one',
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x' }] } },
  ],
  ['PATCH /api/v1/namespaces/default/pods/mine', { metadata: { labels: { a: 'b' } } }],
  ['PATCH /api/v1/namespaces/default/pods/mine/status', { metadata: { labels: { a: 'b' } } }],
  ['PATCH /api/v1/namespaces/default/pods/theirs/status', { status: { phase: 'Failed' } }],
  [
    'POST /api/v1/namespaces/default/pods',
    {
      metadata: { name: 'new' },
      spec: { nodeName: 'one', containers: [{ name: 'a', image: 'a' }] },
    },
  ],
  ['POST /api/v1/namespaces/default/pods/mine/exec'],
  ['POST /api/v1/namespaces/default/serviceaccounts/other/token', { spec: {} }],
  ['POST /api/v1/namespaces/default/serviceaccounts/default/token', { spec: {} }],
  [
    'POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
    { metadata: { name: 'two' } },
  ],
  [
    'POST /apis/coordination.k8s.io/v1/namespaces/kube-system/leases',
    { metadata: { name: 'one' } },
  ],
  ['POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'x' } }],
  ['POST /apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'x' } }],
  ['GET /metrics'],
];

test("security A3: a node's certificate, stolen, opens none of thirty doors", async (t) => {
  const { ground, server, kubectl } = await setUp(t);
  const pair = await ground.authority.issue({ subject: 'O=system:nodes, CN=system:node:one' });
  const pods = '/api/v1/namespaces/default/pods';
  const pod = (name: string, nodeName: string, volume: object) => ({
    metadata: { name },
    spec: {
      nodeName,
      containers: [{ name: 'a', image: 'a' }],
      volumes: [{ name: 'v', ...volume }],
    },
  });
  for (const name of ['default', 'other']) await kubectl(`create serviceaccount ${name}`);
  for (const name of ['mine', 'theirs']) {
    await kubectl(`create secret generic ${name}`);
    await kubectl(`create configmap ${name}`);
  }
  const taints = [{ key: 'a', effect: 'NoSchedule' }];
  await server.as('POST /api/v1/nodes', { metadata: { name: 'one' }, spec: { taints } });
  await server.as('POST /api/v1/nodes', { metadata: { name: 'two' } });
  const own = await server.as(
    `POST ${pods}`,
    pod('mine', 'one', { secret: { secretName: 'mine' } }),
  );
  t.is(own.code, 201, own.body.message);
  await server.as(`POST ${pods}`, pod('theirs', 'two', { secret: { secretName: 'theirs' } }));

  const open = await server.ask({ pair }, 'GET /api/v1/namespaces/default/secrets/mine');
  t.is(open.code, 200, 'the control');
  t.is(theft.length, 30);
  for (const [line, body] of theft) {
    const answer = await server.ask({ pair }, line, body);
    t.is(answer.code, 403, `${line} ${JSON.stringify(body)}: ${answer.body.message}`);
  }
});

test('security A4: a watch of one name shows no other, however the path says it', async (t) => {
  const { ground, server, kubectl } = await setUp(t);
  const pair = await ground.authority.issue({ subject: 'CN=ann' });
  await kubectl(
    'create clusterrole mine --verb=get,list,watch --resource=secrets --resource-name=mine',
  );
  await kubectl('create clusterrolebinding mine --clusterrole=mine --user=ann');
  for (const name of ['mine', 'other']) await kubectl(`create secret generic ${name}`);
  const space = '/api/v1/namespaces/default/secrets';
  const paths = [
    '/api/v1/secrets/mine?watch=true&',
    '/api/v1/watch/secrets/mine?',
    `${space}/mine?watch=true&`,
    '/api/v1/watch/namespaces/default/secrets/mine?',
    `${space}?fieldSelector=metadata.name%3Dmine&watch=true&`,
    `${space}?fieldSelector=type%21%3Da%5C%2Cmetadata.name%3Dmine&watch=true&`,
    `${space}?fieldSelector=type%21%3Da%5C%2Cmetadata.name%3Dmine&`,
  ];
  const look = async (path: string) => {
    const { body } = await server.ask({ pair }, `GET ${path}timeoutSeconds=1`);
    return JSON.stringify(body);
  };
  const shown = await Promise.all(paths.map(look));
  for (const [index, text] of shown.entries()) t.notRegex(text, /"name":"other"/, paths[index]);
  t.regex(shown[1]!, /"name":"mine"/);
});
