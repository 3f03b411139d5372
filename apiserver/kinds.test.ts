/** Kinds of core, apps, batch, autoscaling, policy and events, as a client meets them. */
import test from 'ava';
import { startServer } from './testing.ts';

const labels = { app: 'web' };
const selector = { matchLabels: labels };
const container = { name: 'a', image: 'x' };
const template = { metadata: { labels }, spec: { containers: [container] } };
const place = (group: string, plural: string) => `/${group}/namespaces/default/${plural}`;
const merge = 'content-type=application/merge-patch+json';
const table = 'accept=application/json;as=Table;v=v1;g=meta.k8s.io';

const statefulSet = (spec: object = {}) => ({
  metadata: { name: 'web' },
  spec: { replicas: 2, serviceName: 'web', selector, template, ...spec },
});

test('apiserver A25: spec changes raise the generation, all else leaves it', async (t) => {
  const { ask } = await startServer(t);
  const sets = place('apis/apps/v1', 'statefulsets');
  const made = await ask(`POST ${sets}`, {
    ...statefulSet(),
    status: { replicas: 9 },
  });
  t.is(made.code, 201);
  t.is(made.body.metadata.generation, 1);
  t.deepEqual(made.body.status, { replicas: 0, availableReplicas: 0 });
  const labelled = await ask(`PATCH ${sets}/web ${merge}`, { metadata: { labels } });
  t.is(labelled.body.metadata.generation, 1);
  const spec = { replicas: 7 };
  const status = await ask(`PATCH ${sets}/web/status ${merge}`, { spec, status: { replicas: 2 } });
  t.is(status.body.metadata.generation, 1);
  t.is(status.body.spec.replicas, 2);
  t.is(status.body.status.replicas, 2);
  const scaled = await ask(`PATCH ${sets}/web ${merge}`, { spec, status: { replicas: 5 } });
  t.is(scaled.body.metadata.generation, 2);
  t.is(scaled.body.status.replicas, 2);
});

test('apiserver A25: claims, quotas, services and autoscalers have no generation', async (t) => {
  const { ask } = await startServer(t);
  const reference = { kind: 'Deployment', name: 'web' };
  const objects: [path: string, spec: object][] = [
    [
      place('api/v1', 'persistentvolumeclaims'),
      { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    ],
    [place('api/v1', 'resourcequotas'), { hard: { pods: '1' } }],
    [
      place('apis/autoscaling/v2', 'horizontalpodautoscalers'),
      { scaleTargetRef: reference, maxReplicas: 2 },
    ],
  ];
  for (const [path, spec] of objects) {
    const { code, body } = await ask(`POST ${path}`, { metadata: { name: 'a' }, spec });
    t.is(code, 201, path);
    t.is(body.metadata.generation, undefined, path);
  }
});

test('apiserver A26: names and labels are refused in words that say what they may be', async (t) => {
  const { ask } = await startServer(t);
  const sets = place('apis/apps/v1', 'statefulsets');
  const named = await ask(`POST ${sets}`, { ...statefulSet(), metadata: { name: 'a.b' } });
  t.is(named.code, 422);
  t.is(
    named.body.message,
    'StatefulSet.apps "a.b" is invalid: metadata.name: Invalid value: "a.b": must not ' +
      'contain dots',
  );
  const labelled = await ask(`POST ${place('api/v1', 'podtemplates')}`, {
    metadata: { name: 'A', labels: { 'a b': 'c d' } },
    template,
  });
  const { causes } = labelled.body.details;
  t.deepEqual(
    causes.map(({ field }: { field: string }) => field),
    ['metadata.name', 'metadata.labels', 'metadata.labels'],
  );
  t.regex(causes[0].message, /a lowercase RFC 1123 subdomain must consist of/);
  t.regex(causes[1].message, /name part must consist of alphanumeric characters/);
  t.regex(causes[2].message, /a valid label must be an empty string or consist of/);
});

const scalers = (version: string) =>
  place(`apis/autoscaling/${version}`, 'horizontalpodautoscalers');
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

test('apiserver A27: an autoscaler of one version is served in both', async (t) => {
  const { ask, watch } = await startServer(t);
  const events = watch(`${scalers('v1')}?watch=1&allowWatchBookmarks=false`);
  const made = await ask(`POST ${scalers('v1')}`, {
    metadata: { name: 'web' },
    spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
  });
  t.is(made.code, 201);
  t.is(made.body.apiVersion, 'autoscaling/v1');
  t.is(made.body.spec.minReplicas, 1);
  const added = await events.next();
  t.is(added?.type, 'ADDED');
  t.is(added?.object.apiVersion, 'autoscaling/v1');
  t.is(added?.object.spec.targetCPUUtilizationPercentage, 50);

  const newer = await ask(`GET ${scalers('v2')}/web`);
  t.is(newer.body.apiVersion, 'autoscaling/v2');
  t.is(newer.body.metadata.uid, made.body.metadata.uid);
  t.is(newer.body.metadata.resourceVersion, made.body.metadata.resourceVersion);
  t.is(newer.body.spec.metrics[0].resource.target.averageUtilization, 50);

  const pods = { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } };
  newer.body.spec.metrics.push({ type: 'Pods', pods });
  t.is((await ask(`PUT ${scalers('v2')}/web`, newer.body)).code, 200);
  const older = await ask(`GET ${scalers('v1')}/web`);
  const key = 'autoscaling.alpha.kubernetes.io/metrics';
  t.regex(older.body.metadata.annotations[key], /"metricName":"hits"/);
  t.is(
    (await events.next())?.object.metadata.annotations[key],
    older.body.metadata.annotations[key],
  );

  // A patch of the old version leaves alone what the old version does not know.
  const patched = await ask(`PATCH ${scalers('v1')}/web ${merge}`, {
    spec: { targetCPUUtilizationPercentage: 70 },
  });
  t.is(patched.code, 200);
  const after = (await ask(`GET ${scalers('v2')}/web`)).body.spec.metrics;
  t.is(after.find((each: { type: string }) => each.type === 'Pods').pods.metric.name, 'hits');
  t.is(
    after.find((each: { type: string }) => each.type === 'Resource').resource.target
      .averageUtilization,
    70,
  );
});

test('apiserver A27: lists, tables, statuses and deletes are those of the version asked for', async (t) => {
  const { ask } = await startServer(t);
  const spec = { scaleTargetRef, maxReplicas: 3 };
  await ask(`POST ${scalers('v2')}`, { metadata: { name: 'web', labels }, spec });
  const list = await ask(`GET ${scalers('v1')}?labelSelector=app%3Dweb`);
  t.is(list.body.kind, 'HorizontalPodAutoscalerList');
  t.is(list.body.apiVersion, 'autoscaling/v1');
  t.is(list.body.items[0].spec.targetCPUUtilizationPercentage, 80);
  const rows = await ask(`GET ${scalers('v1')} ${table}`);
  t.deepEqual(rows.body.rows[0].cells.slice(0, 6), [
    'web',
    'Deployment/web',
    'cpu: <unknown>/80%',
    '1',
    3,
    0,
  ]);
  const status = await ask(`PATCH ${scalers('v1')}/web/status ${merge}`, {
    status: { currentReplicas: 2, desiredReplicas: 2, currentCPUUtilizationPercentage: 40 },
  });
  t.is(status.code, 200);
  const current = (await ask(`GET ${scalers('v2')}/web`)).body.status.currentMetrics;
  t.is(current[0].resource.current.averageUtilization, 40);
  const wrong = await ask(`PUT ${scalers('v1')}/web`, { spec: { ...spec, maxReplicas: 0 } });
  t.is(wrong.code, 422);
  t.is((await ask(`DELETE ${scalers('v1')}/web`)).code, 200);
  t.is((await ask(`GET ${scalers('v2')}/web`)).code, 404);
  t.is((await ask(`DELETE ${scalers('v1')}`)).body.apiVersion, 'autoscaling/v1');
});

const eventsAt = (group: string) => place(group, 'events');

test('apiserver A114: an event is the same in core and in events.k8s.io, with its series', async (t) => {
  const { ask } = await startServer(t);
  const time = '2026-01-01T00:00:00.000000Z';
  const regarding = { kind: 'Pod', namespace: 'default', name: 'web' };
  const event = {
    metadata: { name: 'web.1' },
    eventTime: time,
    reportingController: 'example.com/c',
    reportingInstance: 'c-1',
    action: 'Binding',
    reason: 'Bound',
    type: 'Normal',
    note: 'to n1',
    regarding,
  };
  const made = await ask(`POST ${eventsAt('apis/events.k8s.io/v1')}`, event);
  t.is(made.code, 201);
  t.like(made.body, { apiVersion: 'events.k8s.io/v1', note: 'to n1', regarding });
  const core = await ask(`GET ${eventsAt('api/v1')}/web.1`);
  t.like(core.body, {
    apiVersion: 'v1',
    message: 'to n1',
    involvedObject: regarding,
    reportingComponent: 'example.com/c',
  });
  const series = { count: 5, lastObservedTime: '2026-01-01T00:01:00.000000Z' };
  const again = await ask(`PATCH ${eventsAt('apis/events.k8s.io/v1')}/web.1 ${merge}`, { series });
  t.deepEqual(again.body.series, series);
  const seen = await ask(`GET ${eventsAt('api/v1')} ${table}`);
  t.is(seen.body.rows[0].cells[8], '5');
  const chosen = `${eventsAt('apis/events.k8s.io/v1')}?fieldSelector=regarding.name%3Dweb,type%3DNormal`;
  t.is((await ask(`GET ${chosen}`)).body.items.length, 1);
  const none = `${eventsAt('api/v1')}?fieldSelector=involvedObject.name%3Dother`;
  t.is((await ask(`GET ${none}`)).body.items.length, 0);
  const loose = await ask(`POST ${eventsAt('apis/events.k8s.io/v1')}`, { metadata: { name: 'b' } });
  t.is(loose.code, 422);
  t.regex(loose.body.message, /eventTime: Required value/);
  const old = await ask(`POST ${eventsAt('api/v1')}`, {
    metadata: { name: 'b' },
    involvedObject: regarding,
    count: 2,
  });
  t.is(old.code, 201);
  const shown = await ask(`GET ${eventsAt('apis/events.k8s.io/v1')}/b`);
  t.like(shown.body, { deprecatedCount: 2, eventTime: null, regarding });
});

test('apiserver A63: workloads with replicas have a scale of autoscaling/v1', async (t) => {
  const { ask } = await startServer(t);
  const kinds: [path: string, spec: object, selectorText: string][] = [
    [place('apis/apps/v1', 'statefulsets'), { selector, template }, 'app=web'],
    [place('apis/apps/v1', 'deployments'), { selector, template }, 'app=web'],
    [place('apis/apps/v1', 'replicasets'), { selector, template }, 'app=web'],
    [place('api/v1', 'replicationcontrollers'), { selector: labels, template }, 'app=web'],
  ];
  for (const [path, spec, text] of kinds) {
    t.is((await ask(`POST ${path}`, { metadata: { name: 'web' }, spec })).code, 201, path);
    await ask(`PATCH ${path}/web/status ${merge}`, { status: { replicas: 1 } });
    const { body } = await ask(`GET ${path}/web/scale`);
    t.like(body, { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 1 } });
    t.deepEqual(body.status, { replicas: 1, selector: text }, `apiserver A74: ${path}`);
    const scaled = await ask(`PUT ${path}/web/scale`, { ...body, spec: { replicas: 4 } });
    t.is(scaled.body.spec.replicas, 4, path);
    t.is((await ask(`GET ${path}/web`)).body.spec.replicas, 4, path);
    const less = await ask(`PATCH ${path}/web/scale ${merge}`, { spec: { replicas: -1 } });
    t.is(less.code, 422, path);
  }
});

test('apiserver A74: the scale says in one text which pods are counted', async (t) => {
  const { ask } = await startServer(t);
  const matchExpressions = [{ key: 'tier', operator: 'In', values: ['b', 'a'] }];
  const sets = place('apis/apps/v1', 'statefulsets');
  await ask(`POST ${sets}`, {
    ...statefulSet({
      selector: { ...selector, matchExpressions },
      template: { ...template, metadata: { labels: { ...labels, tier: 'a' } } },
    }),
  });
  const { body } = await ask(`GET ${sets}/web/scale`);
  t.is(body.status.selector, 'app=web,tier in (a,b)');
});

test('apiserver A76: only pods that run somewhere are given time to end', async (t) => {
  const { ask } = await startServer(t);
  const pods = place('api/v1', 'pods');
  const pod = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { containers: [container], ...spec },
  });
  const grace = async (name: string, query = '') => {
    const { body } = await ask(`DELETE ${pods}/${name}${query}`);
    return body.kind === 'Status' ? 'gone' : body.metadata.deletionGracePeriodSeconds;
  };
  await ask(`POST ${pods}`, pod('waiting'));
  t.is(await grace('waiting'), 'gone');
  await ask(`POST ${pods}`, pod('bound', { nodeName: 'n1', terminationGracePeriodSeconds: 7 }));
  t.is(await grace('bound'), 7);
  t.is(await grace('bound', '?gracePeriodSeconds=3'), 3);
  t.is(await grace('bound', '?gracePeriodSeconds=0'), 'gone');
  await ask(`POST ${pods}`, pod('negative', { nodeName: 'n1' }));
  t.is(await grace('negative', '?gracePeriodSeconds=-5'), 1);
  await ask(`POST ${pods}`, pod('over', { nodeName: 'n1' }));
  await ask(`PATCH ${pods}/over/status ${merge}`, { status: { phase: 'Succeeded' } });
  t.is(await grace('over'), 'gone');
  const jobs = place('apis/batch/v1', 'jobs');
  const spec = { template: { spec: { containers: [container], restartPolicy: 'Never' } } };
  await ask(`POST ${jobs}`, { metadata: { name: 'a' }, spec });
  const { body } = await ask(`DELETE ${jobs}/a?gracePeriodSeconds=30&propagationPolicy=Background`);
  t.is(body.kind, 'Status');
});

test('apiserver A121: component statuses are read, never written', async (t) => {
  const { ask } = await startServer(t);
  const list = await ask('GET /api/v1/componentstatuses');
  t.is(list.body.kind, 'ComponentStatusList');
  t.deepEqual(
    list.body.items.map((each: { metadata: { name: string } }) => each.metadata.name),
    ['controller-manager', 'etcd-0', 'scheduler'],
  );
  const one = await ask('GET /api/v1/componentstatuses/etcd-0');
  t.is(one.body.conditions[0].type, 'Healthy');
  t.regex(String(one.headers.warning), /v1 ComponentStatus is deprecated in v1\.19\+/);
  t.is((await ask('GET /api/v1/componentstatuses/nobody')).code, 404);
  t.is((await ask('POST /api/v1/componentstatuses', {})).code, 405);
  t.is((await ask('GET /api/v1/componentstatuses?watch=1')).code, 405);
  const shown = await ask(`GET /api/v1/componentstatuses ${table}`);
  t.is(shown.body.rows.length, 3);
});

test('apiserver A121: pod templates and controller revisions are kept as they are', async (t) => {
  const { ask } = await startServer(t);
  const templates = place('api/v1', 'podtemplates');
  const made = await ask(`POST ${templates}`, { metadata: { name: 'a' }, template });
  t.is(made.body.metadata.generation, 1);
  t.is(made.body.template.spec.restartPolicy, 'Always');
  const image = { template: { metadata: { labels: { app: 'db' } } } };
  t.is((await ask(`PATCH ${templates}/a ${merge}`, image)).body.metadata.generation, 2);
  const revisions = place('apis/apps/v1', 'controllerrevisions');
  const data = { spec: { anything: [1, { at: 'all' }] } };
  const revision = await ask(`POST ${revisions}`, { metadata: { name: 'r' }, revision: 1, data });
  t.deepEqual(revision.body.data, data);
  t.is((await ask(`PATCH ${revisions}/r ${merge}`, { revision: 2 })).body.revision, 2);
  const other = await ask(`PATCH ${revisions}/r ${merge}`, { data: { spec: 1 } });
  t.is(other.code, 422);
  t.regex(other.body.message, /data: Invalid value: .*: field is immutable/);
});

test('apiserver A28: fields that no kind has are dropped, with a warning', async (t) => {
  const { ask } = await startServer(t);
  const jobs = place('apis/batch/v1', 'jobs');
  const made = await ask(`POST ${jobs}`, {
    metadata: { name: 'a', colour: 'red' },
    spec: {
      parallel: 3,
      template: { spec: { containers: [{ ...container, imagee: 'y' }], restartPolicy: 'Never' } },
    },
    extra: {},
  });
  t.is(made.code, 201);
  const stored = JSON.stringify((await ask(`GET ${jobs}/a`)).body);
  t.notRegex(stored, /colour|parallel"|imagee|extra/);
  const warnings = String(made.headers.warning);
  for (const field of ['metadata.colour', 'spec.parallel', 'containers[0].imagee', 'extra']) {
    t.true(warnings.includes(`${field}\\"`), field);
  }
  const strict = await ask(`POST ${jobs}?fieldValidation=Strict`, {
    metadata: { name: 'b', colour: 'red' },
  });
  t.is(strict.code, 400);
});

test('a node is given to a pod by a binding, never by an update', async (t) => {
  const { ask } = await startServer(t);
  const pods = place('api/v1', 'pods');
  const made = await ask(`POST ${pods}`, {
    metadata: { name: 'a' },
    spec: { containers: [container] },
  });
  const update = { ...made.body, spec: { ...made.body.spec, nodeName: 'n1' } };
  const refused = await ask(`PUT ${pods}/a`, update);
  t.is(refused.code, 422);
  t.regex(refused.body.message, /pod updates may not change fields other than/);
  const binding = { metadata: { name: 'a' }, target: { kind: 'Node', name: 'n1' } };
  t.is((await ask(`POST ${pods}/a/binding`, binding)).code, 201);
  t.is((await ask(`GET ${pods}/a`)).body.spec.nodeName, 'n1');
});
