import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { EndpointConditions, EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { isTarget, serveDrain } from './drain.ts';

const slice = (conditions: EndpointConditions, uid = 'u1'): EndpointSlice => ({
  metadata: { namespace: 'default', name: 'web-1' },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.42.0.2'], conditions, targetRef: { kind: 'Pod', uid } }],
});

interface Proxy {
  readonly path: string;
  slices: EndpointSlice[];
  /** Lets the rules be written. */
  readonly write: () => void;
  readonly changed: () => void;
}

function withProxy(body: (t: ExecutionContext, proxy: Proxy) => Promise<void>) {
  return async (t: ExecutionContext) => {
    const dir = mkdtempSync(join(tmpdir(), `wherry-drain-${process.pid}-`));
    const path = join(dir, 'proxy.sock');
    const written = Promise.withResolvers<void>();
    const proxy = { path, slices: [] as EndpointSlice[], write: written.resolve };
    const drain = await serveDrain(path, {
      slices: (uid) =>
        proxy.slices.filter(({ endpoints }) => endpoints?.some((e) => e.targetRef?.uid === uid)),
      written: () => written.promise,
      synced: Promise.resolve(),
    });
    try {
      await body(t, Object.assign(proxy, { changed: () => drain.onEndpoints() }));
    } finally {
      await drain.stop();
      rmSync(dir, { recursive: true });
    }
  };
}

async function ask(socketPath: string, path = '/drained?pod=u1') {
  const asked = request({ socketPath, path });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return `${response.statusCode} ${body}`;
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test(
  'a pod is drained once its slice says that it ends and the rules say so as well',
  withProxy(async (t, proxy) => {
    proxy.slices = [slice({ ready: true })];
    const answers: string[] = [];
    const answer = ask(proxy.path).then((text) => answers.push(text));
    await soon();
    proxy.changed();
    await soon();
    t.deepEqual(answers, [], 'it is still ready');
    proxy.slices = [slice({ ready: false, serving: true, terminating: true })];
    proxy.changed();
    await soon();
    t.deepEqual(answers, [], 'the rules are not written');
    proxy.write();
    await answer;
    t.deepEqual(answers, ['200 {"wasEndpoint":true}']);
  }),
);

test(
  'a pod that is in no slice is drained already',
  withProxy(async (t, proxy) => {
    proxy.write();
    t.is(await ask(proxy.path), '200 {"wasEndpoint":false}');
    t.is(await ask(proxy.path, '/drained'), '404 ');
    t.is(await ask(proxy.path, '/'), '404 ');
    t.is(statSync(proxy.path).mode & 0o777, 0o600);
  }),
);

test(
  'who hangs up is forgotten',
  withProxy(async (t, proxy) => {
    proxy.slices = [slice({})];
    const asked = request({ socketPath: proxy.path, path: '/drained?pod=u1' });
    asked.on('error', () => {});
    asked.end();
    await soon();
    asked.destroy();
    await soon();
    proxy.changed();
    t.pass();
  }),
);

test('terminating endpoints are no targets, whatever else they are', (t) => {
  t.true(isTarget([slice({})], 'u1'), 'unknown counts as ready');
  t.false(isTarget([slice({ ready: false })], 'u1'));
  t.false(isTarget([slice({ ready: true, terminating: true })], 'u1'), 'publishNotReadyAddresses');
  t.false(isTarget([slice({}, 'u2')], 'u1'), 'another pod');
  t.true(isTarget([slice({ ready: false }), slice({})], 'u1'), 'one Service is enough');
});
