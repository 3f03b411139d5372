/** How objects end: options, preconditions, grace, dependents, collections. */
import test from 'ava';
import { config, configs, startServer } from '../testing.ts';

const pods = '/api/v1/namespaces/default/pods';
const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
});
const options = (fields: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...fields });

test('apiserver A75: finalizers hold a deleted object, which then only loses them', async (t) => {
  const { ask } = await startServer(t);
  const metadata = { name: 'a', finalizers: ['test/x', 'test/y'] };
  await ask(`POST ${configs}`, { ...config('a'), metadata });
  const { body } = await ask(`DELETE ${configs}/a`);
  t.truthy(body.metadata.deletionTimestamp);
  t.is(body.metadata.deletionGracePeriodSeconds, 0);
  const again = await ask(`DELETE ${configs}/a`);
  t.is(again.body.metadata.resourceVersion, body.metadata.resourceVersion, 'nothing changes');
  const one = { ...body, metadata: { ...body.metadata, finalizers: ['test/y'] } };
  t.is((await ask(`PUT ${configs}/a`, one)).code, 200);
  t.is((await ask(`GET ${configs}/a`)).code, 200);
  const none = 'content-type=application/merge-patch+json';
  t.is((await ask(`PATCH ${configs}/a ${none}`, { metadata: { finalizers: null } })).code, 200);
  t.is((await ask(`GET ${configs}/a`)).code, 404);
});

test('apiserver A76: grace by kind, shortened by a later delete, none by force', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${pods}`, pod('a', { nodeName: 'n' }));
  const first = (await ask(`DELETE ${pods}/a`)).body.metadata;
  t.is(first.deletionGracePeriodSeconds, 30);
  const longer = await ask(`DELETE ${pods}/a`, options({ gracePeriodSeconds: 60 }));
  t.is(longer.body.metadata.deletionTimestamp, first.deletionTimestamp);
  const shorter = await ask(`DELETE ${pods}/a?gracePeriodSeconds=5`);
  t.is(shorter.body.metadata.deletionGracePeriodSeconds, 5);
  const least = await ask(`DELETE ${pods}/a?gracePeriodSeconds=-1`);
  t.is(least.body.metadata.deletionGracePeriodSeconds, 1);
  t.is((await ask(`DELETE ${pods}/a`, options({ gracePeriodSeconds: 0 }))).code, 200);
  t.is((await ask(`GET ${pods}/a`)).code, 404);
  await ask(`POST ${configs}`, config('c'));
  await ask(`DELETE ${configs}/c?gracePeriodSeconds=30`);
  t.is((await ask(`GET ${configs}/c`)).code, 404, 'only pods have a grace');
  t.is((await ask(`DELETE ${pods}/a?gracePeriodSeconds=soon`)).code, 400);
});

test('security A9: a grace beyond all dates is a long one', async (t) => {
  const { ask } = await startServer(t);
  const text = JSON.stringify(pod('a', { nodeName: 'n', terminationGracePeriodSeconds: 7 }));
  await ask(`POST ${pods}`, text.replace(':7', ':9223372036854775807'));
  const { code, body } = await ask(`DELETE ${pods}/a`);
  t.is(code, 200);
  t.regex(body.metadata.deletionTimestamp, /^21\d\d-/);
});

const policies: readonly [asked: string, body: object | undefined, finalizers: string[]][] = [
  ['?propagationPolicy=Foreground', undefined, ['test/x', 'foregroundDeletion']],
  ['?propagationPolicy=Orphan', undefined, ['test/x', 'orphan']],
  ['?propagationPolicy=Background', undefined, ['test/x']],
  ['', options({ propagationPolicy: 'Foreground' }), ['test/x', 'foregroundDeletion']],
  ['', options({ propagationPolicy: 'Orphan' }), ['test/x', 'orphan']],
  ['', options({}), ['test/x']],
  ['', undefined, ['test/x']],
  ['?orphanDependents=true', undefined, ['test/x', 'orphan']],
  ['', options({ orphanDependents: true }), ['test/x', 'orphan']],
  ['', options({ orphanDependents: false }), ['test/x']],
];

test('apiserver A77: propagation policies are finalizers for the garbage collector', async (t) => {
  const { ask } = await startServer(t);
  for (const [index, [query, body, finalizers]] of policies.entries()) {
    const metadata = { name: `a${index}`, finalizers: ['test/x'] };
    await ask(`POST ${configs}`, { ...config(''), metadata });
    const deleted = await ask(`DELETE ${configs}/a${index}${query}`, body);
    t.deepEqual(deleted.body.metadata.finalizers, finalizers, `${query} ${JSON.stringify(body)}`);
  }
  const other = await ask(`DELETE ${configs}/a0?propagationPolicy=Background`);
  t.deepEqual(other.body.metadata.finalizers, ['test/x'], 'the last word counts');
  const wrong = await ask(`DELETE ${configs}/a0`, options({ propagationPolicy: 'Sideways' }));
  t.is(wrong.code, 422);
  t.regex(wrong.body.message, /^DeleteOptions\.meta\.k8s\.io "" is invalid: propagationPolicy: Un/);
  t.is((await ask(`DELETE ${configs}/a0`, { kind: 'Pod' })).code, 400);
});

test('apiserver A79: orphanDependents, the old form, goes with no policy', async (t) => {
  const { ask } = await startServer(t);
  const metadata = { name: 'a', finalizers: ['test/x'] };
  await ask(`POST ${configs}`, { ...config(''), metadata });
  const both = options({ orphanDependents: true, propagationPolicy: 'Orphan' });
  const refused = await ask(`DELETE ${configs}/a`, both);
  t.is(refused.code, 422);
  t.regex(refused.body.message, /orphanDependents and deletionPropagation cannot be both set/);
  t.is((await ask(`DELETE ${configs}/a?orphanDependents=false`)).code, 202, 'not gone yet');
});

test('apiserver A79: jobs and replication controllers orphan unless told otherwise', async (t) => {
  const { ask } = await startServer(t);
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } };
  for (const name of ['a', 'b']) {
    const made = await ask(`POST ${jobs}`, { metadata: { name }, spec: { template } });
    t.is(made.code, 201, JSON.stringify(made.body));
  }
  const kept = await ask(`DELETE ${jobs}/a`);
  t.true(kept.body.metadata.finalizers.includes('orphan'));
  t.regex(
    String(kept.headers.warning),
    /child pods are preserved by default when jobs are deleted/,
  );
  const gone = await ask(`DELETE ${jobs}/b?propagationPolicy=Background`);
  t.is(gone.body.kind, 'Status');
  t.is(gone.headers.warning, undefined);
});

test('apiserver A52: preconditions of uid and resourceVersion', async (t) => {
  const { ask } = await startServer(t);
  const { body } = await ask(`POST ${configs}`, config('a'));
  const { uid, resourceVersion } = body.metadata;
  for (const preconditions of [{ uid: 'other' }, { uid, resourceVersion: '1' }]) {
    const refused = await ask(`DELETE ${configs}/a`, options({ preconditions }));
    t.is(refused.code, 409);
    t.regex(refused.body.message, /Precondition failed: (UID|ResourceVersion) in precondition: /);
  }
  const preconditions = { uid, resourceVersion };
  const deleted = await ask(`DELETE ${configs}/a`, options({ preconditions }));
  t.is(deleted.body.details.uid, uid);
  await ask(`POST ${configs}`, config('b'));
  const none = options({ preconditions: { uid: null, resourceVersion: null } });
  t.is((await ask(`DELETE ${configs}/b`, none)).code, 200);
});

test('apiserver A80: deletecollection takes what its selectors match', async (t) => {
  const { ask } = await startServer(t);
  for (const name of ['a', 'b', 'c', 'd']) {
    const labels = { keep: String(name === 'b') };
    await ask(`POST ${configs}`, { ...config(name), metadata: { name, labels } });
  }
  const selector = 'labelSelector=keep!%3Dtrue&fieldSelector=metadata.name!%3Dd';
  const dry = await ask(`DELETE ${configs}?${selector}&dryRun=All`);
  t.is(dry.body.items.length, 2);
  const { body } = await ask(`DELETE ${configs}?${selector}`);
  t.is(body.kind, 'ConfigMapList');
  t.is(body.items.length, 2);
  const rest = await ask(`GET ${configs}`);
  const names = rest.body.items.map((each: { metadata: { name: string } }) => each.metadata.name);
  t.deepEqual(names, ['b', 'd']);
  t.is((await ask('DELETE /api/v1/configmaps')).code, 405, 'of one namespace at a time');
  t.is((await ask(`DELETE ${configs}?labelSelector=%28`)).code, 400);
});

test('apiserver A80: deletecollection of many takes all of them', async (t) => {
  const { ask } = await startServer(t);
  const make = (index: number) => ask(`POST ${configs}`, config(`a${index}`));
  await Promise.all(Array.from({ length: 100 }, (_, index) => make(index)));
  const { body } = await ask(`DELETE ${configs}`);
  t.is(body.items.length, 100);
  t.is((await ask(`GET ${configs}`)).body.items.length, 0);
});
