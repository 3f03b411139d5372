import test from 'ava';
import { startServer } from '../../apiserver/testing.ts';

const collection = '/apis/batch/v1/namespaces/default/cronjobs';

const cronJob = (name: string) => ({
  metadata: { name, labels: { special: 'yes' } },
  spec: {
    schedule: '*/1 * * * *',
    jobTemplate: {
      spec: {
        template: {
          spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: 'x' }] },
        },
      },
    },
  },
});

test('[sig-apps] CronJob should support CronJob API operations [Conformance]', async (t) => {
  const { ask } = await startServer(t);
  const group = await ask('GET /apis/batch/v1');
  const names = group.body.resources.map(({ name }: { name: string }) => name);
  t.true(['cronjobs', 'cronjobs/status'].every((each) => names.includes(each)));
  t.is((await ask('POST /api/v1/namespaces', { metadata: { name: 'default' } })).code < 410, true);
  for (const name of ['a', 'b', 'c'])
    t.is((await ask(`POST ${collection}`, cronJob(name))).code, 201);
  t.is((await ask(`GET ${collection}/a`)).body.metadata.name, 'a');
  t.is((await ask(`GET ${collection}?labelSelector=special%3Dyes`)).body.items.length, 3);
  t.is((await ask('GET /apis/batch/v1/cronjobs?labelSelector=special%3Dyes')).body.items.length, 3);
  const merge = 'content-type=application/merge-patch+json';
  const patched = await ask(`PATCH ${collection}/a ${merge}`, {
    metadata: { annotations: { patched: 'true' } },
  });
  t.is(patched.body.metadata.annotations.patched, 'true');
  const updated = await ask(`PUT ${collection}/a`, {
    ...patched.body,
    spec: { ...patched.body.spec, suspend: true },
  });
  t.is(updated.body.spec.suspend, true);
  const lastScheduleTime = '2026-01-01T00:00:00Z';
  const status = await ask(`PATCH ${collection}/a/status ${merge}`, {
    status: { lastScheduleTime },
  });
  t.is(status.body.status.lastScheduleTime, lastScheduleTime);
  const later = { ...status.body, status: { lastScheduleTime: '2026-01-02T00:00:00Z' } };
  t.is((await ask(`PUT ${collection}/a/status`, later)).code, 200);
  t.is(
    (await ask(`GET ${collection}/a/status`)).body.status.lastScheduleTime,
    '2026-01-02T00:00:00Z',
  );
  t.is((await ask(`DELETE ${collection}/a`)).code, 200);
  t.is((await ask(`GET ${collection}/a`)).code, 404);
  t.is((await ask(`DELETE ${collection}?labelSelector=special%3Dyes`)).code, 200);
  t.is((await ask(`GET ${collection}`)).body.items.length, 0);
});
