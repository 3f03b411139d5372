/** Several API servers on one etcd: to a client they are one. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { config, configs, startServer } from '../../apiserver/testing.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { startEtcd, type TestEtcd } from '../helpers/etcd.ts';
import { createBackend } from '../helpers/stores.ts';

let etcd: TestEtcd;
test.before(async () => {
  etcd = await startEtcd();
});
test.after.always(() => etcd?.remove());

type Server = Awaited<ReturnType<typeof startServer>>;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const json = 'content-type=application/merge-patch+json';

/** What is done every 10 s is done every 40 ms; patience stays what it is. */
const quickRounds: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => systemClock.sleep(ms === 10_000 ? 40 : ms, signal),
};

/** `start('192.0.2.1')`: one more server on this test's state. */
function createScene(t: ExecutionContext) {
  const open = createBackend(t, 'etcd', etcd);
  return async (advertiseAddress: string): Promise<Server> => {
    const store = await open();
    return startServer(t, { store, isShared: true, advertiseAddress, clock: quickRounds });
  };
}

async function eventually(t: ExecutionContext, work: () => Promise<unknown>, want: unknown) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (JSON.stringify(await work()) === JSON.stringify(want)) break;
    await sleep(25);
  }
  t.deepEqual(await work(), want);
}

const endpoints = '/api/v1/namespaces/default/endpoints/kubernetes';
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

async function addressesIn({ ask }: Server) {
  const { body } = await ask(`GET ${endpoints}`);
  const inSubsets = (body.subsets ?? []).flatMap((subset: { addresses: { ip: string }[] }) =>
    subset.addresses.map(({ ip }) => ip),
  );
  const { body: list } = await ask(
    `GET ${slices}?labelSelector=kubernetes.io/service-name=kubernetes`,
  );
  const inSlices = list.items.flatMap((slice: { endpoints: { addresses: string[] }[] }) =>
    slice.endpoints.flatMap((each) => each.addresses),
  );
  return [inSubsets.sort().join(' '), inSlices.sort().join(' ')];
}

const both = (text: string) => [text, text];

test('apiserver A115: default/kubernetes names every server that lives, and only those', async (t) => {
  const start = createScene(t);
  const [a, b, c] = await Promise.all(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(start));
  for (const server of [a!, b!, c!]) {
    await eventually(t, () => addressesIn(server), both('192.0.2.1 192.0.2.2 192.0.2.3'));
  }
  await b!.stop(); // In order: it takes itself out.
  t.deepEqual(await addressesIn(a!), both('192.0.2.1 192.0.2.3'));
  // Killed: its Lease is there and is renewed no more.
  const { body } = await a!.ask('GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases');
  const lease = body.items.find((each: { metadata: { annotations: object } }) =>
    JSON.stringify(each.metadata.annotations).includes('192.0.2.3'),
  );
  await c!.stop();
  delete lease.metadata.resourceVersion;
  await a!.ask('POST /apis/coordination.k8s.io/v1/namespaces/kube-system/leases', lease);
  const dead = { addresses: [{ ip: '192.0.2.3' }], ports: [{ name: 'https', port: 1 }] };
  await a!.ask(`PATCH ${endpoints} ${json}`, JSON.stringify({ subsets: [dead] }));
  await eventually(t, () => addressesIn(a!), both('192.0.2.1'));
});

test('apiserver A113: each server has an identity Lease that it renews', async (t) => {
  const start = createScene(t);
  const [a, b] = await Promise.all(['192.0.2.1', '192.0.2.2'].map(start));
  const path = 'GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const selector = 'labelSelector=apiserver.kubernetes.io/identity=kube-apiserver';
  const found = async (): Promise<{ metadata: { name: string }; spec: { renewTime: string } }[]> =>
    (await b!.ask(`${path}?${selector}`)).body.items;
  const before = await found();
  t.is(before.length, 2);
  t.true(before.every(({ metadata }) => /^apiserver-[a-z0-9]{26}$/.test(metadata.name)));
  const renewed = async () => {
    const after = await found();
    return before.map(({ metadata, spec }) => {
      const now = after.find((each) => each.metadata.name === metadata.name);
      return now !== undefined && now.spec.renewTime > spec.renewTime;
    });
  };
  await eventually(t, renewed, [true, true]);
  await a!.stop();
  await eventually(t, async () => (await found()).length, 1);
});

test('what one server acknowledged, every other one shows at once', async (t) => {
  const start = createScene(t);
  const servers = await Promise.all(['192.0.2.1', '192.0.2.2'].map(start));
  const [a, b] = servers as [Server, Server];
  for (const index of range(30)) {
    const [writer, reader] = index % 2 ? [a, b] : [b, a];
    const { body } = await writer.ask(`POST ${configs}`, config(`c${index}`));
    const read = await reader.ask(`GET ${configs}/c${index}`);
    t.is(read.body.metadata.resourceVersion, body.metadata.resourceVersion);
    const listed = await reader.ask(`GET ${configs}`);
    t.true(Number(listed.body.metadata.resourceVersion) >= Number(body.metadata.resourceVersion));
    t.true(listed.body.items.some((item: typeof body) => item.metadata.uid === body.metadata.uid));
    await reader.ask(`DELETE ${configs}/c${index}`);
    t.is((await writer.ask(`GET ${configs}/c${index}`)).code, 404);
  }
});

test('of two servers only one makes a name, and only one changes a version', async (t) => {
  const start = createScene(t);
  const servers = await Promise.all(['192.0.2.1', '192.0.2.2'].map(start));
  const made = await Promise.all(
    range(20).map((index) => servers[index % 2]!.ask(`POST ${configs}`, config('one'))),
  );
  const codes = made.map(({ code }) => code).sort();
  t.deepEqual(codes, [201, ...range(19).map(() => 409)]);
  const { body } = await servers[0]!.ask(`GET ${configs}/one`);
  const changed = await Promise.all(
    range(10).map((index) =>
      servers[index % 2]!.ask(`PUT ${configs}/one`, { ...body, data: { by: String(index) } }),
    ),
  );
  t.is(changed.filter(({ code }) => code === 200).length, 1);
  t.true(changed.every(({ code }) => code === 200 || code === 409));
});

test('a watch goes on at another server with the version it had at the first', async (t) => {
  const start = createScene(t);
  const [a, b] = await Promise.all(['192.0.2.1', '192.0.2.2'].map(start));
  await a!.ask(`POST ${configs}`, config('c0'));
  const first = a!.watch(`${configs}?watch=1`);
  const { object } = (await first.next())!;
  for (const index of range(10)) {
    await (index % 2 ? a! : b!).ask(`POST ${configs}`, config(`c${index + 1}`));
  }
  const query = `watch=1&resourceVersion=${object.metadata.resourceVersion}`;
  const want = range(10).map((index) => `ADDED c${index + 1}`);
  t.deepEqual(await b!.watch(`${configs}?${query}`).show(10), want);
  t.deepEqual(await first.show(10), want);
});

test('servers that start at the same time on an empty etcd make one cluster', async (t) => {
  const start = createScene(t);
  const addresses = range(4).map((index) => `192.0.2.${index + 1}`);
  const servers = await Promise.all(addresses.map(start));
  const uids = await Promise.all(
    servers.map(async ({ ask }) => {
      const { body } = await ask('GET /api/v1/namespaces');
      return body.items.map((item: { metadata: { uid: string } }) => item.metadata.uid).join();
    }),
  );
  t.is(new Set(uids).size, 1);
  t.is(uids[0].split(',').length, 4);
});
