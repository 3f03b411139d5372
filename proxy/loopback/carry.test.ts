/** Real sockets on loopback, where the endpoint is as well. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import test from 'ava';
import { type Listener, listenTcp } from './tcp.ts';
import { listenUdp } from './udp.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function backend(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const endpointOf = (server: Server) => ({
  address: '127.0.0.1',
  port: (server.address() as AddressInfo).port,
  isLocal: true,
});

interface Carried {
  readonly listener: Listener;
  readonly dial: () => Socket;
}

async function relayTo(server: Server | undefined): Promise<Carried> {
  const port = await freePort();
  const pick = () => server && endpointOf(server);
  const listener = await listenTcp({ address: '127.0.0.1', port, pick, onAccepted: () => {} });
  return { listener, dial: () => connect({ port, host: '127.0.0.1', allowHalfOpen: true }) };
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('proxy X13: a connection is carried both ways, and each end closes for itself', async (t) => {
  // Answers only once the client has said that it has nothing more to say.
  const server = await backend(async (socket) => {
    const asked = await readAll(socket);
    socket.end(`you said ${asked}`);
  });
  const { listener, dial } = await relayTo(server);
  const client = dial();
  client.end('hello');
  t.is(await readAll(client), 'you said hello');
  await listener.close('all');
  server.close();
});

test('a megabyte that nobody reads does not pile up in the relay', async (t) => {
  let sent = 0;
  const server = await backend((socket) => {
    socket.on('error', () => {});
    const fill = () => {
      while (sent < 64 * 2 ** 20) {
        sent += 65_536;
        if (!socket.write(Buffer.alloc(65_536))) return void socket.once('drain', fill);
      }
    };
    fill();
  });
  const { listener, dial } = await relayTo(server);
  const client = dial();
  await once(client, 'connect');
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.true(sent < 32 * 2 ** 20, `${sent}`); // What the kernel's own buffers took.
  client.destroy();
  await listener.close('all');
  server.close();
});

test('an endpoint that refuses, and none at all, look like a reset', async (t) => {
  const gone = await backend(() => {});
  const { address, port } = endpointOf(gone);
  gone.close();
  const own = await freePort();
  for (const to of [{ address, port, isLocal: true }, undefined]) {
    const options = { address: '127.0.0.1', port: own, pick: () => to, onAccepted: () => {} };
    const listener = await listenTcp(options);
    const client = connect(own, '127.0.0.1');
    const [error] = await once(client, 'error').catch((reason) => [reason]);
    t.is((error as NodeJS.ErrnoException)?.code ?? 'ECONNRESET', 'ECONNRESET');
    await listener.close('all');
  }
});

test('a port that somebody has is told as it is', async (t) => {
  const server = await backend(() => {});
  const { port } = endpointOf(server);
  const options = { address: '127.0.0.1', port, pick: () => undefined, onAccepted: () => {} };
  await t.throwsAsync(listenTcp(options), { code: 'EADDRINUSE' });
  server.close();
});

test('proxy X13: datagrams go to one endpoint for each client, until it is gone', async (t) => {
  const backends = [createSocket('udp4'), createSocket('udp4')];
  for (const [index, socket] of backends.entries()) {
    socket.on('message', (data, { port, address }) =>
      socket.send(`${index} ${data}`, port, address),
    );
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  let targets = backends.map((socket) => ({
    address: '127.0.0.1',
    port: socket.address().port,
    isLocal: true,
  }));
  const port = await freePort();
  let next = 0;
  const listener = await listenUdp({
    address: '127.0.0.1',
    port,
    pick: () => targets[next++ % targets.length],
    isTarget: ({ port: number }) => targets.some((each) => each.port === number),
    onAccepted: () => {},
  });
  const clients = [createSocket('udp4'), createSocket('udp4')];
  const ask = async (client: number, text: string) => {
    clients[client]!.send(text, port, '127.0.0.1');
    const [data] = (await once(clients[client]!, 'message')) as [Buffer];
    return String(data);
  };
  t.is(await ask(0, 'a'), '0 a');
  t.is(await ask(1, 'b'), '1 b');
  t.is(await ask(0, 'c'), '0 c');
  targets = targets.slice(1);
  t.is(await ask(0, 'd'), '1 d');
  await listener.close('all');
  for (const socket of [...clients, ...backends]) socket.close();
});

test('a session that is silent is over', async (t) => {
  const backend = createSocket('udp4');
  backend.bind(0, '127.0.0.1');
  await once(backend, 'listening');
  const port = await freePort();
  const target = { address: '127.0.0.1', port: backend.address().port, isLocal: true };
  let begun = 0;
  const listener = await listenUdp({
    address: '127.0.0.1',
    port,
    pick: () => target,
    isTarget: () => true,
    onAccepted: () => begun++,
    silentMs: 1,
  });
  const client = createSocket('udp4');
  for (let round = 0; round < 2; round++) {
    client.send('x', port, '127.0.0.1');
    await once(backend, 'message');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.is(begun, 2);
  await listener.close('all');
  for (const socket of [client, backend]) socket.close();
});
