import test, { type ExecutionContext } from 'ava';
import { chainPlugins } from '../admission/chain.ts';
import { config, configs, startServer } from '../testing.ts';

const apply = 'content-type=application/apply-patch+yaml';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
type Any = any;

const web = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...metadata },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'a', image: 'x' }] },
    },
    ...spec,
  },
});

async function start(t: ExecutionContext) {
  const server = await startServer(t);
  /** `PATCH path` as one manager, with more of the query behind a blank. */
  const applyAs = (manager: string, path: string, body: unknown, query = '') =>
    server.ask(`PATCH ${path}?fieldManager=${manager}${query} ${apply}`, body);
  return { ...server, applyAs };
}

/** Sorted by name: their own order begins with the second in which they wrote. */
const entries = (body: Any): string[] =>
  (body.metadata.managedFields ?? [])
    .map(({ manager, operation, subresource, apiVersion }: Any) => {
      return `${manager}${subresource ? `/${subresource}` : ''} ${operation} ${apiVersion}`;
    })
    .sort();

test('apiserver A56: an apply creates, changes, and takes away what it says no more', async (t) => {
  const { applyAs, ask } = await start(t);
  const path = `${configs}/c`;
  const made = await applyAs('me', path, config('c', { a: '1', b: '1' }));
  t.is(made.code, 201);
  t.deepEqual(entries(made.body), ['me Apply v1']);
  t.deepEqual(made.body.metadata.managedFields[0].fieldsV1, { 'f:data': { 'f:a': {}, 'f:b': {} } });
  const changed = await applyAs('me', path, 'apiVersion: v1\nkind: ConfigMap\ndata: {a: "2"}\n');
  t.is(changed.code, 200);
  t.deepEqual(changed.body.data, { a: '2' });
  const same = await applyAs('me', path, config('c', { a: '2' }));
  t.is(same.body.metadata.resourceVersion, changed.body.metadata.resourceVersion);
  t.deepEqual(same.body.metadata.managedFields, changed.body.metadata.managedFields);
  const dry = await applyAs('me', path, config('c', { a: '3' }), '&dryRun=All');
  t.deepEqual(dry.body.data, { a: '3' });
  t.deepEqual((await ask(`GET ${path}`)).body.data, { a: '2' });
  const dryNew = await applyAs('me', `${configs}/d`, config('d'), '&dryRun=All');
  t.is(dryNew.code, 201);
  t.is((await ask(`GET ${configs}/d`)).code, 404);
});

test('apiserver A56: what others own is a conflict, unless it is forced', async (t) => {
  const { applyAs, ask } = await start(t);
  await ask(`POST ${deployments}?fieldManager=kubectl-client-side-apply`, web({ replicas: 1 }));
  const path = `${deployments}/web`;
  const refused = await applyAs('me', path, web({ replicas: 3 }));
  t.is(refused.code, 409);
  t.like(refused.body, {
    reason: 'Conflict',
    message:
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: ' +
      '.spec.replicas',
    details: {
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "kubectl-client-side-apply" using apps/v1',
          field: '.spec.replicas',
        },
      ],
    },
  });
  const forced = await applyAs('me', path, web({ replicas: 3 }), '&force=true');
  t.is(forced.code, 200);
  t.is(forced.body.spec.replicas, 3);
  t.is(forced.body.metadata.generation, 2);
});

test('apiserver A56: who applies, and what, must be sound', async (t) => {
  const { ask, applyAs } = await start(t);
  const path = `${configs}/c`;
  const unnamed = await ask(`PATCH ${path} ${apply}`, config('c'));
  t.is(
    unnamed.body.message,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: ' +
      'is required for apply patch',
  );
  t.is((await applyAs('x'.repeat(129), path, config('c'))).code, 422);
  t.is((await applyAs('a%00b', path, config('c'))).code, 422);
  const merge = 'content-type=application/merge-patch+json';
  const forced = await ask(`PATCH ${path}?force=true ${merge}`, {});
  t.is(
    forced.body.message,
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: ' +
      'may not be specified for non-apply patch',
  );
  const untyped = await applyAs('me', path, { metadata: { name: 'c' } });
  t.deepEqual([untyped.code, untyped.body.message], [400, 'invalid object type: , Kind=']);
  const owned = { ...config('c'), metadata: { name: 'c', managedFields: [] } };
  t.is((await applyAs('me', path, owned)).body.message, 'metadata.managedFields must be nil');
  const unknown = await applyAs('me', path, { ...config('c'), dat: {} });
  t.is(unknown.code, 500);
  t.is(
    unknown.body.message,
    'failed to create typed patch object (default/c; v1, Kind=ConfigMap): ' +
      '.dat: field not declared in schema',
  );
  const cbor = 'content-type=application/apply-patch+cbor';
  t.is((await ask(`PATCH ${path}?fieldManager=me ${cbor}`, 'x')).code, 415);
  const twice = '{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","a":"2"}}';
  t.is((await applyAs('me', path, twice, '&fieldValidation=Strict')).code, 400);
  const warned = await applyAs('me', path, twice);
  t.is(warned.code, 201);
  t.regex(String(warned.headers.warning), /strict|converting YAML/);
});

test('apiserver A56: uid and resourceVersion in an apply are conditions', async (t) => {
  const { applyAs } = await start(t);
  const withMeta = (metadata: object) => ({ ...config('c', { a: '1' }), metadata });
  const path = `${configs}/c`;
  const foreign = await applyAs('me', path, withMeta({ name: 'c', uid: 'u' }));
  t.is(foreign.code, 409);
  t.regex(foreign.body.message, /uid mismatch: the provided object specified uid u/);
  const { body } = await applyAs('me', path, config('c'));
  const { uid, resourceVersion } = body.metadata;
  t.is((await applyAs('me', path, withMeta({ uid, resourceVersion }))).code, 200);
  const late = await applyAs('me', path, { ...withMeta({ resourceVersion }), data: { a: '2' } });
  t.is(late.code, 409);
  t.is((await applyAs('me', path, withMeta({ uid: 'other' }))).code, 422);
});

test('apiserver A57: each way to write has its owner', async (t) => {
  const { ask, applyAs } = await start(t);
  const agent = 'user-agent=kubectl/v1.35';
  const path = `${deployments}/web`;
  await ask(`POST ${deployments} ${agent}`, web({ replicas: 1 }));
  const merge = 'content-type=application/merge-patch+json';
  await ask(`PATCH ${path}?fieldManager=labeller ${merge}`, { metadata: { labels: { a: 'b' } } });
  const condition = { type: 'Available', status: 'True' };
  await ask(`PATCH ${path}/status user-agent=controller/1 ${merge}`, {
    status: { conditions: [condition] },
  });
  await ask(`PUT ${path}/scale?fieldManager=scaler`, { spec: { replicas: 2 } });
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 2 } };
  t.is((await applyAs('applier', `${path}/scale`, scale)).body.spec.replicas, 2);
  const applied = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    status: { conditions: [condition] },
  };
  t.is((await applyAs('status', `${path}/status`, applied)).code, 200);
  const { body } = await ask(`GET ${path}`);
  t.deepEqual(entries(body), [
    'applier/scale Apply apps/v1',
    'controller/status Update apps/v1',
    'kubectl Update apps/v1',
    'labeller Update apps/v1',
    'scaler/scale Update apps/v1',
    'status/status Apply apps/v1',
  ]);
  const other = { ...scale, spec: { replicas: 3 } };
  const refused = await applyAs('third', `${path}/scale`, other);
  t.is(refused.code, 409);
  t.deepEqual(
    refused.body.details.causes.map((cause: Any) => cause.message),
    [
      'conflict with "applier" with subresource "scale"',
      'conflict with "scaler" with subresource "scale" using apps/v1',
    ],
  );
  t.is((await applyAs('x', `${deployments}/none/status`, { ...applied })).code, 404);
});

test('apiserver A57: managedFields may be thrown away, and stay away until an apply', async (t) => {
  const { ask, applyAs } = await start(t);
  const path = `${configs}/c`;
  await ask(`POST ${configs}?fieldManager=one`, config('c', { a: '1' }));
  const json = 'content-type=application/json-patch+json';
  const replace = (value: unknown) => [{ op: 'replace', path: '/metadata/managedFields', value }];
  const kept = await ask(`PATCH ${path} ${json}`, replace([]));
  t.deepEqual(entries(kept.body), ['one Update v1']);
  const reset = await ask(`PATCH ${path} ${json}`, replace([{}]));
  t.is(reset.body.metadata.managedFields, undefined);
  const put = await ask(`PUT ${path}`, config('c', { a: '2' }));
  t.is(put.body.metadata.managedFields, undefined);
  const applied = await applyAs('me', path, config('c', { b: '1' }));
  t.deepEqual(entries(applied.body), ['before-first-apply Update v1', 'me Apply v1']);
});

test('apiserver A57: owners keep the version in which they wrote', async (t) => {
  const { ask, applyAs } = await start(t);
  const at = (version: string) =>
    `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
  const scaler = (version: string, spec: object) => ({
    apiVersion: `autoscaling/${version}`,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3, ...spec },
  });
  const share = (averageUtilization: number) => ({
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
      },
    ],
  });
  const old = scaler('v1', { targetCPUUtilizationPercentage: 50 });
  t.is((await applyAs('old', `${at('v1')}/h`, old)).code, 201);
  const same = await applyAs('new', `${at('v2')}/h`, scaler('v2', share(50)));
  t.is(same.code, 200, same.body.message);
  t.deepEqual(entries(same.body), ['new Apply autoscaling/v2', 'old Apply autoscaling/v1']);
  const refused = await applyAs('new', `${at('v2')}/h`, scaler('v2', share(60)));
  t.is(
    refused.body.message,
    'Apply failed with 1 conflict: conflict with "old": .spec.targetCPUUtilizationPercentage',
  );
  const merge = 'content-type=application/merge-patch+json';
  const patched = await ask(`PATCH ${at('v1')}/h?fieldManager=edit ${merge}`, {
    spec: { targetCPUUtilizationPercentage: 70 },
  });
  t.deepEqual(entries(patched.body), [
    'edit Update autoscaling/v1',
    'new Apply autoscaling/v2',
    'old Apply autoscaling/v1',
  ]);
  const { body } = await ask(`GET ${at('v2')}/h`);
  t.is(body.spec.metrics[0].resource.target.averageUtilization, 70);
  const inNew = body.metadata.managedFields.find((entry: Any) => entry.manager === 'new');
  t.is(inNew.fieldsV1['f:spec']['f:metrics'], undefined);
});

test('apiserver A57: a write that changes nothing keeps version and owners', async (t) => {
  const { ask } = await start(t);
  const { body } = await ask(`POST ${configs}?fieldManager=one`, config('c', { a: '1' }));
  const same = await ask(`PUT ${configs}/c?fieldManager=two`, config('c', { a: '1' }));
  t.deepEqual(same.body, body);
});

test('apiserver A59: kubectl goes from client-side to server-side apply', async (t) => {
  const { ask, applyAs } = await start(t);
  const said = config('c', { a: '1', b: '1' });
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  const annotations = { [annotation]: JSON.stringify(said) };
  const query = '?fieldManager=kubectl-client-side-apply';
  await ask(`POST ${configs}${query}`, { ...said, metadata: { name: 'c', annotations } });
  const path = `${configs}/c`;
  const { body } = await applyAs('kubectl', path, config('c', { a: '2', b: '1' }));
  t.deepEqual(body.data, { a: '2', b: '1' });
  t.deepEqual(JSON.parse(body.metadata.annotations[annotation]).data, { a: '2', b: '1' });
  // What kubectl does then: the client's entry becomes part of the server-side one.
  const mine = body.metadata.managedFields.find((entry: Any) => entry.operation === 'Apply');
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value: [mine] },
    { op: 'replace', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion },
  ];
  const json = 'content-type=application/json-patch+json';
  const upgraded = await ask(`PATCH ${path} ${json}`, patch);
  t.deepEqual(entries(upgraded.body), ['kubectl Apply v1']);
  const less = await applyAs('kubectl', path, config('c', { a: '2' }));
  t.deepEqual(less.body.data, { a: '2' });
});

const kinds = ['json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json'];
for (const kind of kinds) {
  test(`apiserver A60: an ${kind} makes no object`, async (t) => {
    const { ask } = await start(t);
    const body = kind === 'json-patch+json' ? [] : {};
    const { code } = await ask(`PATCH ${configs}/none content-type=application/${kind}`, body);
    t.is(code, 404);
  });
}

test('apiserver A60: an apply that creates needs the right to create', async (t) => {
  const refused: string[] = [];
  const { ask } = await startServer(t, {
    gates: {
      authorize: (_, { verb }) => ({ allowed: verb !== 'create', reason: '' }),
      refuse: (_, { verb }) => {
        refused.push(verb);
        return new Error('refused') as never;
      },
    },
  });
  await ask(`PATCH ${configs}/c?fieldManager=me ${apply}`, config('c'));
  t.deepEqual(refused, ['create']);
  t.is((await ask(`GET ${configs}/c`)).code, 404);
});

test('apiserver A61: patches at one time all happen, without a conflict', async (t) => {
  const { ask, applyAs } = await start(t);
  await ask(`POST ${configs}`, config('c'));
  const merge = 'content-type=application/merge-patch+json';
  const numbers = Array.from({ length: 6 }, (_, index) => String(index));
  const answers = await Promise.all([
    ...numbers.map((each) => ask(`PATCH ${configs}/c ${merge}`, { data: { [`m${each}`]: each } })),
    applyAs('me', `${configs}/c`, config('c', { applied: 'x' })),
  ]);
  t.deepEqual(
    answers.map(({ code }) => code),
    Array(7).fill(200),
  );
  const { body } = await ask(`GET ${configs}/c`);
  t.is(Object.keys(body.data).length, 7);
});

test('apiserver A57: a plugin changes objects without owning, and owners only in good order', async (t) => {
  const seen: unknown[] = [];
  const meddle = (odd: unknown) => ({
    name: 'Meddler',
    mutate: ({ object }: Any) => {
      if (object.metadata.name !== 'c') return undefined; // What the server makes itself.
      seen.push(object.metadata.managedFields.length);
      object.data.added = 'x';
      object.metadata.managedFields = odd;
      return undefined;
    },
  });
  for (const odd of [undefined, [{ operation: 'Nonsense' }]]) {
    const { ask } = await startServer(t, { gates: { admission: chainPlugins([meddle(odd)]) } });
    const { body } = await ask(`POST ${configs}?fieldManager=me`, config('c', { a: '1' }));
    t.is(body.data.added, 'x');
    const fields = odd && { '.': {}, 'f:a': {} };
    t.deepEqual(body.metadata.managedFields?.[0].fieldsV1['f:data'], fields);
  }
  t.deepEqual(seen, [1, 1]);
});

test('a namespace keeps its finalizers through a plain update', async (t) => {
  const { ask } = await start(t);
  const { body } = await ask('POST /api/v1/namespaces', { metadata: { name: 'n' } });
  t.deepEqual(body.spec.finalizers, ['kubernetes']);
  const put = await ask('PUT /api/v1/namespaces/n', { metadata: { name: 'n' } });
  t.deepEqual(put.body.spec.finalizers, ['kubernetes']);
});

test("generation counts changes of the spec, and of a deployment's annotations", async (t) => {
  const { ask } = await start(t);
  const merge = 'content-type=application/merge-patch+json';
  await ask(`POST ${deployments}`, { ...web(), metadata: { name: 'web', generation: 7 } });
  const after = async (path: string, body: object) => {
    const answer = await ask(`PATCH ${deployments}/web${path} ${merge}`, body);
    return answer.body.metadata.generation;
  };
  t.is(await after('', { metadata: { labels: { a: 'b' } } }), 1);
  t.is(await after('', { spec: { replicas: 3 } }), 2);
  t.is(await after('', { metadata: { annotations: { a: 'b' } } }), 3);
  t.is(await after('/status', { status: { replicas: 3 } }), 3);
});
