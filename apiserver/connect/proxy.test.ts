import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { endpointSlices } from '../../api/resources/endpoint-slice.ts';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import { services } from '../../api/resources/service.ts';
import type { StatusError } from '../../base/errors.ts';
import { createFakeReader } from '../admission/fake-reader.ts';
import { createAuthority } from '../authentication/testing.ts';
import { requestInfoOf } from '../path.ts';
import type { HttpRequest, HttpResponse, User } from '../request.ts';
import { isReachable } from './address.ts';
import { createConnectors, refuseUpgrade } from './connect.ts';
import { createLinkRewriter } from './html-links.ts';
import { rewriteLink } from './proxy-headers.ts';
import { runsSomething } from './proxy-name.ts';
import { findProxyTarget } from './proxy-target.ts';

const ca = await createAuthority('CN=cluster-ca');
const client = await ca.issue({ subject: 'O=system:masters, CN=kube-apiserver-kubelet-client' });
const serving = await ca.issue({
  subject: 'CN=system:node:one',
  use: 'server',
  names: [{ type: 'dns', value: 'one' }],
});

const admin: User = { name: 'admin', groups: ['system:masters'] };
const viewer: User = { name: 'viewer', groups: [] };

const asks = { ca: ca.cert, requestCert: true, rejectUnauthorized: false };

interface Backend {
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly isTls?: boolean;
}

/** A pod `web` with a server, and in front of it one that hands all to the connectors. */
async function setUp(t: ExecutionContext, backend: Backend, user = admin) {
  const onRequest = backend.onRequest ?? ((_, response) => response.end('hello'));
  const server = backend.isTls
    ? https.createServer({ ...serving, ...asks }, onRequest)
    : http.createServer(onRequest);
  if (backend.onUpgrade) server.on('upgrade', backend.onUpgrade);
  const port = await listen(t, server);
  const reader = createFakeReader();
  reader.put(pods, podAt('127.0.0.1', port, onHost));
  reader.put(nodes, nodeAt(port));
  const { cert, key } = client;
  const connectors = createConnectors({
    reader,
    kubeletClient: { cert, key, ca: ca.cert },
    authorize: (asked, { verb }) => ({
      allowed: asked.groups.includes('system:masters') || verb === 'get',
      reason: '',
    }),
    mayReach: (address) => address === '127.0.0.1' || isReachable(address),
  });
  const connect = (request: HttpRequest, rest: object) => {
    const info = requestInfoOf(request.method ?? 'GET', request.url ?? '/');
    const run = connectors.get(`${info.resource}/${info.subresource}`)!;
    return run({ info, user, object: {}, request, ...rest });
  };
  const answer = (request: HttpRequest, response: HttpResponse) => {
    connect(request, { response }).catch((error: StatusError) => {
      (response as ServerResponse).writeHead(error.code ?? 500).end(error.message);
    });
  };
  const front = http.createServer(answer);
  front.on('upgrade', (request, socket, head) => {
    connect(request, { upgrade: { socket, head } }).catch((error) => refuseUpgrade(socket, error));
  });
  return { front: await listen(t, front), answer, backend: port, reader };
}

const onHost = { hostNetwork: true };
const podAt = (ip: string, port: number, more = {}) => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'a', ports: [{ containerPort: port }] }], ...more },
  status: { podIP: ip, podIPs: [{ ip }] },
});

const nodeAt = (port: number, address = '127.0.0.1') => ({
  metadata: { name: 'one' },
  status: {
    addresses: [{ type: 'InternalIP', address }],
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

const ofPod = '/api/v1/namespaces/default/pods/web/proxy';

async function ask(port: number, path: string, options: http.RequestOptions = {}, body = '') {
  const length = body === '' ? {} : { 'content-length': body.length };
  const headers = { ...length, ...options.headers };
  const sent = http.request({ port, host: '127.0.0.1', path, agent: false, ...options, headers });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { code: answer.statusCode, headers: answer.headers, text: await text(answer) };
}

test('apiserver A68: a request goes to the pod with method, path, query and body', async (t) => {
  const { front } = await setUp(t, {
    onRequest: async (request, response) => {
      response.end(`${request.method} ${request.url} ${await text(request)}`);
    },
  });
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const body = method === 'GET' ? '' : 'body';
    const { text } = await ask(front, `${ofPod}/a%2Fb/?c=d&watch=true`, { method }, body);
    t.is(text, `${method} /a%2Fb/?c=d&watch=true ${body}`);
  }
  t.is((await ask(front, `${ofPod}/`, { method: 'HEAD' })).code, 200);
});

test('apiserver A68: credentials and what is between neighbours stay here', async (t) => {
  let seen: http.IncomingHttpHeaders = {};
  const { front } = await setUp(t, {
    onRequest: (request, response) => {
      seen = request.headers;
      response.writeHead(200, {
        'access-control-allow-origin': '*',
        connection: 'x-secret',
        'x-secret': '1',
        'x-mine': '2',
      });
      response.end();
    },
  });
  const { headers } = await ask(front, `${ofPod}/a`, {
    headers: {
      authorization: 'Bearer secret',
      'impersonate-user': 'ann',
      'x-remote-user': 'root',
      connection: 'x-hop',
      'x-hop': '1',
      'x-mine': '2',
      cookie: 'a=b',
      te: 'trailers',
    },
  });
  for (const name of ['authorization', 'impersonate-user', 'x-remote-user', 'x-hop', 'te']) {
    t.is(seen[name], undefined, name);
  }
  t.like(seen, { 'x-mine': '2', cookie: 'a=b', 'x-forwarded-uri': `${ofPod}/a` });
  t.like(headers, {
    'x-mine': '2',
    'access-control-allow-origin': undefined,
    'x-secret': undefined,
  });
});

test('apiserver A68: over HTTP/2 a body without a length arrives as one request', async (t) => {
  const seen: string[] = [];
  const { answer } = await setUp(t, {
    onRequest: async (request, response) => {
      seen.push(`${request.method} ${request.headers.host} ${await text(request)}`);
      response.end('ok');
    },
  });
  const port = await listen(t, http2.createServer(answer));
  const session = http2.connect(`http://127.0.0.1:${port}`);
  t.teardown(() => session.destroy());
  const stream = session.request(
    { ':path': `${ofPod}/`, ':method': 'DELETE' },
    { endStream: false },
  );
  stream.end('GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n');
  t.is(await text(stream), 'ok');
  t.deepEqual(seen, [`DELETE 127.0.0.1:${port} GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n`]);
});

test('apiserver A68: without a slash at the end the client is sent to where links work', async (t) => {
  const { front } = await setUp(t, {});
  const { code, headers } = await ask(front, `${ofPod}?a=b`);
  t.is(`${code} ${headers.location}`, `301 ${ofPod}/?a=b`);
  t.is((await ask(front, ofPod, { method: 'POST' })).text, 'hello');
});

test('apiserver A68: https: asks over TLS, and shows nobody our certificate', async (t) => {
  const { front, backend } = await setUp(t, {
    isTls: true,
    onRequest: (request, response) => {
      const { subject } = (
        request.socket as unknown as import('node:tls').TLSSocket
      ).getPeerCertificate();
      response.end(`${subject?.CN}`);
    },
  });
  const path = `/api/v1/namespaces/default/pods/https:web:${backend}/proxy/`;
  t.is((await ask(front, path)).text, 'undefined');
});

test('apiserver A68: a pod that nobody answers for is a 503', async (t) => {
  const { front, reader } = await setUp(t, {});
  reader.put(pods, podAt('127.0.0.1', 1, onHost));
  const { code, text } = await ask(front, `${ofPod}/`, { method: 'POST' }, 'body');
  t.is(code, 503);
  t.regex(text, /^error trying to reach service: .*ECONNREFUSED/);
});

test('security A12: a redirect is not followed, and leads through the proxy', async (t) => {
  for (const [given, want] of [
    ['/login?x=1', `${ofPod}/login?x=1`],
    ['http://169.254.169.254/latest', 'http://169.254.169.254/latest'],
    ['next', 'next'],
  ] as const) {
    const { front } = await setUp(t, {
      onRequest: (_, response) => response.writeHead(302, { location: given }).end(),
    });
    const { code, headers } = await ask(front, `${ofPod}/`);
    t.is(`${code} ${headers.location}`, `302 ${want}`);
  }
});

test('apiserver A68: the links of a page lead through the proxy, also when it is packed', async (t) => {
  const page = '<html><a href="/rewriteme">x</a> <a href=\'y\'>/z</a><img src=/i.png></html>';
  const want = `<html><a href="${ofPod}/rewriteme">x</a> <a href='y'>/z</a><img src=${ofPod}/i.png></html>`;
  for (const packed of [false, true]) {
    const { front } = await setUp(t, {
      onRequest: (_, response) => {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        if (packed) response.setHeader('content-encoding', 'gzip');
        response.end(packed ? gzipSync(page) : page);
      },
    });
    t.is((await ask(front, `${ofPod}/`)).text, want);
  }
});

test('links come out the same however the page is cut', async (t) => {
  const page = '<!-- < --><p title="a>b"><A HREF="/x">é</a><a href="//evil/y"><input src=/z <br';
  const want = '<!-- < --><p title="a>b"><A HREF="/p/x">é</a><a href="//evil/y"><input src=/z <br';
  const bytes = Buffer.from(page);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (size) => {
      const stream = createLinkRewriter((link) => rewriteLink(link, '/p', []));
      for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
      stream.end();
      t.is(await text(stream), want);
    }),
  );
});

test('apiserver A68: an upgrade goes through, byte for byte', async (t) => {
  let seen: http.IncomingHttpHeaders = {};
  const { front } = await setUp(t, {
    onUpgrade: (request, socket) => {
      seen = request.headers;
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
      );
      socket.pipe(socket);
    },
  });
  const socket = net.connect(front, '127.0.0.1');
  t.teardown(() => socket.destroy());
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('t').toString('base64url')}`;
  const head = [
    `GET ${ofPod}/ws HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: echo',
    'Authorization: Bearer secret',
    `Sec-WebSocket-Protocol: ${token}, chat`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\nearly`);
  let got = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    got += chunk;
  });
  while (!got.endsWith('early')) await once(socket, 'data');
  t.regex(got, /^HTTP\/1\.1 101 /);
  t.is(seen.authorization, undefined);
  t.is(seen['sec-websocket-protocol'], 'chat');
});

test('security A12: what does not upgrade is handed on, and the connection is over', async (t) => {
  let requests = 0;
  const { front } = await setUp(t, {
    onRequest: (_, response) => {
      requests++;
      response.writeHead(200, { 'x-mine': '1' }).end('no upgrade here');
    },
  });
  const socket = net.connect(front, '127.0.0.1');
  const lines = `GET ${ofPod}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  socket.write(`${lines}GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n`);
  const answer = await text(socket);
  t.regex(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n\r\nno upgrade here$/i);
  t.is(requests, 1);
});

const infoOf = (path: string) => requestInfoOf('GET', path);
const find = (path: string, reader: ReturnType<typeof createFakeReader>) => {
  try {
    const target = findProxyTarget(infoOf(path), { reader, mayReach: isReachable });
    return target.kind === 'agent'
      ? `agent ${target.agent.host}:${target.agent.port}`
      : `${target.isTls ? 'https' : 'http'} ${target.host}:${target.port}`;
  } catch (error) {
    return `${(error as StatusError).code} ${(error as StatusError).message}`;
  }
};

test('apiserver A68: which port of a pod is asked, and how', (t) => {
  const reader = createFakeReader();
  reader.put(pods, podAt('10.42.0.7', 8080));
  const path = (name: string) => `/api/v1/namespaces/default/pods/${name}/proxy/`;
  t.is(find(path('web'), reader), 'http 10.42.0.7:8080');
  t.is(find(path('https:web:8443'), reader), 'https 10.42.0.7:8443');
  t.is(find(path('http:web:'), reader), 'http 10.42.0.7:8080');
  t.is(find(path('ftp:web:21'), reader), '400 invalid pod request "ftp:web:21"');
  t.is(find(path('web:0'), reader), '400 invalid port "0"');
  t.is(find(path('db'), reader), '404 pods "db" not found');
});

test('security A12: a pod that claims the address of a node, of this machine or of the cloud', (t) => {
  const reader = createFakeReader();
  reader.put(nodes, nodeAt(10_250, '192.0.2.10'));
  const path = '/api/v1/namespaces/default/pods/web:10250/proxy/';
  for (const ip of ['192.0.2.10', '127.0.0.1', '169.254.169.254', 'metadata.internal', '']) {
    reader.put(pods, podAt(ip, 80));
    t.is(find(path, reader), '400 address not allowed', ip);
  }
  reader.put(pods, podAt('192.0.2.10', 80, onHost));
  t.is(find(path, reader), 'http 192.0.2.10:10250');
});

test('apiserver A68: a service is asked at one of its ready pods', (t) => {
  const reader = createFakeReader();
  reader.put(pods, podAt('10.42.0.7', 8080));
  reader.put(services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  } as object);
  const endpoint = (ip: string, ready: boolean, name = 'web') => ({
    addresses: [ip],
    conditions: { ready },
    targetRef: { kind: 'Pod', name },
  });
  const slice = (endpoints: object[]) => ({
    metadata: {
      name: 'web-1',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    ports: [{ name: 'http', port: 8080 }],
    endpoints,
  });
  const path = (name: string) => `/api/v1/namespaces/default/services/${name}/proxy/`;
  reader.put(endpointSlices, slice([endpoint('10.42.0.7', true)]));
  t.is(find(path('web:http'), reader), 'http 10.42.0.7:8080');
  t.is(find(path('https:web:80'), reader), 'https 10.42.0.7:8080');
  t.is(find(path('web:81'), reader), '503 no service port 81 found for service "web"');
  t.is(find(path('web'), reader), '503 no endpoints available for service "web"');
  reader.put(endpointSlices, slice([endpoint('10.42.0.7', false)]));
  t.is(find(path('web:80'), reader), '503 no endpoints available for service "web"');
  // security A12: an address that is no pod's.
  reader.put(endpointSlices, slice([endpoint('10.42.0.8', true), endpoint('1.2.3.4', true, 'x')]));
  t.is(find(path('web:80'), reader), '503 no endpoints available for service "web"');
});

test('apiserver A68: a node is its agent, or any other port of it', (t) => {
  const reader = createFakeReader();
  reader.put(nodes, nodeAt(10_250, '192.0.2.10'));
  t.is(find('/api/v1/nodes/one/proxy/healthz', reader), 'agent 192.0.2.10:10250');
  t.is(find('/api/v1/nodes/https:one:10250/proxy/', reader), 'agent 192.0.2.10:10250');
  t.is(find('/api/v1/nodes/one:9100/proxy/', reader), 'http 192.0.2.10:9100');
  reader.put(nodes, nodeAt(10_250, '127.0.0.1'));
  t.is(find('/api/v1/nodes/one/proxy/', reader), '400 address not allowed');
  reader.put(nodes, nodeAt(10_250, 'rebinding.example'));
  t.is(find('/api/v1/nodes/one:80/proxy/', reader), '400 address not allowed');
});

test('apiserver A68: the agent is asked with our certificate', async (t) => {
  const { front } = await setUp(t, {
    isTls: true,
    onRequest: (request, response) => {
      const { subject } = (
        request.socket as unknown as import('node:tls').TLSSocket
      ).getPeerCertificate();
      response.end(`${subject?.CN} ${request.url}`);
    },
  });
  const { text } = await ask(front, '/api/v1/nodes/one/proxy/metrics?a=b');
  t.is(text, 'kube-apiserver-kubelet-client /metrics?a=b');
});

test('security R17: to run something by way of a node takes create, however it is written', async (t) => {
  const { front } = await setUp(t, { isTls: true }, viewer);
  t.is((await ask(front, '/api/v1/nodes/one/proxy/pods')).code, 200);
  for (const path of ['exec/a/b/c', 'x/../exec/a', '%65xec/a', '/exec', 'run/a', 'attach/a']) {
    t.is((await ask(front, `/api/v1/nodes/one/proxy/${path}?command=id`)).code, 403, path);
  }
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
  t.is((await ask(front, '/api/v1/nodes/one/proxy/pods', { headers: upgrade })).code, 403);
  t.false(runsSomething('/containerLogs/default/exec/a'));
});
