import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { WebSocket } from 'ws';
import { systemClock } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Running } from '../../base/running.ts';
import { ensurePki } from '../../cli/pki/apply.ts';
import type { ExecSpec, StreamSession } from '../../native/index.ts';
import type { ContainerHandle, PodDirectory } from './directory.ts';
import { startServer } from './server.ts';

let dir: string;
let server: Running & { port: number };

test.before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'wherry-agent-server-'));
  await ensurePki({
    dir,
    nodeName: 'node-1',
    nodeAddresses: ['127.0.0.1'],
    serviceCidrFirstAddress: '10.43.0.1',
    domain: 'cluster.local',
    now: Date.now,
  });
  server = await startServer({
    address: '127.0.0.1',
    port: 0,
    certFile: `${dir}/kubelet.crt`,
    keyFile: `${dir}/kubelet.key`,
    clientCaFile: `${dir}/ca.crt`,
    directory,
    clock: systemClock,
    log: silentLogger,
  });
});
test.after.always(async () => {
  await server.stop();
  rmSync(dir, { recursive: true });
});

const container: ContainerHandle = {
  logPath: () => undefined,
  isRunning: true,
  ended: Promise.resolve(),
  terminal: false,
  stdin: false,
  exec: async (spec) => echoSession(spec),
  attach: () => Promise.reject(new StatusError('BadRequest', 'the container does not run')),
};

const directory: PodDirectory = {
  listPods: () => [],
  problem: () => undefined,
  findContainer(namespace, pod, name) {
    if (`${namespace}/${pod}/${name}` === 'default/web/main') return container;
    throw new StatusError('NotFound', `container not found ("${name}")`);
  },
};

/** Says its arguments, then what it is given, and ends with 3 when its input is closed. */
function echoSession({ args }: ExecSpec): StreamSession {
  const exit = Promise.withResolvers<{ exitCode: number }>();
  let output: Parameters<StreamSession['onOutput']>[0] = () => {};
  return {
    onOutput(listener) {
      output = listener;
      output('stderr', Buffer.from(args.join(' ')));
    },
    exited: exit.promise,
    write: async (data) => output('stdout', data),
    closeStdin: () => exit.resolve({ exitCode: 3 }),
    resize() {},
    pause() {},
    resume() {},
    close: () => exit.resolve({ exitCode: 137 }),
  };
}

const credentials = (user?: string) => ({
  ca: readFileSync(`${dir}/ca.crt`),
  ...(user && {
    cert: readFileSync(`${dir}/${user}.crt`),
    key: readFileSync(`${dir}/${user}.key`),
  }),
});

async function statusOf(path: string, user?: string): Promise<number | undefined> {
  const [response] = await once(
    get({ host: '127.0.0.1', port: server.port, path, ...credentials(user) }),
    'response',
  );
  response.resume();
  return response.statusCode;
}

test('R17: without a certificate nothing is answered', async (t) => {
  for (const path of ['/pods', '/healthz', '/containerLogs/default/web/main', '/metrics']) {
    t.is(await statusOf(path), 401, path);
  }
});

test("R17: another component's certificate is not enough", async (t) => {
  t.is(await statusOf('/pods', 'dns'), 403);
  t.is(await statusOf('/pods', 'agent'), 403);
});

test('the API server is let in', async (t) => {
  t.is(await statusOf('/pods', 'apiserver-kubelet-client'), 200);
  t.is(await statusOf('/healthz', 'apiserver-kubelet-client'), 200);
  t.is(await statusOf('/containerLogs/default/web/other', 'apiserver-kubelet-client'), 404);
  t.is(await statusOf('/exec/default/web/main', 'apiserver-kubelet-client'), 400);
});

test('exec carries input, both outputs and the exit code', async (t) => {
  const socket = new WebSocket(
    `wss://127.0.0.1:${server.port}/exec/default/web/main?command=a&command=b&stdin=true&stdout=true&stderr=true`,
    ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    credentials('apiserver-kubelet-client'),
  );
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(String(message)));
  await once(socket, 'open');
  t.is(socket.protocol, 'v5.channel.k8s.io');
  socket.send(Buffer.from('\u0000hello'));
  socket.send(Buffer.of(255, 0));
  await once(socket, 'close');
  t.deepEqual(messages.slice(0, 2), ['\u0002a b', '\u0001hello']);
  t.regex(messages[2]!, /"ExitCode","message":"3"/);
});

test('a refused upgrade is an ordinary answer', async (t) => {
  const socket = new WebSocket(
    `wss://127.0.0.1:${server.port}/attach/default/web/main`,
    ['v5.channel.k8s.io'],
    credentials('apiserver-kubelet-client'),
  );
  const [error] = await once(socket, 'error');
  t.regex(error.message, /400/);
});
