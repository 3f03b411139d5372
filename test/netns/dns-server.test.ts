/** Real sockets and dig; the address that is still to come is one of a namespace of the test's own. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import test from 'ava';
import { namespaces, services } from '../../api/resources.ts';
import { systemClock } from '../../base/clock.ts';
import { parseFlags } from '../../base/config.ts';
import { silentLogger } from '../../base/log.ts';
import { createFake } from '../../client/fake.ts';
import { type DnsRunning, flags, start } from '../../dns/main.ts';

const execute = promisify(execFile);

async function serve(...argv: string[]) {
  const client = createFake({ clock: systemClock });
  await client.create(namespaces, { metadata: { name: 'default' } });
  const { config } = parseFlags(flags, [
    '--listen-address=127.0.0.1',
    '--port=0',
    '--resolv-conf=',
    ...argv,
  ]);
  const running = await start(config, { client, clock: systemClock, log: silentLogger });
  const add = (name: string, clusterIP: string) =>
    client.create(services, {
      metadata: { namespace: 'default', name },
      spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ name: 'http', port: 80 }] },
    });
  return { running, add };
}

async function dig(running: DnsRunning, ...args: string[]): Promise<string> {
  const server = ['@127.0.0.1', '-p', `${running.port}`, '+tries=1', '+time=5'];
  return (await execute('dig', [...server, ...args])).stdout.trim();
}

test('dig gets answers by UDP and TCP, and sees changes', async (t) => {
  const { running, add } = await serve();
  try {
    await running.ready;
    const name = 'web.default.svc.cluster.local';
    t.regex(await dig(running, name), /status: NXDOMAIN/);
    await add('web', '10.43.0.5');
    while ((await dig(running, '+short', name)) === '') await systemClock.sleep(5);
    for (const how of ['+notcp', '+tcp', '+noedns', '+cookie', '+bufsize=512']) {
      t.is(await dig(running, '+short', how, name), '10.43.0.5', how);
    }
    t.is(await dig(running, '+short', '-x', '10.43.0.5'), `${name}.`);
    t.is(await dig(running, '+short', `_http._tcp.${name}`, 'SRV'), `0 100 80 ${name}.`);
    t.regex(await dig(running, 'example.com'), /status: SERVFAIL/);
  } finally {
    await running.stop();
  }
});

test('other names go to the upstream, and a loop ends', async (t) => {
  const upstream = await serve('--domain=example.com');
  const { running } = await serve(`--upstream=127.0.0.1:${upstream.running.port}`);
  try {
    await Promise.all([upstream.running.ready, running.ready]);
    await upstream.add('web', '10.43.0.9');
    for (const how of ['+notcp', '+tcp']) {
      t.is(await dig(running, '+short', how, 'web.default.svc.example.com'), '10.43.0.9', how);
    }
  } finally {
    await running.stop();
    await upstream.running.stop();
  }
  const { running: own } = await serve();
  const port = own.port;
  await own.stop();
  const { running: looped } = await serve(
    '--listen-address=0.0.0.0',
    `--port=${port}`,
    `--upstream=127.0.0.1:${port}`,
  );
  try {
    await looped.ready;
    t.regex(await dig(looped, 'example.com'), /status: REFUSED/);
  } finally {
    await looped.stop();
  }
});

test('a stopped server has given its port back, and stopping twice is fine', async (t) => {
  const { running } = await serve('--healthz-port=0');
  await running.ready;
  const response = await fetch(`http://127.0.0.1:${running.healthzPort}/ready`);
  t.is(response.status, 200);
  const { port } = running;
  await running.stop();
  await running.stop();
  const again = await serve(`--port=${port}`);
  t.is(again.running.port, port);
  await again.running.stop();
});

test('an address that somebody else has is refused with a sentence', async (t) => {
  const { running } = await serve();
  await t.throwsAsync(serve(`--port=${running.port}`), { message: /Could not listen for DNS/ });
  await running.stop();
});

test('it waits for an address that is still to come', async (t) => {
  const name = `wdns${process.pid}`;
  execFileSync('ip', ['netns', 'add', name]);
  const netns = `--net=/run/netns/${name}`;
  // A namespace whose loopback was never up has no routing table, and lets anything be bound.
  execFileSync('nsenter', [netns, 'ip', 'link', 'set', 'lo', 'up']);
  // Sockets belong to the namespace of their process: the server needs one of its own there.
  const program = `
    import { parseFlags } from './base/config.ts';
    import { systemClock } from './base/clock.ts';
    import { createLogger } from './base/log.ts';
    import { createFake } from './client/fake.ts';
    import { flags, start } from './dns/main.ts';
    const { config } = parseFlags(flags, ['--listen-address=10.42.0.1', '--resolv-conf=']);
    const log = createLogger({ component: 'dns', level: 'info', write: (s) => process.stdout.write(s) });
    const running = await start(config, { client: createFake({ clock: systemClock }), clock: systemClock, log });
    process.once('SIGTERM', () => running.stop().then(() => process.exit(0)));
  `;
  const server = spawn('nsenter', [netns, process.execPath, '--input-type=module', '-e', program]);
  try {
    let output = '';
    const signal = AbortSignal.timeout(30_000);
    server.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const until = async (words: RegExp) => {
      while (!words.test(output)) await once(server.stdout, 'data', { signal });
    };
    await until(/Waiting for the address to appear/);
    execFileSync('nsenter', [netns, 'bash', '-c', 'ip addr add 10.42.0.1/32 dev lo']);
    await until(/Answering/);
    const args = [
      netns,
      'dig',
      '@10.42.0.1',
      '+short',
      '+time=5',
      'dns-version.cluster.local',
      'TXT',
    ];
    t.is((await execute('nsenter', args)).stdout.trim(), '"1.1.0"');
    server.kill('SIGTERM');
    await once(server, 'exit');
  } finally {
    server.kill('SIGKILL');
    execFileSync('ip', ['netns', 'delete', name]);
  }
});
