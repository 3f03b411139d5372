/** Paths below an object, over real HTTPS. */
import test from 'ava';
import { toTime } from '../../base/clock.ts';
import { startServer } from '../testing.ts';

const pods = '/api/v1/namespaces/default/pods';

const container = (name: string, more = {}) => ({ name, image: 'busybox', ...more });

const pod = (name: string, more = {}, labels = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web', ...labels } },
  spec: { containers: [container('a')], ...more },
});

/** A pod that runs on a node, ready unless told otherwise. */
async function runPod(
  { ask }: Awaited<ReturnType<typeof startServer>>,
  body: ReturnType<typeof pod>,
  status: object = {},
) {
  const { name } = body.metadata;
  await ask(`POST ${pods}`, body);
  await ask(`POST ${pods}/${name}/binding`, { target: { kind: 'Node', name: 'one' } });
  const { body: bound } = await ask(`GET ${pods}/${name}`);
  const conditions = [{ type: 'Ready', status: 'True' }];
  const { body: running } = await ask(`PUT ${pods}/${name}/status`, {
    ...bound,
    status: { ...bound.status, phase: 'Running', conditions, ...status },
  });
  return running;
}

const messageOf = ({ code, body }: { code: number; body: { message?: string } }) =>
  `${code} ${body.message}`;

test('apiserver A62: status is read, replaced and patched apart from the rest', async (t) => {
  const server = await startServer(t);
  const { ask } = server;
  const { body: made } = await ask(`POST ${pods}`, pod('web'));
  const changed = {
    ...made,
    metadata: { ...made.metadata, annotations: { a: 'b' } },
    spec: { ...made.spec, activeDeadlineSeconds: 5 },
    status: { phase: 'Running' },
  };
  const { body: put } = await ask(`PUT ${pods}/web/status`, changed);
  t.is(put.status.phase, 'Running');
  t.is(put.spec.activeDeadlineSeconds, undefined);
  t.is(put.metadata.generation, made.metadata.generation);
  const patch = { status: { message: 'hello' }, spec: { activeDeadlineSeconds: 5 } };
  const line = `PATCH ${pods}/web/status content-type=application/merge-patch+json`;
  const { body: patched } = await ask(line, patch);
  t.like(patched.status, { phase: 'Running', message: 'hello' });
  t.is(patched.spec.activeDeadlineSeconds, undefined);
  t.is((await ask(`GET ${pods}/web/status`)).body.status.message, 'hello');
  const { body: object } = await ask(`PUT ${pods}/web`, {
    ...patched,
    status: { phase: 'Failed' },
  });
  t.is(object.status.phase, 'Running');
  t.is((await ask(`PUT ${pods}/web/status`, changed)).code, 409);
});

test('apiserver A64: binding gives a pod its node, once', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${pods}`, pod('web'));
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'web', annotations: { why: 'because' } },
    target: { kind: 'Node', name: 'one' },
  };
  const dry = await ask(`POST ${pods}/web/binding?dryRun=All`, binding);
  t.is(dry.code, 201);
  t.is((await ask(`GET ${pods}/web`)).body.spec.nodeName, undefined);
  const { code, body } = await ask(`POST ${pods}/web/binding`, binding);
  t.is(`${code} ${body.status}`, '201 Success');
  const { body: bound } = await ask(`GET ${pods}/web`);
  t.is(bound.spec.nodeName, 'one');
  t.is(bound.metadata.annotations.why, 'because');
  t.like(bound.status.conditions[0], { type: 'PodScheduled', status: 'True' });
  t.is(
    messageOf(await ask(`POST ${pods}/web/binding`, binding)),
    '409 Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "one"',
  );
  t.is((await ask(`POST ${pods}/none/binding`, binding)).code, 404);
});

const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

async function makeBudget(
  { ask }: Awaited<ReturnType<typeof startServer>>,
  status: object,
  spec: object = {},
) {
  const { body } = await ask(`POST ${budgets}`, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'budget' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...spec },
  });
  await ask(`PUT ${budgets}/budget/status`, {
    ...body,
    status: { observedGeneration: 1, ...counts(status) },
  });
}

const counts = (given: object) => ({
  disruptionsAllowed: 0,
  currentHealthy: 1,
  desiredHealthy: 1,
  expectedPods: 1,
  ...given,
});

const eviction = (name: string, deleteOptions?: object) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name, namespace: 'default' },
  ...(deleteOptions && { deleteOptions }),
});

test('apiserver A65: an eviction without a budget is a delete, with its options', async (t) => {
  const server = await startServer(t);
  const { ask } = server;
  const { metadata } = await runPod(server, pod('web'));
  const wrong = eviction('web', { preconditions: { uid: 'other' } });
  t.regex(messageOf(await ask(`POST ${pods}/web/eviction`, wrong)), /^409 .*UID in precondition/);
  const options = { gracePeriodSeconds: 7, preconditions: { uid: metadata.uid } };
  const { code, body } = await ask(`POST ${pods}/web/eviction`, eviction('web', options));
  t.is(`${code} ${body.kind} ${body.status}`, '201 Status Success');
  const { body: ending } = await ask(`GET ${pods}/web`);
  t.is(ending.metadata.deletionGracePeriodSeconds, 7);
  const target = ending.status.conditions.find(
    ({ type }: { type: string }) => type === 'DisruptionTarget',
  );
  t.like(target, { status: 'True', reason: 'EvictionByEvictionAPI' });
});

test('apiserver A65: the body of an eviction names the pod of the path', async (t) => {
  const server = await startServer(t);
  await runPod(server, pod('web'));
  const { ask } = server;
  t.is(
    messageOf(await ask(`POST ${pods}/web/eviction`, eviction('other'))),
    '400 name in URL does not match name in Eviction object',
  );
  t.is((await ask(`POST ${pods}/none/eviction`, eviction('none'))).code, 404);
  t.is((await ask(`POST ${pods}/web/eviction`, { kind: 'Pod' })).code, 400);
  const old = { ...eviction('web'), apiVersion: 'policy/v1beta1' };
  t.is((await ask(`POST ${pods}/web/eviction`, old)).code, 201);
});

test('apiserver A65: a budget without room answers 429 with its cause', async (t) => {
  const server = await startServer(t);
  const { ask } = server;
  await runPod(server, pod('web'));
  await makeBudget(server, {});
  const { code, body } = await ask(`POST ${pods}/web/eviction`, eviction('web'));
  t.is(code, 429);
  t.like(body, {
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
  });
  t.deepEqual(body.details.causes, [
    {
      reason: 'DisruptionBudget',
      message: 'The disruption budget budget needs 1 healthy pods and has 1 currently',
    },
  ]);
  t.is((await ask(`GET ${pods}/web`)).body.metadata.deletionTimestamp, undefined);
});

test('apiserver A65: each eviction takes one from the budget, a dry run none', async (t) => {
  const server = await startServer(t);
  const { ask } = server;
  for (const name of ['a', 'b']) await runPod(server, pod(name));
  await makeBudget(server, { disruptionsAllowed: 1, currentHealthy: 2 });
  const dry = eviction('a', { dryRun: ['All'] });
  t.is((await ask(`POST ${pods}/a/eviction`, dry)).code, 201);
  t.is((await ask(`POST ${pods}/a/eviction?dryRun=All`, eviction('a'))).code, 201);
  t.is((await ask(`GET ${budgets}/budget`)).body.status.disruptionsAllowed, 1);
  t.is((await ask(`GET ${pods}/a`)).body.metadata.deletionTimestamp, undefined);
  const codes = await Promise.all(
    ['a', 'b'].map(
      async (name) => (await ask(`POST ${pods}/${name}/eviction`, eviction(name))).code,
    ),
  );
  t.deepEqual(codes.sort(), [201, 429]);
  const { status } = (await ask(`GET ${budgets}/budget`)).body;
  t.is(status.disruptionsAllowed, 0);
  t.is(Object.keys(status.disruptedPods).length, 1);
  t.like(status.conditions[0], { type: 'DisruptionAllowed', status: 'False' });
});

test('apiserver A65: pods that serve nobody go freely', async (t) => {
  for (const [status, spec, want] of [
    [{ phase: 'Succeeded' }, {}, 201],
    [{ phase: 'Pending' }, {}, 201],
    [{ conditions: [{ type: 'Ready', status: 'False' }] }, {}, 201],
    [{ conditions: [] }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }, 201],
  ] as const) {
    const server = await startServer(t);
    await runPod(server, pod('web'), status);
    await makeBudget(server, {}, spec);
    t.is((await server.ask(`POST ${pods}/web/eviction`, eviction('web'))).code, want);
    await server.stop();
  }
  const server = await startServer(t);
  await runPod(server, pod('web'), { conditions: [] });
  await makeBudget(server, { currentHealthy: 0 });
  t.is((await server.ask(`POST ${pods}/web/eviction`, eviction('web'))).code, 429);
});

test('apiserver A65: a budget that nobody has looked at yet, and two budgets', async (t) => {
  const server = await startServer(t);
  const { ask } = server;
  await runPod(server, pod('web'));
  await makeBudget(server, { observedGeneration: 0, disruptionsAllowed: 5 });
  const { code, headers, body } = await ask(`POST ${pods}/web/eviction`, eviction('web'));
  t.is(`${code} ${headers['retry-after']}`, '429 10');
  t.regex(body.details.causes[0].message, /is still being processed by the server/);
  await ask(`POST ${budgets}`, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'second' },
    spec: { maxUnavailable: 1, selector: {} },
  });
  t.regex(
    messageOf(await ask(`POST ${pods}/web/eviction`, eviction('web'))),
    /^500 This pod has more than one PodDisruptionBudget/,
  );
});

const debugger_ = (name: string) => ({ name, image: 'busybox', stdin: true });

test('apiserver A69: ephemeral containers are added, and nothing else changes', async (t) => {
  const server = await startServer(t);
  const { ask } = server;
  const before = await runPod(server, pod('web'));
  t.is((await ask(`GET ${pods}/web/ephemeralcontainers`)).body.kind, 'Pod');
  const ephemeralContainers = [debugger_('one')];
  const draft = {
    ...before,
    metadata: { ...before.metadata, labels: { app: 'other' } },
    spec: { ...before.spec, ephemeralContainers, activeDeadlineSeconds: 5 },
    status: { phase: 'Failed' },
  };
  const { code, body } = await ask(`PUT ${pods}/web/ephemeralcontainers`, draft);
  t.is(code, 200);
  t.like(body.spec.ephemeralContainers[0], {
    name: 'one',
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'Always',
  });
  t.like(body, { metadata: { labels: { app: 'web' } }, status: { phase: 'Running' } });
  t.is(body.spec.activeDeadlineSeconds, undefined);
  t.is(body.metadata.generation, before.metadata.generation + 1);
  const strategic = 'content-type=application/strategic-merge-patch+json';
  const patch = { spec: { ephemeralContainers: [debugger_('two')] } };
  const { body: two } = await ask(`PATCH ${pods}/web/ephemeralcontainers ${strategic}`, patch);
  t.deepEqual(two.spec.ephemeralContainers.map(({ name }: { name: string }) => name).sort(), [
    'one',
    'two',
  ]);
  const fewer = { ...two, spec: { ...two.spec, ephemeralContainers: [debugger_('two')] } };
  t.is((await ask(`PUT ${pods}/web/ephemeralcontainers`, fewer)).code, 422);
  t.is((await ask(`PUT ${pods}/web/ephemeralcontainers`, draft)).code, 409);
  t.is((await ask(`PUT ${pods}/web`, fewer)).code, 422, 'not by way of the pod itself');
  t.is((await ask(`POST ${pods}/web/ephemeralcontainers`, draft)).code, 405);
});

const limits = (cpu: string, memory = '64Mi') => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});

test('apiserver A70: a resize changes cpu and memory, and nothing else', async (t) => {
  const server = await startServer(t);
  const { ask } = server;
  const body = pod('web', { containers: [container('a', { resources: limits('100m') })] });
  const before = await runPod(server, body);
  const resized = (resources: object, more = {}) => ({
    ...before,
    metadata: { ...before.metadata, resourceVersion: undefined },
    spec: { ...before.spec, containers: [{ ...before.spec.containers[0], resources, ...more }] },
  });
  t.is(
    (await ask(`PUT ${pods}/web`, resized(limits('200m')))).code,
    422,
    'only by the subresource',
  );
  const { code, body: after } = await ask(
    `PUT ${pods}/web/resize`,
    resized(limits('200m'), { image: 'evil' }),
  );
  t.is(code, 200);
  t.deepEqual(after.spec.containers[0].resources, limits('200m'));
  t.is(after.spec.containers[0].image, 'busybox');
  t.is(after.metadata.generation, before.metadata.generation + 1);
  const strategic = 'content-type=application/strategic-merge-patch+json';
  const patch = { spec: { containers: [{ name: 'a', resources: limits('300m') }] } };
  const { body: patched } = await ask(`PATCH ${pods}/web/resize ${strategic}`, patch);
  t.is(patched.spec.containers[0].resources.limits.cpu, '300m');
  t.regex(
    messageOf(await ask(`PUT ${pods}/web/resize`, resized({ requests: { cpu: '1m' } }))),
    /^422 .*Pod QOS Class may not change as a result of resizing/,
  );
  t.is((await ask(`GET ${pods}/web/resize`)).body.kind, 'Pod');
});

test('apiserver A72: only finalize takes the finalizers of a namespace away', async (t) => {
  const { ask } = await startServer(t);
  const { body: made } = await ask('POST /api/v1/namespaces', { metadata: { name: 'shop' } });
  t.deepEqual(made.spec.finalizers, ['kubernetes']);
  const without = { ...made, spec: { finalizers: [] } };
  const { body: kept } = await ask('PUT /api/v1/namespaces/shop', without);
  t.deepEqual(kept.spec.finalizers, ['kubernetes']);
  const { body: marked } = await ask('PUT /api/v1/namespaces/shop/status', {
    ...kept,
    status: { phase: 'Active', conditions: [condition()] },
  });
  t.is(marked.status.conditions.length, 1);
  const { body: ending } = await ask('DELETE /api/v1/namespaces/shop');
  t.is(ending.status.phase, 'Terminating');
  const { code } = await ask('PUT /api/v1/namespaces/shop/finalize', {
    ...ending,
    spec: { finalizers: [] },
  });
  t.is(code, 200);
  t.is((await ask('GET /api/v1/namespaces/shop')).code, 404);
});

const condition = () => ({
  type: 'NamespaceDeletionContentFailure',
  status: 'False',
  lastTransitionTime: toTime(Date.now()),
});
