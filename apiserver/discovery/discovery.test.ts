/** What clients ask before they ask for objects. */
import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { createMemoryStore } from '../../store/memory.ts';
import { config, configs, startServer } from '../testing.ts';

type Named = { readonly name: string };

test('apiserver A1: groups, versions and resources with verbs, short names and hashes', async (t) => {
  const { ask } = await startServer(t);
  t.deepEqual((await ask('GET /api')).body.versions, ['v1']);
  const { groups } = (await ask('GET /apis')).body;
  const names: string[] = groups.map(({ name }: Named) => name);
  for (const name of ['apps', 'batch', 'rbac.authorization.k8s.io']) t.true(names.includes(name));
  const autoscaling = groups.find(({ name }: Named) => name === 'autoscaling');
  t.is(autoscaling.preferredVersion.version, 'v2');
  t.is((await ask('GET /apis/apps')).body.kind, 'APIGroup');
  const { resources } = (await ask('GET /api/v1')).body;
  const find = (wanted: string) => resources.find(({ name }: Named) => name === wanted);
  const pods = find('pods');
  t.deepEqual(pods.shortNames, ['po']);
  t.deepEqual(pods.categories, ['all']);
  t.deepEqual([...pods.verbs].sort(), [
    'create',
    'delete',
    'deletecollection',
    'get',
    'list',
    'patch',
    'update',
    'watch',
  ]);
  t.regex(pods.storageVersionHash, /^[A-Za-z0-9+/]{11}=$/);
  t.not(pods.storageVersionHash, find('secrets').storageVersionHash);
  t.is(find('pods/status').kind, 'Pod');
  t.is((await ask('GET /api/v2')).code, 404);
  t.is((await ask('GET /apis/none')).code, 404);
});

test('apiserver A2: all groups in one document, which is sent once', async (t) => {
  const { ask } = await startServer(t);
  for (const version of ['v2', 'v2beta1']) {
    const form = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    for (const path of ['/api', '/apis']) {
      const { body, headers } = await ask(`GET ${path} accept=${form},application/json`);
      t.is(headers['content-type'], form);
      t.is(body.apiVersion, `apidiscovery.k8s.io/${version}`);
      t.is(body.kind, 'APIGroupDiscoveryList');
      t.is(headers.vary, 'Accept');
      const again = await ask(`GET ${path} accept=${form} if-none-match=${headers.etag}`);
      t.is(again.code, 304);
      t.is(again.bytes.length, 0);
    }
  }
  const form = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { items } = (await ask(`GET /apis accept=${form}`)).body;
  const apps = items.find(({ metadata }: { metadata: Named }) => metadata.name === 'apps');
  const [{ resources }] = apps.versions;
  const [deployments] = resources.filter((each: { resource: string }) => {
    return each.resource === 'deployments';
  });
  t.is(deployments.scope, 'Namespaced');
  t.deepEqual(deployments.responseKind, { group: 'apps', version: 'v1', kind: 'Deployment' });
  t.true(
    deployments.subresources.some((each: { subresource: string }) => {
      return each.subresource === 'scale';
    }),
  );
  t.is((await ask('GET /apis accept=application/json')).body.kind, 'APIGroupList');
});

test('apiserver A3: OpenAPI v2 as JSON and as protobuf, each with its ETag', async (t) => {
  const { ask } = await startServer(t);
  const json = await ask('GET /openapi/v2');
  t.is(json.body.swagger, '2.0');
  t.truthy(json.body.definitions['io.k8s.api.core.v1.Pod']);
  t.truthy(json.body.paths['/api/v1/namespaces/{namespace}/pods/{name}'].patch);
  for (const spelt of ['v2.v1.0', 'v2@v1.0']) {
    const accept = `application/com.github.proto-openapi.spec.${spelt}+protobuf`;
    const { code, headers, bytes } = await ask(`GET /openapi/v2 accept=${accept}`);
    t.is(code, 200);
    t.is(headers['content-type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    t.is(bytes.subarray(0, 5).toString('latin1'), '\n\u00032.0', 'swagger: "2.0"');
    const again = await ask(`GET /openapi/v2 accept=${accept} if-none-match=${headers.etag}`);
    t.is(again.code, 304);
    t.not(headers.etag, json.headers.etag);
  }
  t.is((await ask('GET /openapi/v2 accept=text/html')).code, 406);
});

test('apiserver A4: OpenAPI v3 by an index of URLs whose answers never change', async (t) => {
  const { ask } = await startServer(t);
  const { paths } = (await ask('GET /openapi/v3')).body;
  for (const path of ['api/v1', 'apis/apps/v1', 'apis/batch/v1']) {
    const { serverRelativeURL } = paths[path];
    t.regex(serverRelativeURL, /\?hash=[0-9A-F]{64}$/);
    const { body, headers } = await ask(`GET ${serverRelativeURL}`);
    t.is(body.openapi, '3.0.0');
    t.is(headers['cache-control'], 'public, immutable');
    t.true(Date.parse(String(headers.expires)) > Date.now());
    const known = await ask(`GET /openapi/v3/${path} if-none-match=${headers.etag}`);
    t.is(known.code, 304);
    const plain = await ask(`GET /openapi/v3/${path}`);
    t.not(plain.headers['cache-control'], 'public, immutable', 'only by its hash');
    const old = await ask(`GET /openapi/v3/${path}?hash=0`);
    t.is(old.code, 301);
    t.is(old.headers.location, serverRelativeURL);
  }
  const { body } = await ask('GET /openapi/v3/apis/apps/v1');
  const spec = body.components.schemas['io.k8s.api.apps.v1.DeploymentSpec'];
  t.is(spec.properties.paused.description, 'Whether changes of the template wait.');
});

test('apiserver A5: the version', async (t) => {
  const { ask } = await startServer(t);
  const { body } = await ask('GET /version');
  t.is(body.major, '1');
  t.is(body.minor, '36');
  t.regex(body.gitVersion, /^v1\.36\.\d+\+wherry\./);
  t.regex(body.platform, /^linux\//);
});

test('apiserver A6: health by check, told at length, with exceptions', async (t) => {
  const memory = createMemoryStore();
  let isWell = true;
  const store = {
    get: (key: string) => memory.get(key),
    list: (request: Parameters<typeof memory.list>[0]) => memory.list(request),
    transact: (change: Parameters<typeof memory.transact>[0]) => memory.transact(change),
    watch: (request: Parameters<typeof memory.watch>[0]) => memory.watch(request),
    compact: (revision: number) => memory.compact(revision),
    currentRevision: () =>
      isWell ? memory.currentRevision() : Promise.reject(new Error('the disk is gone')),
    size: () => memory.size(),
    close: () => memory.close(),
  };
  const { ask } = await startServer(t, { store });
  for (const root of ['healthz', 'livez', 'readyz']) {
    const short = await ask(`GET /${root}`);
    t.is(short.body, 'ok');
    t.is(short.headers['content-type'], 'text/plain; charset=utf-8');
    const long = (await ask(`GET /${root}?verbose`)).body;
    t.regex(long, /^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd ok\n/);
    t.regex(long, /^\[\+\]poststarthook\/rbac\/bootstrap-roles ok$/m);
    t.true(long.endsWith(`${root} check passed\n`));
    for (const check of ['ping', 'etcd', 'poststarthook/rbac/bootstrap-roles']) {
      t.is((await ask(`GET /${root}/${check}`)).body, 'ok');
    }
    t.is((await ask(`GET /${root}/nonsense`)).code, 404);
  }
  t.is((await ask('GET /readyz/informer-sync')).code, 200);
  t.is((await ask('GET /livez/shutdown')).code, 404, 'a server that stops is alive');
  isWell = false;
  const sick = await ask('GET /livez');
  t.is(sick.code, 500);
  t.regex(sick.body, /^\[-\]etcd failed: reason withheld$/m);
  t.true(sick.body.endsWith('livez check failed\n'));
  t.is((await ask('GET /livez/etcd')).code, 500);
  const excluded = await ask('GET /livez?verbose&exclude=etcd&exclude=nonsense');
  t.is(excluded.code, 200);
  t.regex(excluded.body, /^\[\+\]etcd excluded: ok$/m);
  t.regex(excluded.body, /no matches for "nonsense"$/m);
});

test('apiserver A7: metrics in the names that dashboards ask for', async (t) => {
  const { ask, watch } = await startServer(t);
  const events = watch(`${configs}?watch=1`);
  await ask(`POST ${configs}`, config('a'));
  await ask(`GET ${configs}/none`);
  await events.show(1);
  const { body, headers } = await ask('GET /metrics');
  t.is(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const series = [
    /^apiserver_request_total\{verb="CREATE",dry_run="",group="",version="v1",resource="configmaps",subresource="",scope="namespace",component="apiserver",code="201"\} 1$/m,
    /^apiserver_request_total\{verb="GET",.*resource="configmaps",.*scope="resource",.*code="404"\} 1$/m,
    /^apiserver_request_duration_seconds_bucket\{verb="CREATE",.*le="\+Inf"\} 1$/m,
    /^apiserver_request_duration_seconds_count\{verb="CREATE",.*resource="configmaps".*\} 1$/m,
    /^apiserver_current_inflight_requests\{request_kind="mutating"\} 0$/m,
    /^apiserver_longrunning_requests\{verb="WATCH",.*resource="configmaps".*\} 1$/m,
    /^apiserver_watch_events_total\{group="",version="v1",resource="configmaps"\} 1$/m,
    /^apiserver_storage_objects\{resource="configmaps"\} 1$/m,
    /^apiserver_resource_objects\{group="",resource="configmaps"\} 1$/m,
    /^etcd_request_duration_seconds_count\{operation="create",type="configmaps"\} 1$/m,
    /^process_resident_memory_bytes [1-9]\d+$/m,
    /^process_cpu_seconds_total \d/m,
    /^process_open_fds [1-9]/m,
    /^process_start_time_seconds [1-9]/m,
    /^nodejs_heap_size_used_bytes [1-9]/m,
    /^nodejs_eventloop_lag_p99_seconds \d/m,
    /^kubernetes_build_info\{major="1",minor="36",/m,
  ];
  for (const each of series) t.regex(body, each);
  const lines = (body as string).split('\n').filter((line) => line !== '');
  for (const line of lines)
    t.regex(line, /^(# (HELP|TYPE) |[a-z_0-9]+(\{.*\})? -?[\d.e+-]+$)/, line);
});

test('apiserver A8: tokens can be checked by others, who find the keys here', async (t) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { ask } = await startServer(t, { openId: { issuer: 'https://issuer', keys: [key, key] } });
  const { body } = await ask('GET /.well-known/openid-configuration');
  t.is(body.issuer, 'https://issuer');
  t.regex(body.jwks_uri, /^https:\/\/192\.0\.2\.1:\d+\/openid\/v1\/jwks$/);
  t.deepEqual(body.id_token_signing_alg_values_supported, ['ES256']);
  const jwks = await ask('GET /openid/v1/jwks');
  t.is(jwks.headers['content-type'], 'application/jwk-set+json');
  t.is(jwks.body.keys.length, 1);
  t.like(jwks.body.keys[0], { use: 'sig', kty: 'EC', crv: 'P-256', alg: 'ES256' });
  t.is(jwks.body.keys[0].d, undefined);
});

test('apiserver A9: the paths that there are', async (t) => {
  const { ask } = await startServer(t);
  const { paths } = (await ask('GET /')).body;
  for (const path of [
    '/api',
    '/api/v1',
    '/apis',
    '/apis/apps',
    '/apis/apps/v1',
    '/healthz',
    '/livez/ping',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz/etcd',
    '/version',
  ]) {
    t.true(paths.includes(path), path);
  }
  for (const path of paths) t.is((await ask(`GET ${path}`)).code, 200, path);
});
