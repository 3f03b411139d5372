import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { WebSocket } from 'ws';
import { systemClock } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Running } from '../../base/running.ts';
import { SpdyConnection } from '../../base/spdy/connection.ts';
import { ensurePki } from '../../cli/pki/apply.ts';
import type { ExecSpec, StreamSession } from '../../native/index.ts';
import type { ContainerHandle, PodDirectory } from './directory.ts';
import { startServer } from './server.ts';

let dir: string;
let logFile: string;
let server: Running & { port: number };

test.before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'wherry-agent-server-'));
  logFile = join(dir, '0.log');
  writeFileSync(logFile, '2026-11-22T10:00:00.5Z stdout F hello\n');
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
  logPath: () => logFile,
  ended: Promise.resolve(),
  stdinOnce: true,
  requireRunning() {},
  exec: async (spec) => {
    if (spec.args[0] === 'missing') throw new Error('execve missing: No such file or directory');
    return spec.args[0] === 'flood' ? floodSession() : echoSession(spec);
  },
  attach: async () => echoSession({ args: ['attached'], terminal: false, stdin: true }),
};

const directory: PodDirectory = {
  listPods: () => [],
  problem: () => undefined,
  findPod: () => ({
    id: 'sandbox-1',
    async connect(port) {
      if (port === 9) throw new Error('connect: Connection refused');
      const [ours, theirs] = duplexPair();
      theirs.on('error', () => {});
      theirs.write(`port ${port}: `);
      theirs.pipe(theirs);
      return ours;
    },
  }),
  findContainer(namespace, pod, name) {
    if (`${namespace}/${pod}/${name}` === 'default/web/main') return container;
    if (`${namespace}/${pod}/${name}` === 'default/web/ended') return endedContainer;
    throw new StatusError('NotFound', `container not found ("${name}")`);
  },
};

const endedContainer: ContainerHandle = {
  ...container,
  requireRunning() {
    throw new StatusError('BadRequest', 'container "ended" is not running');
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

/** A connection that breaks behind the answer is told to nobody, and must not end the process. */
const send = (path: string, user?: string) =>
  get({ host: '127.0.0.1', port: server.port, path, ...credentials(user) }).on('error', () => {});

async function statusOf(path: string, user?: string): Promise<number | undefined> {
  const [response] = await once(send(path, user), 'response');
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
  for (const [path, want] of [
    ['/attach/default/web/ended?stdout=1', /400/],
    ['/exec/default/web/other?command=a&stdout=1', /404/],
    ['/exec/default/web/main?command=a', /400/],
    ['/exec/default/web/main?stdout=1', /400/],
    ['/portForward/default/web?ports=0', /400/],
  ] as const) {
    const [error] = await once(open(path, ['v5.channel.k8s.io']), 'error');
    t.regex(error.message, want, path);
  }
});

test('logs are read by any of their paths', async (t) => {
  t.is(await read('/containerLogs/default/web/main'), 'hello\n');
  t.is(await read('/containerLogs/default/web/uid-1/main'), 'hello\n');
});

async function read(path: string): Promise<string> {
  const [response] = await once(send(path, apiserver), 'response');
  return text(response);
}

const apiserver = 'apiserver-kubelet-client';

function open(path: string, protocols: string[]): WebSocket {
  const url = `wss://127.0.0.1:${server.port}${path}`;
  return new WebSocket(url, protocols, credentials(apiserver));
}

test('apiserver A67: exec in the base64 form, and without any subprotocol', async (t) => {
  const query = 'command=a&stdin=1&stdout=1&stderr=1';
  for (const [protocols, want] of [
    [['v4.base64.channel.k8s.io'], ['1', '2YQ==', '1aGk=']],
    [[], ['\u0001', '\u0002a', '\u0001hi']],
  ] as [string[], string[]][]) {
    const socket = open(`/exec/default/web/main?${query}`, protocols);
    const messages: string[] = [];
    socket.on('message', (message) => messages.push(String(message)));
    await once(socket, 'open');
    socket.send(protocols.length > 0 ? '0aGk=' : Buffer.from('\u0000hi'));
    while (messages.length < 3) await once(socket, 'message');
    t.deepEqual(messages, want);
    socket.terminate();
  }
});

test('apiserver A67: a command that cannot be started is told as the end of one', async (t) => {
  const socket = open('/exec/default/web/main?command=missing&stdout=1', ['v4.channel.k8s.io']);
  let last = '';
  socket.on('message', (message) => {
    last = String(message);
  });
  await once(socket, 'close');
  const { code, message } = JSON.parse(last.slice(1));
  t.is(code, 500);
  t.regex(message, /^Internal error occurred: error executing command in container: execve/);
});

test('security R16: a client that takes nothing holds the command back', async (t) => {
  const socket = open('/exec/default/web/main?command=flood&stdout=1', ['v5.channel.k8s.io']);
  await once(socket, 'open');
  socket.pause();
  await quiet(() => flooded);
  t.true(flooded < 32 * 2 ** 20, `${flooded} bytes`);
  socket.resume();
  await once(socket, 'close');
  t.is(flooded, floodBytes);
});

/** Waits until a number stays as it is. */
async function quiet(value: () => number): Promise<void> {
  for (let before = -1; before !== value(); ) {
    before = value();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

let flooded = 0;
const floodBytes = 64 * 2 ** 20;

/** Says much, as fast as it may. */
function floodSession(): StreamSession {
  const exit = Promise.withResolvers<{ exitCode: number }>();
  let listener: Parameters<StreamSession['onOutput']>[0] | undefined;
  let isHeld = false;
  const chunk = Buffer.alloc(64 * 1024, 'y');
  flooded = 0;
  const push = () => {
    if (isHeld) return;
    if (flooded === floodBytes) return exit.resolve({ exitCode: 0 });
    flooded += chunk.length;
    listener?.('stdout', chunk);
    setImmediate(push);
  };
  return {
    ...echoSession({ args: [], terminal: false, stdin: false }),
    onOutput(each) {
      listener = each;
      push();
    },
    exited: exit.promise,
    pause() {
      isHeld = true;
    },
    resume() {
      if (isHeld) setImmediate(push);
      isHeld = false;
    },
    close: () => exit.reject(new Error('closed')),
  };
}

/** As clients of SPDY do: a POST that becomes a connection of streams. */
async function dial(path: string, protocols: string[], t: { teardown(f: () => void): void }) {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'SPDY/3.1',
    ...(protocols.length > 0 && { 'x-stream-protocol-version': protocols }),
  };
  const to = { host: '127.0.0.1', port: server.port, path, method: 'POST', headers };
  const sent = request({ ...to, ...credentials(apiserver) }).end();
  sent.on('error', () => {}); // As `send`.
  const answer = await Promise.race([once(sent, 'upgrade'), once(sent, 'response')]);
  const [response, socket, head] = answer as [IncomingMessage, Duplex | undefined, Buffer];
  if (!socket) return { response, connection: undefined };
  if (head.length > 0) socket.unshift(head);
  const connection = new SpdyConnection(socket, { role: 'client' });
  t.teardown(() => connection.destroy());
  return { response, connection };
}

test('apiserver A67: exec over SPDY/3.1, as each version of its protocol ends it', async (t) => {
  for (const [protocols, chosen, want] of [
    [['v4.channel.k8s.io', 'v3.channel.k8s.io'], 'v4.channel.k8s.io', /"message":"3"/],
    [['v2.channel.k8s.io'], 'v2.channel.k8s.io', /^command terminated .* exit status 3$/],
    [[], undefined, /^command terminated .* exit status 3$/],
  ] as const) {
    const path = '/exec/default/web/main?command=a&input=1&output=1&error=1';
    const { response, connection } = await dial(path, [...protocols], t);
    t.is(response.headers['x-stream-protocol-version'], chosen);
    const [error, stdin, stdout, stderr] = ['error', 'stdin', 'stdout', 'stderr'].map((type) =>
      connection!.open(new Map([['streamType', type]])),
    );
    error!.end();
    stdin!.end('hello');
    t.is(await text(stdout!), 'hello');
    t.is(await text(stderr!), 'a');
    t.regex(await text(error!), want);
    await connection!.closed;
  }
});

test('apiserver A67: a SPDY client whose protocols are all unknown is told what there is', async (t) => {
  const path = '/exec/default/web/main?command=a&output=1';
  const { response } = await dial(path, ['v9.channel.k8s.io'], t);
  t.is(response.statusCode, 403);
  t.regex(String(response.headers['x-accepted-stream-protocol-versions']), /v4\.channel\.k8s\.io/);
});

test('apiserver A67: who attaches as the only one and goes ends the input', async (t) => {
  const { connection } = await dial(
    '/attach/default/web/main?input=1&output=1',
    ['v4.channel.k8s.io'],
    t,
  );
  const [error, stdin, stdout] = ['error', 'stdin', 'stdout'].map((type) =>
    connection!.open(new Map([['streamtype', type]])),
  );
  stdin!.end('x');
  t.is(await text(stdout!), 'x');
  t.is(await text(error!), '{"metadata":{},"status":"Success"}');
});

test('apiserver A67: port-forward over SPDY/3.1 carries many connections', async (t) => {
  const { connection } = await dial('/portForward/default/web', ['portforward.k8s.io'], t);
  const forward = (port: number, id: number) =>
    ['error', 'data'].map((type) =>
      connection!.open(
        new Map([
          ['streamtype', type],
          ['port', String(port)],
          ['requestid', String(id)],
        ]),
      ),
    );
  const answers = [80, 443, 80].map(async (port, id) => {
    const [error, data] = forward(port, id);
    data!.end(`hello ${id}`);
    return [await text(data!), await text(error!)];
  });
  t.deepEqual(await Promise.all(answers), [
    ['port 80: hello 0', ''],
    ['port 443: hello 1', ''],
    ['port 80: hello 2', ''],
  ]);
  const [error, data] = forward(9, 9);
  data!.resume();
  t.is(
    await text(error!),
    'error forwarding port 9 to pod sandbox-1, uid : connect: Connection refused',
  );
});

test('apiserver A67: port-forward over WebSocket channels', async (t) => {
  const socket = open('/portForward/default/web?ports=80&ports=9', ['v4.channel.k8s.io']);
  const messages: string[] = [];
  socket.on('message', (message: Buffer) => messages.push(message.toString('latin1')));
  await once(socket, 'open');
  socket.send(Buffer.from('\u0000hello'));
  while (!messages.some((each) => each.includes('hello'))) await once(socket, 'message');
  t.deepEqual(messages.slice(0, 4), ['\0P\0', '\u0001P\0', '\u0002\t\0', '\u0003\t\0']);
  t.true(messages.some((each) => each.startsWith('\u0003error forwarding port 9')));
  socket.terminate();
});
