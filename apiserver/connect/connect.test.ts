import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { nodes } from '../../api/resources/node.ts';
import type { StatusError } from '../../base/errors.ts';
import { createFakeReader } from '../admission/fake-reader.ts';
import { createAuthority } from '../authentication/testing.ts';
import type { HttpRequest, HttpResponse, RequestInfo, User } from '../request.ts';
import { createConnectors, refuseUpgrade } from './connect.ts';

const ca = await createAuthority('CN=cluster-ca');
const client = await ca.issue({ subject: 'O=system:masters, CN=kube-apiserver-kubelet-client' });
const serving = (name: string) =>
  ca.issue({
    subject: `CN=system:node:${name}`,
    use: 'server',
    names: [
      { type: 'dns', value: name },
      { type: 'ip', value: '127.0.0.1' },
    ],
  });
const [one, two] = [await serving('one'), await serving('two')];

interface Agent {
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly identity?: { readonly cert: string; readonly key: string };
}

const admin: User = { name: 'admin', groups: ['system:masters'] };
const authorize = (user: User) => ({ allowed: user.groups.includes('system:masters'), reason: '' });

/** A node's agent, and in front of it a plain server that hands everything to the connectors. */
async function setUp(t: ExecutionContext, agent: Agent, user = admin) {
  const { identity = one } = agent;
  const node = https.createServer(
    {
      cert: identity.cert,
      key: identity.key,
      ca: ca.cert,
      requestCert: true,
      rejectUnauthorized: true,
    },
    agent.onRequest,
  );
  if (agent.onUpgrade) node.on('upgrade', agent.onUpgrade);
  const reader = createFakeReader();
  reader.put(nodes, nodeAt(await listen(t, node)));
  const { cert, key } = client;
  const connectors = createConnectors({
    reader,
    kubeletClient: { cert, key, ca: ca.cert },
    authorize,
    mayReach: () => true,
  });
  const connect = (request: HttpRequest, rest: { response?: HttpResponse; upgrade?: Upgrade }) => {
    const info = infoOf(request.url ?? '', 'get');
    const run = connectors.get(`pods/${info.subresource}`)!;
    return run({ info, user, object: pod, request, ...rest });
  };
  const ended: string[] = [];
  const onRequest = (request: HttpRequest, response: HttpResponse) => {
    connect(request, { response }).then(
      () => ended.push('log'),
      (error: StatusError) => {
        (response as ServerResponse).writeHead(error.code ?? 500).end(error.message);
      },
    );
  };
  const front = http.createServer(onRequest);
  front.on('upgrade', (request, socket, head) => {
    connect(request, { upgrade: { socket, head } }).then(
      () => ended.push('tunnel'),
      (error) => refuseUpgrade(socket, error),
    );
  });
  return { port: await listen(t, front), onRequest, reader, ended };
}

type Upgrade = { readonly socket: Duplex; readonly head: Buffer };

const pod = {
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'a' }], nodeName: 'one' },
};

const nodeAt = (port: number) => ({
  metadata: { name: 'one' },
  status: {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  },
});

async function listen(t: ExecutionContext, server: http.Server | https.Server | http2.Http2Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** `/exec?command=sh` stands for the whole path. */
function infoOf(url: string, verb: string): RequestInfo {
  const [path = '', query = ''] = url.split('?');
  return {
    isResource: true,
    path,
    verb,
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: path.slice(1),
    namespace: 'default',
    name: 'web',
    query: new URLSearchParams(query),
  };
}

async function get(port: number, path: string) {
  const [answer] = (await once(
    http.get({ port, host: '127.0.0.1', path, agent: false }),
    'response',
  )) as [IncomingMessage];
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  return `${answer.statusCode} ${text}`;
}

test('A66: a log comes from the agent of the node, asked with our certificate', async (t) => {
  const { port } = await setUp(t, {
    onRequest: (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(`${subject.CN} ${request.url} ${request.headers.authorization}`);
    },
  });
  t.is(
    await get(port, '/log?tailLines=5&timestamps=true'),
    '200 kube-apiserver-kubelet-client ' +
      '/containerLogs/default/web/a?timestamps=true&tailLines=5 undefined',
  );
});

test('A66: a followed log streams, and ends at the agent when the client goes', async (t) => {
  let gone: Promise<unknown> = Promise.reject(new Error('nobody asked'));
  gone.catch(() => {});
  const { port, ended } = await setUp(t, {
    onRequest: (_request, response) => {
      response.flushHeaders();
      response.write('first\n');
      gone = once(response, 'close');
    },
  });
  const request = http.get({ port, host: '127.0.0.1', path: '/log?follow=true', agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const [chunk] = await once(answer, 'data');
  t.is(String(chunk), 'first\n');
  request.destroy();
  await gone;
  await until(() => ended.length > 0);
  t.deepEqual(ended, ['log']);
});

test('A66: a silent log has its head at once', async (t) => {
  const { port } = await setUp(t, { onRequest: (_request, response) => response.flushHeaders() });
  const request = http.get({ port, host: '127.0.0.1', path: '/log?follow=true', agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  t.is(answer.statusCode, 200);
  request.destroy();
});

test('A66: a slow reader holds the agent back', async (t) => {
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const { port } = await setUp(t, {
    onRequest: (_request, response) => {
      const push = () => {
        while (written < 512) {
          written++;
          if (!response.write(chunk)) return void response.once('drain', push);
        }
        response.end();
      };
      push();
    },
  });
  const request = http.get({ port, host: '127.0.0.1', path: '/log', agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.pause();
  let before = -1;
  await until(() => {
    const isStill = before === written;
    before = written;
    return isStill;
  }, 200);
  t.true(written < 512, `${written} of 512 chunks were taken while nobody read`);
  let bytes = 0;
  for await (const piece of answer) bytes += (piece as Buffer).length;
  t.is(bytes, 512 * chunk.length);
});

test('A66: logs go over HTTP/2 too', async (t) => {
  const { onRequest } = await setUp(t, {
    onRequest: (_request, response) => response.end('hello'),
  });
  const port = await listen(t, http2.createServer(onRequest));
  const session = http2.connect(`http://127.0.0.1:${port}`);
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/log' });
  t.is((await stream.setEncoding('utf8').toArray()).join(''), 'hello');
});

test('A66: what the agent refuses is passed on', async (t) => {
  const { port } = await setUp(t, {
    onRequest: (_request, response) => {
      response.writeHead(400);
      response.end('container "a" in pod "web" is waiting to start: ContainerCreating');
    },
  });
  t.is(
    await get(port, '/log'),
    '400 container "a" in pod "web" is waiting to start: ContainerCreating',
  );
});

test('A66: a pod without a node has an empty log', async (t) => {
  const connectors = createConnectors({
    reader: createFakeReader(),
    kubeletClient: { cert: undefined, key: undefined, ca: undefined },
    authorize,
  });
  const object = { ...pod, spec: { containers: [{ name: 'a' }] } };
  const front = http.createServer((request, response) => {
    void connectors.get('pods/log')!({
      info: infoOf('/log', 'get'),
      user: admin,
      object,
      request,
      response,
    });
  });
  t.is(await get(await listen(t, front), '/log'), '200 ');
});

test('A12: a redirect is not followed', async (t) => {
  const { port } = await setUp(t, {
    onRequest: (_request, response) => {
      response.writeHead(302, { location: 'https://127.0.0.1:1/' });
      response.end();
    },
  });
  t.is(await get(port, '/log'), '500 the node answered 302 to the request');
});

test('A12: an agent that is another node gets nothing', async (t) => {
  const { port } = await setUp(t, {
    identity: two,
    onRequest: (_request, response) => response.end('secret'),
  });
  t.regex(await get(port, '/log'), /^500 error dialing backend: .*does not match/);
});

test('A12: an agent of another CA gets nothing', async (t) => {
  const stranger = await createAuthority('CN=cluster-ca');
  const identity = await stranger.issue({
    subject: 'CN=x',
    use: 'server',
    names: [{ type: 'dns', value: 'one' }],
  });
  const { port } = await setUp(t, { identity, onRequest: (_request, response) => response.end() });
  t.regex(await get(port, '/log'), /^500 error dialing backend: /);
});

test('a node that is down says so', async (t) => {
  const { port, reader } = await setUp(t, {});
  reader.put(nodes, nodeAt(1));
  t.regex(await get(port, '/log'), /^500 error dialing backend: .*ECONNREFUSED/);
});

test('A67: exec without an upgrade is a bad request', async (t) => {
  const { port } = await setUp(t, {});
  t.is(await get(port, '/exec?command=ls'), '400 Upgrade request required');
});

/** A raw connection that has asked for an upgrade. */
function upgrade(t: ExecutionContext, port: number, path: string, extra: readonly string[] = []) {
  const socket = net.connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...extra,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return { socket, text: () => text };
}

const accept = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  '\r\n',
].join('\r\n');

test('A67: exec is tunnelled byte for byte, without credentials', async (t) => {
  let asked: IncomingMessage | undefined;
  const { port, ended } = await setUp(t, {
    onUpgrade: (request, socket) => {
      asked = request;
      socket.write(`${accept}hello `);
      socket.on('data', (chunk) => socket.write(String(chunk).toUpperCase()));
      socket.on('end', () => socket.end());
    },
  });
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('t').toString('base64url')}`;
  const { socket, text } = upgrade(t, port, '/exec?command=ls&command=-l&stdout=true', [
    `Sec-WebSocket-Protocol: ${token}, v5.channel.k8s.io, v4.channel.k8s.io`,
    'Authorization: Bearer secret',
    'Cookie: a=b',
    'X-Forwarded-For: 1.2.3.4',
  ]);
  await until(() => text().endsWith('hello '));
  t.is(text(), `${accept}hello `);
  socket.write('\x00\x01abc');
  await until(() => text().endsWith('ABC'));
  t.is(asked?.url, '/exec/default/web/a?command=ls&command=-l&output=1');
  t.is(asked?.headers['sec-websocket-protocol'], 'v5.channel.k8s.io, v4.channel.k8s.io');
  t.is(asked?.headers['sec-websocket-key'], 'dGhlIHNhbXBsZSBub25jZQ==');
  for (const name of ['authorization', 'cookie', 'x-forwarded-for']) {
    t.is(asked?.headers[name], undefined, name);
  }
  socket.end();
  await until(() => ended.length > 0);
  t.deepEqual(ended, ['tunnel']);
});

test('A67: when the node ends the stream, the client has all of it and is closed', async (t) => {
  const bytes = 1_000_000;
  const { port } = await setUp(t, {
    onUpgrade: (_request, socket) => socket.end(accept + 'x'.repeat(bytes)),
  });
  const { socket, text } = upgrade(t, port, '/exec?command=ls');
  await once(socket, 'close');
  t.is(text().length, accept.length + bytes);
});

test('A67: when the client breaks off, the node hears of it', async (t) => {
  let closed = false;
  const { port, ended } = await setUp(t, {
    onUpgrade: (_request, socket) => {
      socket.write(accept);
      socket.on('error', () => {});
      socket.on('close', () => {
        closed = true;
      });
      socket.resume();
    },
  });
  const { socket, text } = upgrade(t, port, '/attach');
  await until(() => text() !== '');
  socket.resetAndDestroy();
  await until(() => closed && ended.length > 0);
  t.pass();
});

test('A12: an agent that does not upgrade is passed on as the error, and the socket closed', async (t) => {
  const { port } = await setUp(t, {
    onRequest: (_request, response) => {
      response.writeHead(404);
      response.end('container not found ("a")');
    },
  });
  const { socket, text } = upgrade(t, port, '/exec?command=ls');
  await once(socket, 'close');
  const [head = '', body = ''] = text().split('\r\n\r\n');
  t.regex(head, /^HTTP\/1\.1 404 Not Found\r\n/);
  t.like(JSON.parse(body), { kind: 'Status', code: 404, message: 'container not found ("a")' });
});

test('A67: port-forward goes to the pod, over SPDY as well', async (t) => {
  let asked: IncomingMessage | undefined;
  const { port } = await setUp(t, {
    onUpgrade: (request, socket) => {
      asked = request;
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\n\r\n');
    },
  });
  const socket = net.connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write(
    'POST /portforward?ports=80 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
      'Upgrade: SPDY/3.1\r\nContent-Length: 0\r\n' +
      'X-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n',
  );
  await once(socket.resume(), 'close');
  t.is(`${asked?.method} ${asked?.url}`, 'POST /portForward/default/web?port=80');
  t.is(asked?.headers['x-stream-protocol-version'], 'portforward.k8s.io');
});

/** A message of a WebSocket client: binary, masked with zeros. */
const frame = (text: string) =>
  Buffer.concat([Buffer.of(0x82, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);

test('apiserver A67: SPDY inside a WebSocket is taken out of it for the agent', async (t) => {
  let asked: IncomingMessage | undefined;
  const { port, ended } = await setUp(t, {
    onUpgrade: (request, socket) => {
      asked = request;
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nhi',
      );
      socket.on('data', (chunk) => socket.write(String(chunk).toUpperCase()));
      socket.on('end', () => socket.end());
    },
  });
  const { socket, text } = upgrade(t, port, '/portforward', [
    'Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io',
  ]);
  await until(() => text().endsWith('\x82\x02hi'));
  t.regex(
    text(),
    /^HTTP\/1\.1 101 [\s\S]*Sec-WebSocket-Protocol: SPDY\/3\.1\+portforward\.k8s\.io/,
  );
  t.is(`${asked?.method} ${asked?.url}`, 'POST /portForward/default/web?');
  t.is(asked?.headers.upgrade, 'SPDY/3.1');
  t.is(asked?.headers['x-stream-protocol-version'], 'portforward.k8s.io');
  socket.write(frame('abc'));
  await until(() => text().endsWith('\x82\x03ABC'));
  socket.destroy();
  await until(() => ended.length > 0);
  t.deepEqual(ended, ['tunnel']);
});

test('apiserver A67: the protocols of a SPDY client go on one by one', async (t) => {
  let lines: string[] = [];
  const { port } = await setUp(t, {
    onUpgrade: (request, socket) => {
      lines = request.rawHeaders;
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\n\r\n');
    },
  });
  const socket = net.connect(port, '127.0.0.1');
  socket.write(
    'POST /exec?command=ls HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
      'X-Stream-Protocol-Version: v4.channel.k8s.io\r\n' +
      'X-Stream-Protocol-Version: v3.channel.k8s.io\r\n\r\n',
  );
  await once(socket.resume(), 'close');
  const versions = lines.filter((_, index) => /^x-stream/i.test(lines[index - 1] ?? ''));
  t.deepEqual(versions, ['v4.channel.k8s.io', 'v3.channel.k8s.io']);
});

test('security R16: clients that attach and go leave nothing behind', async (t) => {
  const open = new Set<Duplex>();
  let opened = 0;
  const { port, ended } = await setUp(t, {
    onUpgrade: (_request, socket) => {
      opened++;
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => open.delete(socket));
      socket.write(accept);
      socket.resume();
    },
  });
  const count = 100;
  const all = Array.from({ length: count }, () => upgrade(t, port, '/attach?stdout=1'));
  await until(() => opened === count);
  for (const { socket } of all) socket.resetAndDestroy();
  await until(() => open.size === 0 && ended.length === count);
  t.is(ended.length, count);
});

test('R17: who may only get pods/exec may not run anything', async (t) => {
  const user = { name: 'ann', groups: ['system:authenticated'] };
  const { port } = await setUp(t, { onUpgrade: () => t.fail('the node was asked') }, user);
  const { socket, text } = upgrade(t, port, '/exec?command=ls');
  await once(socket, 'close');
  t.regex(text(), /403 Forbidden[\s\S]*User \\"ann\\" cannot create resource \\"pods\/exec\\"/);
});

test('A12: an upgrade to anything else is refused', async (t) => {
  const { port } = await setUp(t, { onUpgrade: () => t.fail('the node was asked') });
  const socket = net.connect(port, '127.0.0.1');
  socket.write(
    'GET /exec?command=ls HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  );
  const [chunk] = await once(socket, 'data');
  t.regex(String(chunk), /^HTTP\/1\.1 400 /);
  socket.destroy();
});

async function until(isTrue: () => boolean, everyMs = 5) {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, everyMs));
}
