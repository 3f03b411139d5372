/** The whole server over real HTTPS, on a store in a temporary folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import * as http2 from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { body, inner, text } from '../api/protobuf/testing.ts';
import { allResources } from '../api/resources.ts';
import { systemClock } from '../base/clock.ts';
import { StatusError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { openSqliteStore } from '../store/sqlite/open.ts';
import { chainPlugins } from './admission/chain.ts';
import { assemble } from './assemble.ts';
import { createAuthority } from './authentication/testing.ts';
import type { User } from './request.ts';

const folder = mkdtempSync(join(tmpdir(), `wherry-apiserver-${process.pid}-`));
let tls: { readonly cert: string; readonly key: string; readonly ca: string };

test.before(async () => {
  const authority = await createAuthority();
  const names = [{ type: 'ip', value: '127.0.0.1' }] as const;
  const { cert, key } = await authority.issue({ subject: 'CN=test', use: 'server', names });
  tls = { cert, key, ca: authority.cert };
});

test.after.always(() => rmSync(folder, { recursive: true }));

const admin: User = { name: 'admin', groups: ['system:masters'] };
let count = 0;

type Gates = Awaited<ReturnType<Parameters<typeof assemble>[0]['gates']>>;

async function start(
  t: ExecutionContext,
  file = join(folder, `state-${count++}.db`),
  changed: Partial<Gates> = {},
) {
  const store = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  const server = await assemble({
    store,
    resources: allResources,
    listen: {
      addresses: ['127.0.0.1'],
      port: 0,
      certificate: Buffer.from(tls.cert),
      key: Buffer.from(tls.key),
      clientCa: undefined,
    },
    advertiseAddress: '192.0.2.1',
    serviceAddress: '10.43.0.1',
    gates: async () => ({
      authenticate: async () => admin,
      authorize: () => ({ allowed: true, reason: '' }),
      refuse: () => new Error() as never,
      admission: chainPlugins([]),
      connectors: new Map(),
      makers: new Map(),
      ...changed,
    }),
    log: silentLogger,
    clock: systemClock,
    onFatal: (error) => t.fail(error.message),
  });
  const session = http2.connect(`https://127.0.0.1:${server.port}`, {
    ca: tls.ca,
  });
  session.on('error', () => {});
  const stop = async () => {
    session.close();
    await server.stop();
  };
  t.teardown(stop);
  const watch = (path: string) => openWatch(t, session, path);
  return {
    ...server,
    stop,
    file,
    watch,
    ask: (line: string, body?: unknown) => ask(session, line, body),
  };
}

/** A watch whose events are waited for one by one, as `ADDED a`. */
function openWatch(t: ExecutionContext, session: http2.ClientHttp2Session, path: string) {
  const request = session.request({ ':path': path });
  t.teardown(() => request.close());
  request.setEncoding('utf8');
  const lines = readLines(request);
  const next = async () => JSON.parse((await lines.next()).value ?? 'null') as Event | null;
  const show = async (count: number) => {
    const shown: string[] = [];
    for (let index = 0; index < count; index++) {
      const event = await next();
      shown.push(event ? `${event.type} ${event.object.metadata.name ?? ''}`.trim() : 'end');
    }
    return shown;
  };
  return { next, show };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
type Event = { readonly type: string; readonly object: any };

async function* readLines(stream: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of stream) {
    const lines = (text + chunk).split('\n');
    text = lines.pop()!;
    yield* lines;
  }
}

interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly body: any;
  readonly headers: http2.IncomingHttpHeaders;
}

/** `ask(session, 'GET /api/v1/pods accept=text/plain')`. */
function ask(session: http2.ClientHttp2Session, line: string, body?: unknown): Promise<Answer> {
  const [method, path, ...extra] = line.split(' ');
  const pairs = extra.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]);
  const head = {
    ':method': method,
    ':path': path,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...Object.fromEntries(pairs),
  };
  const request = session.request(head, { endStream: false });
  if (body !== undefined) request.write(typeof body === 'string' ? body : JSON.stringify(body));
  request.end();
  return new Promise((resolve, reject) => {
    let headers: http2.IncomingHttpHeaders & { ':status'?: number } = {};
    let text = '';
    request.on('response', (received) => {
      headers = received;
    });
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('error', reject);
    request.on('end', () => {
      const isJson = String(headers['content-type']).includes('json');
      const code = headers[':status'] ?? 0;
      resolve({ code, headers, body: isJson && text ? JSON.parse(text) : text });
    });
  });
}

const config = (name: string, data: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const configs = '/api/v1/namespaces/default/configmaps';

test('an object is made, read, listed, changed and deleted', async (t) => {
  const { ask } = await start(t);
  const created = await ask(`POST ${configs}`, config('a', { x: '1' }));
  t.is(created.code, 201);
  t.is(created.body.metadata.namespace, 'default');
  t.truthy(created.body.metadata.uid);
  const again = await ask(`POST ${configs}`, config('a'));
  t.is(again.code, 409);
  t.is(again.body.message, 'configmaps "a" already exists');
  const read = await ask(`GET ${configs}/a`);
  t.deepEqual(read.body, created.body);
  const listed = await ask(`GET ${configs}`);
  t.is(listed.body.kind, 'ConfigMapList');
  t.deepEqual(listed.body.items, [created.body]);
  const changed = { ...created.body, data: { x: '2' } };
  const updated = await ask(`PUT ${configs}/a`, changed);
  t.is(updated.code, 200);
  t.is(updated.body.data.x, '2');
  const stale = await ask(`PUT ${configs}/a`, { ...changed, data: { x: '3' } });
  t.is(stale.code, 409);
  t.is(
    stale.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; ' +
      'please apply your changes to the latest version and try again',
  );
  const deleted = await ask(`DELETE ${configs}/a`);
  t.is(deleted.body.status, 'Success');
  t.is((await ask(`GET ${configs}/a`)).code, 404);
});

test('a watch sends what is, then each change once, to selectors only what is theirs', async (t) => {
  const { ask, watch } = await start(t);
  await ask(`POST ${configs}`, { ...config('a'), metadata: { name: 'a', labels: { x: '1' } } });
  const all = watch(`${configs}?watch=true`);
  t.deepEqual(await all.show(1), ['ADDED a']);
  const { body } = await ask(`GET ${configs}`);
  const from = body.metadata.resourceVersion;
  const some = watch(`${configs}?watch=1&labelSelector=x=1&resourceVersion=${from}`);
  await ask(`POST ${configs}`, config('b'));
  const json = 'content-type=application/merge-patch+json';
  await ask(`PATCH ${configs}/b ${json}`, '{"metadata":{"labels":{"x":"1"}}}');
  await ask(`PATCH ${configs}/b ${json}`, '{"data":{"k":"v"}}');
  await ask(`PATCH ${configs}/b ${json}`, '{"metadata":{"labels":{"x":"2"}}}');
  await ask(`DELETE ${configs}/b`);
  await ask(`DELETE ${configs}/a`);
  t.deepEqual(await some.show(4), ['ADDED b', 'MODIFIED b', 'DELETED b', 'DELETED a']);
  t.deepEqual(await all.show(6), [
    'ADDED b',
    'MODIFIED b',
    'MODIFIED b',
    'MODIFIED b',
    'DELETED b',
    'DELETED a',
  ]);
});

test('an object that leaves a selector is shown as it was in it, with the new revision', async (t) => {
  const { ask, watch } = await start(t);
  await ask(`POST ${configs}`, { ...config('a'), metadata: { name: 'a', labels: { x: '1' } } });
  const some = watch(`${configs}?watch=1&labelSelector=x=1`);
  await some.next();
  const patch = `PATCH ${configs}/a content-type=application/merge-patch+json`;
  const { body } = await ask(patch, '{"metadata":{"labels":{"x":"2"}}}');
  const event = await some.next();
  t.is(event!.type, 'DELETED');
  t.deepEqual(event!.object.metadata.labels, { x: '1' });
  t.is(event!.object.metadata.resourceVersion, body.metadata.resourceVersion);
});

test('a field selector watches one object, as kubectl wait does', async (t) => {
  const { ask, watch } = await start(t);
  const one = watch(`${configs}?watch=true&fieldSelector=metadata.name%3Db`);
  await ask(`POST ${configs}`, config('a'));
  await ask(`POST ${configs}`, config('b'));
  t.deepEqual(await one.show(1), ['ADDED b']);
});

test('sendInitialEvents ends what is with a bookmark that says so', async (t) => {
  const { ask, watch } = await start(t);
  await ask(`POST ${configs}`, config('a'));
  const query =
    'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const list = watch(`${configs}?${query}`);
  t.deepEqual(await list.show(1), ['ADDED a']);
  const mark = await list.next();
  t.is(mark!.type, 'BOOKMARK');
  t.deepEqual(mark!.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
  await ask(`POST ${configs}`, config('b'));
  t.deepEqual(await list.show(1), ['ADDED b']);
});

test('a watch from a forgotten revision gets an ERROR event with code 410', async (t) => {
  const { ask, watch, file, stop } = await start(t);
  for (let index = 0; index < 5; index++) await ask(`POST ${configs}`, config(`a${index}`));
  await stop();
  // After a compaction and a restart, nothing before is known any more.
  const store = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  await store.compact(await store.currentRevision());
  await store.close();
  const again = await start(t, file);
  const old = again.watch(`${configs}?watch=1&resourceVersion=9`);
  const event = await old.next();
  t.is(event!.type, 'ERROR');
  t.is(event!.object.code, 410);
  t.is(event!.object.reason, 'Expired');
  t.is((await old.show(1))[0], 'end');
  const exact = await again.ask(`GET ${configs}?resourceVersion=9&resourceVersionMatch=Exact`);
  t.is(exact.code, 410);
  t.truthy(watch);
});

test('a watch goes on over a restart of the server, without a gap', async (t) => {
  const { ask, file, stop } = await start(t);
  const { body } = await ask(`POST ${configs}`, config('a'));
  await ask(`POST ${configs}`, config('b'));
  await stop();
  const again = await start(t, file);
  const from = body.metadata.resourceVersion;
  const resumed = again.watch(`${configs}?watch=1&resourceVersion=${from}`);
  t.deepEqual(await resumed.show(1), ['ADDED b']);
});

test('pages of a list are one state, whatever is written between', async (t) => {
  const { ask } = await start(t);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await ask(`POST ${configs}`, config(name));
  const names = ({ body }: Answer) =>
    body.items.map((each: { metadata: { name: string } }) => each.metadata.name);
  const first = await ask(`GET ${configs}?limit=2`);
  t.deepEqual(names(first), ['a', 'b']);
  t.is(first.body.metadata.remainingItemCount, 3);
  await ask(`DELETE ${configs}/c`);
  await ask(`POST ${configs}`, config('cc'));
  const second = await ask(`GET ${configs}?limit=2&continue=${first.body.metadata.continue}`);
  t.deepEqual(names(second), ['c', 'd']);
  t.is(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  const third = await ask(`GET ${configs}?limit=2&continue=${second.body.metadata.continue}`);
  t.deepEqual(names(third), ['e']);
  t.is(third.body.metadata.continue, undefined);
  const { resourceVersion } = first.body.metadata;
  const exact = `resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`;
  t.deepEqual(names(await ask(`GET ${configs}?${exact}`)), ['a', 'b', 'c', 'd', 'e']);
  t.deepEqual(names(await ask(`GET ${configs}`)), ['a', 'b', 'cc', 'd', 'e']);
  t.is((await ask(`GET ${configs}?continue=nonsense`)).code, 400);
});

test('a revision that is not there yet is waited for, then refused with 504', async (t) => {
  const { ask } = await start(t);
  const { code, body } = await ask(`GET ${configs}?resourceVersion=100000`);
  t.is(code, 504);
  t.regex(body.message, /Too large resource version: 100000, current: \d+/);
  t.is(body.details.causes[0].reason, 'ResourceVersionTooLarge');
  const { body: made } = await ask(`POST ${configs}`, config('a'));
  const { resourceVersion } = made.metadata;
  const next = Number(resourceVersion) + 1;
  const waiting = ask(`GET ${configs}?resourceVersion=${next}`);
  await ask(`POST ${configs}`, config('b'));
  t.is((await waiting).body.items.length, 2);
});

test('generateName gives names, dry runs leave nothing behind', async (t) => {
  const { ask } = await start(t);
  const generated = { ...config(''), metadata: { generateName: 'gen-' } };
  const { body } = await ask(`POST ${configs}`, generated);
  t.regex(body.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  const dry = await ask(`POST ${configs}?dryRun=All`, config('dry'));
  t.is(dry.code, 201);
  t.truthy(dry.body.metadata.uid);
  t.is((await ask(`GET ${configs}/dry`)).code, 404);
  const same = await ask(`DELETE ${configs}/${body.metadata.name}?dryRun=All`);
  t.is(same.code, 200);
  t.is((await ask(`GET ${configs}/${body.metadata.name}`)).code, 200);
  t.is((await ask(`POST ${configs}?dryRun=Some`, config('x'))).code, 400);
  const none = await ask(`POST ${configs}`, { ...config(''), metadata: {} });
  t.is(none.code, 422);
  t.is(none.body.details.causes[0].field, 'metadata.name');
});

test('an update that changes nothing writes nothing', async (t) => {
  const { ask } = await start(t);
  const { body } = await ask(`POST ${configs}`, config('a', { x: '1' }));
  const { body: same } = await ask(`PUT ${configs}/a`, body);
  t.is(same.metadata.resourceVersion, body.metadata.resourceVersion);
});

test('finalizers hold a deleted object until the last one goes, and none may be added', async (t) => {
  const { ask, watch } = await start(t);
  const held = { ...config('a'), metadata: { name: 'a', finalizers: ['test/x'] } };
  await ask(`POST ${configs}`, held);
  const events = watch(`${configs}?watch=1`);
  await events.next();
  const deleted = await ask(`DELETE ${configs}/a`);
  t.truthy(deleted.body.metadata.deletionTimestamp);
  t.deepEqual(await events.show(1), ['MODIFIED a']);
  const more = {
    ...deleted.body,
    metadata: { ...deleted.body.metadata, finalizers: ['test/x', 'test/y'] },
  };
  const refused = await ask(`PUT ${configs}/a`, more);
  t.is(refused.code, 422);
  t.regex(refused.body.message, /no new finalizers can be added if the object is being deleted/);
  const free = 'application/merge-patch+json';
  await ask(`PATCH ${configs}/a content-type=${free}`, '{"metadata":{"finalizers":null}}');
  t.deepEqual(await events.show(1), ['DELETED a']);
  t.is((await ask(`GET ${configs}/a`)).code, 404);
});

test('propagation policies are finalizers for the garbage collector', async (t) => {
  const { ask } = await start(t);
  for (const [name, policy, finalizer] of [
    ['a', 'Foreground', 'foregroundDeletion'],
    ['b', 'Orphan', 'orphan'],
  ]) {
    await ask(`POST ${configs}`, config(name!));
    const { body } = await ask(`DELETE ${configs}/${name}`, { propagationPolicy: policy });
    t.deepEqual(body.metadata.finalizers, [finalizer]);
  }
  await ask(`POST ${configs}`, config('c'));
  const gone = await ask(`DELETE ${configs}/c?propagationPolicy=Background`);
  t.is(gone.body.kind, 'Status');
  t.is((await ask(`DELETE ${configs}/c?propagationPolicy=Sideways`)).code, 422);
});

test('preconditions of a delete are checked', async (t) => {
  const { ask } = await start(t);
  const { body } = await ask(`POST ${configs}`, config('a'));
  const other = await ask(`DELETE ${configs}/a`, { preconditions: { uid: 'other' } });
  t.is(other.code, 409);
  t.regex(other.body.message, /Precondition failed: UID in precondition: other/);
  const { uid, resourceVersion } = body.metadata;
  const right = await ask(`DELETE ${configs}/a`, { preconditions: { uid, resourceVersion } });
  t.is(right.code, 200);
});

test('deletecollection takes what its selector matches', async (t) => {
  const { ask } = await start(t);
  for (const name of ['a', 'b', 'c']) {
    const labels = { keep: String(name === 'b') };
    await ask(`POST ${configs}`, { ...config(name), metadata: { name, labels } });
  }
  const { body } = await ask(`DELETE ${configs}?labelSelector=keep!=true`);
  t.is(body.items.length, 2);
  const left = await ask(`GET ${configs}`);
  t.is(left.body.items[0].metadata.name, 'b');
  t.is(left.body.items.length, 1);
});

const podPath = '/api/v1/namespaces/default/pods';
const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
});

test('a bound pod is deleted with grace, shorter by a second delete, at once by grace 0', async (t) => {
  const { ask } = await start(t);
  await ask(`POST ${podPath}`, pod('a', { nodeName: 'n1' }));
  const first = await ask(`DELETE ${podPath}/a`);
  t.is(first.body.metadata.deletionGracePeriodSeconds, 30);
  const longer = await ask(`DELETE ${podPath}/a?gracePeriodSeconds=60`);
  t.is(longer.body.metadata.deletionTimestamp, first.body.metadata.deletionTimestamp);
  const shorter = await ask(`DELETE ${podPath}/a?gracePeriodSeconds=10`);
  t.is(shorter.body.metadata.deletionGracePeriodSeconds, 10);
  t.true(shorter.body.metadata.deletionTimestamp < first.body.metadata.deletionTimestamp);
  await ask(`DELETE ${podPath}/a?gracePeriodSeconds=0`);
  t.is((await ask(`GET ${podPath}/a`)).code, 404);
  await ask(`POST ${podPath}`, pod('b'));
  await ask(`DELETE ${podPath}/b`);
  t.is((await ask(`GET ${podPath}/b`)).code, 404, 'a pod without a node has nothing to wait for');
});

test('a pod is bound once', async (t) => {
  const { ask } = await start(t);
  await ask(`POST ${podPath}`, pod('a'));
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'a' },
    target: { kind: 'Node', name: 'n1' },
  };
  t.is((await ask(`POST ${podPath}/a/binding`, binding)).code, 201);
  const { body } = await ask(`GET ${podPath}/a`);
  t.is(body.spec.nodeName, 'n1');
  t.deepEqual(
    body.status.conditions.map(({ type, status }: { type: string; status: string }) => [
      type,
      status,
    ]),
    [['PodScheduled', 'True']],
  );
  const again = await ask(`POST ${podPath}/a/binding`, binding);
  t.is(again.code, 409);
  t.regex(again.body.message, /pod a is already assigned to node "n1"/);
});

test('status is written by /status alone, and spec changes raise the generation', async (t) => {
  const { ask } = await start(t);
  const { body } = await ask(`POST ${podPath}`, pod('a'));
  t.is(body.status.phase, 'Pending');
  const running = { ...body, status: { ...body.status, phase: 'Running' } };
  t.is((await ask(`PUT ${podPath}/a`, running)).body.status.phase, 'Pending');
  const image = {
    ...running,
    spec: { ...running.spec, containers: [{ ...running.spec.containers[0], image: 'other' }] },
  };
  const status = await ask(`PUT ${podPath}/a/status`, image);
  t.is(status.body.status.phase, 'Running');
  t.is(status.body.spec.containers[0].image, 'busybox');
  t.is(status.body.metadata.generation, 1);
  const strategic = 'content-type=application/strategic-merge-patch+json';
  const patched = await ask(
    `PATCH ${podPath}/a ${strategic}`,
    '{"spec":{"containers":[{"name":"c","image":"third"}]}}',
  );
  t.is(patched.body.metadata.generation, 2);
  t.is(patched.body.status.phase, 'Running');
});

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    },
  },
};

test('scale reads and writes replicas', async (t) => {
  const { ask } = await start(t);
  await ask(`POST ${deployments}`, deployment);
  const { body } = await ask(`GET ${deployments}/web/scale`);
  t.is(body.kind, 'Scale');
  t.is(body.spec.replicas, 2);
  t.is(body.status.selector, 'app=web');
  const scaled = await ask(`PUT ${deployments}/web/scale`, { ...body, spec: { replicas: 5 } });
  t.is(scaled.body.spec.replicas, 5);
  const stale = await ask(`PUT ${deployments}/web/scale`, { ...body, spec: { replicas: 6 } });
  t.is(stale.code, 409);
  const merge = 'content-type=application/merge-patch+json';
  await ask(`PATCH ${deployments}/web/scale ${merge}`, '{"spec":{"replicas":1}}');
  t.is((await ask(`GET ${deployments}/web`)).body.spec.replicas, 1);
  t.is((await ask(`PUT ${deployments}/web/scale`, { spec: { replicas: -1 } })).code, 422);
});

test('a namespace stays Terminating until it is finalized', async (t) => {
  const { ask } = await start(t);
  const root = '/api/v1/namespaces';
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'foo' } };
  const made = await ask(`POST ${root}`, space);
  t.deepEqual(made.body.spec.finalizers, ['kubernetes']);
  t.is(made.body.status.phase, 'Active');
  const deleted = await ask(`DELETE ${root}/foo`);
  t.is(deleted.body.status.phase, 'Terminating');
  t.is((await ask(`GET ${root}/foo`)).code, 200);
  const final = { ...deleted.body, spec: { finalizers: [] } };
  t.is((await ask(`PUT ${root}/foo/finalize`, final)).code, 200);
  t.is((await ask(`GET ${root}/foo`)).code, 404);
});

test('a new cluster has its namespaces and its own API as a Service', async (t) => {
  const { ask, port } = await start(t);
  const { body } = await ask('GET /api/v1/namespaces');
  t.deepEqual(
    body.items.map((each: { metadata: { name: string } }) => each.metadata.name),
    ['default', 'kube-node-lease', 'kube-public', 'kube-system'],
  );
  const service = await ask('GET /api/v1/namespaces/default/services/kubernetes');
  t.is(service.body.spec.clusterIP, '10.43.0.1');
  const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  const slice = await ask(`GET ${slices}/kubernetes`);
  t.deepEqual(slice.body.endpoints[0].addresses, ['192.0.2.1']);
  t.is(slice.body.ports[0].port, port);
});

const table = 'accept=application/json;as=Table;v=v1;g=meta.k8s.io';

test('tables carry columns and rows, with as much of the object as was asked for', async (t) => {
  const { ask } = await start(t);
  await ask(`POST ${podPath}`, pod('a'));
  const { body } = await ask(`GET ${podPath} ${table}`);
  t.is(body.kind, 'Table');
  t.is(body.columnDefinitions[0].name, 'Name');
  t.is(body.rows[0].cells[0], 'a');
  t.is(body.rows[0].object.kind, 'PartialObjectMetadata');
  const whole = await ask(`GET ${podPath}/a?includeObject=Object ${table}`);
  t.is(whole.body.rows[0].object.kind, 'Pod');
  const none = await ask(`GET ${podPath}?includeObject=None ${table}`);
  t.is(none.body.rows[0].object, undefined);
  const partial = 'accept=application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
  const metadata = await ask(`GET ${podPath} ${partial}`);
  t.is(metadata.body.kind, 'PartialObjectMetadataList');
  t.is(metadata.body.items[0].spec, undefined);
});

test('discovery says what is served, plain and aggregated', async (t) => {
  const { ask } = await start(t);
  const core = await ask('GET /api/v1');
  const pods = core.body.resources.find(({ name }: { name: string }) => name === 'pods');
  t.deepEqual(pods.shortNames, ['po']);
  t.true(core.body.resources.some(({ name }: { name: string }) => name === 'pods/binding'));
  const groups = await ask('GET /apis');
  t.true(groups.body.groups.some(({ name }: { name: string }) => name === 'apps'));
  t.is((await ask('GET /apis/apps')).body.preferredVersion.groupVersion, 'apps/v1');
  const form = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const all = await ask(`GET /apis accept=${form},application/json`);
  t.is(all.headers['content-type'], form);
  t.is(all.body.kind, 'APIGroupDiscoveryList');
  const again = await ask(`GET /apis accept=${form} if-none-match=${all.headers.etag}`);
  t.is(again.code, 304);
  t.is((await ask('GET /version')).body.gitVersion, 'v1.36.2+wherry.0');
  const index = await ask('GET /openapi/v3');
  const { serverRelativeURL } = index.body.paths['apis/apps/v1'];
  t.is((await ask(`GET ${serverRelativeURL}`)).body.openapi, '3.0.0');
  t.is((await ask('GET /healthz')).body, 'ok');
  t.regex((await ask('GET /readyz?verbose')).body, /\[\+\]etcd ok/);
  t.is((await ask('GET /livez/ping')).body, 'ok');
  t.is((await ask('GET /livez/nope')).code, 404);
  t.regex((await ask('GET /metrics')).body, /process_resident_memory_bytes \d+/);
});

test('a typed client sends protobuf, and takes JSON for an answer', async (t) => {
  const { ask } = await start(t);
  const metadata = inner(1, text(1, 'm'));
  const sent = Buffer.from(body('v1', 'ConfigMap', metadata, inner(2, text(1, 'a'), text(2, 'b'))));
  const protobuf = 'application/vnd.kubernetes.protobuf';
  const line = `POST /api/v1/namespaces/default/configmaps content-type=${protobuf}`;
  const answer = await ask(`${line} accept=${protobuf},application/json`, sent.toString());
  t.is(answer.code, 201);
  t.deepEqual(answer.body.data, { a: 'b' });
  t.is(answer.headers['content-type'], 'application/json');
});

test('what is asked for wrongly is refused with the right Status', async (t) => {
  const { ask } = await start(t);
  const cases: readonly [line: string, body: unknown, code: number, message?: RegExp][] = [
    ['GET /api/v1/nothings', undefined, 404, /could not find the requested resource/],
    [`GET ${configs}/none`, undefined, 404, /^configmaps "none" not found$/],
    [`GET ${configs} accept=application/vnd.kubernetes.protobuf`, undefined, 406],
    [`POST ${configs} content-type=text/plain`, 'x', 415],
    [`POST ${configs} content-type=application/vnd.kubernetes.protobuf`, 'x', 400],
    [`PATCH ${configs}/x content-type=application/vnd.kubernetes.protobuf`, 'x', 415],
    [`POST ${configs}/a`, config('a'), 405],
    ['POST /api/v1/configmaps', config('a'), 405],
    [`PATCH ${configs}/a content-type=text/plain`, 'x', 415],
    [`POST ${configs}`, '{', 400],
    [`POST ${configs}`, '[1]', 400],
    [`POST ${configs}`, `${'['.repeat(100_000)}`, 400, /nested more than/],
    [`POST ${configs}`, { ...config('a'), kind: 'Secret' }, 400],
    [`POST ${configs}`, { ...config('a'), metadata: { name: 'a', namespace: 'other' } }, 400],
    [`POST ${configs}`, { ...config('Not A Name') }, 422],
    [`PUT ${configs}/b`, config('a'), 400, /does not match the name on the URL/],
    [`GET ${configs}?labelSelector=a%20b%20c`, undefined, 400],
    [`GET ${configs}?fieldSelector=spec.x%3D1`, undefined, 400, /field label not supported/],
    [`GET ${configs}?resourceVersion=x`, undefined, 400],
    [`GET ${configs}/%2e%2e`, undefined, 400],
    [`GET ${configs}/a%2Fb`, undefined, 400],
    ['GET /api/v1/namespaces/default/namespaces', undefined, 404],
  ];
  for (const [line, body, code, message] of cases) {
    const answer = await ask(line, body);
    t.is(answer.code, code, `${line}: ${JSON.stringify(answer.body)}`);
    t.is(answer.body.kind, 'Status', line);
    if (message) t.regex(answer.body.message, message, line);
  }
});

test('a body over 3 MiB is refused with 413, and the server goes on', async (t) => {
  const { ask } = await start(t);
  const large = config('a', { x: 'y'.repeat(3 * 1024 * 1024) });
  const answer = await ask(`POST ${configs}`, large);
  t.is(answer.code, 413);
  t.is((await ask(`GET ${configs}`)).code, 200);
});

test('admission is asked before a token is made', async (t) => {
  const asked: string[] = [];
  const { ask } = await start(t, undefined, {
    makers: new Map([['serviceaccounts/token', async () => ({ kind: 'TokenRequest' })]]),
    admission: chainPlugins([
      {
        name: 'Watchful',
        mutate({ operation, info: { resource, subresource, name } }) {
          if (subresource !== 'token') return undefined;
          asked.push(`${operation} ${resource} ${name}`);
          if (name === 'theirs') throw new StatusError('Forbidden', 'not yours');
          return { commit: () => asked.push('commit'), rollback: () => asked.push('rollback') };
        },
      },
    ]),
  });
  const path = '/api/v1/namespaces/default/serviceaccounts';
  t.is((await ask(`POST ${path}/ours/token`, {})).code, 201);
  t.is((await ask(`POST ${path}/theirs/token`, {})).code, 403);
  t.deepEqual(asked, ['CREATE serviceaccounts ours', 'commit', 'CREATE serviceaccounts theirs']);
});

test('unknown and duplicate fields are refused, told or passed over, as asked', async (t) => {
  const { ask } = await start(t);
  const text = '{"metadata":{"name":"a"},"data":{"k":"1","k":"2"},"spek":{}}';
  const strict = await ask(`POST ${configs}?fieldValidation=Strict`, text);
  t.is(strict.code, 400);
  t.is(
    strict.body.message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: ' +
      'strict decoding error: duplicate field "data.k", unknown field "spek"',
  );
  const warned = await ask(`POST ${configs}?fieldValidation=Warn`, text);
  t.is(warned.code, 201);
  t.regex(String(warned.headers.warning), /299 - "unknown field \\"spek\\""/);
  t.is(warned.body.spek, undefined);
  const silent = await ask(`POST ${configs}?fieldValidation=Ignore`, text.replace('"a"', '"b"'));
  t.is(silent.headers.warning, undefined);
});

test('YAML bodies are read, aliases and depth are refused', async (t) => {
  const { ask } = await start(t);
  const yaml = `POST ${configs} content-type=application/yaml`;
  const made = await ask(yaml, 'metadata:\n  name: a\ndata:\n  k: "1"\n');
  t.is(made.body.data.k, '1');
  t.is((await ask(yaml, 'metadata: &m {name: b}\nx: *m\n')).code, 400);
  t.is((await ask(yaml, `${'['.repeat(3000)}${']'.repeat(3000)}`)).code, 400);
  const shown = await ask(`GET ${configs}/a accept=application/yaml`);
  t.regex(shown.body, /^kind: ConfigMap$/m);
});

test('names that JavaScript knows are names like any other', async (t) => {
  const { ask } = await start(t);
  const text = '{"metadata":{"name":"constructor"},"data":{"__proto__":"x","constructor":"y"}}';
  t.is((await ask(`POST ${configs}`, text)).code, 201);
  const { body } = await ask(`GET ${configs}/constructor`);
  t.deepEqual(Object.entries(body.data), Object.entries(JSON.parse(text).data));
  t.is((await ask(`GET ${configs}/valueof`)).code, 404);
});

test('HTTP/1.1 clients are served too, and large answers are compressed for who takes it', async (t) => {
  const { ask, port } = await start(t);
  for (let index = 0; index < 8; index++) {
    await ask(`POST ${configs}`, config(`a${index}`, { x: 'y'.repeat(100_000) }));
  }
  const { headers, length } = await new Promise<{ headers: IncomingHttpHeaders; length: number }>(
    (resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: configs, ca: tls.ca };
      const request = httpsRequest({ ...options, headers: { 'accept-encoding': 'gzip' } });
      request.on('error', reject);
      request.on('response', async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const { items } = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString());
        resolve({ headers: response.headers, length: items.length });
      });
      request.end();
    },
  );
  t.is(headers['content-encoding'], 'gzip');
  t.is(length, 8);
});

test('every acknowledged write is there after a restart', async (t) => {
  const { ask, file, stop } = await start(t);
  const made = await Promise.all(
    Array.from({ length: 50 }, (_, index) => ask(`POST ${configs}`, config(`a${index}`))),
  );
  await stop();
  const again = await start(t, file);
  const { body } = await again.ask(`GET ${configs}`);
  const sorted = (items: { metadata: { name: string } }[]) =>
    items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  t.deepEqual(sorted(body.items), sorted(made.map((each) => each.body)));
});

test('a server that stops ends its watches at once', async (t) => {
  const { ask, watch, stop } = await start(t);
  await ask(`POST ${configs}`, config('a'));
  const open = watch(`${configs}?watch=1`);
  t.deepEqual(await open.show(1), ['ADDED a']);
  await stop();
  t.deepEqual(await open.show(1), ['end']);
});
