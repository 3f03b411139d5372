import test from 'ava';
import { nodes } from '../api/resources.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { parseFlags } from '../base/config.ts';
import { silentLogger } from '../base/log.ts';
import { createFake } from '../client/fake.ts';
import type { Nftables } from '../native/nftables.ts';
import { checkConfig } from './config.ts';
import type { Run } from './iptables/apply.ts';
import { flags, runOnce, start } from './main.ts';
import type { Place } from './modes.ts';

/** A kernel without tables. */
const openNftables = async (): Promise<Nftables> => ({
  commit: async () => [],
  generation: async () => 1,
  tableComment: async () => undefined,
  commitMany: async () => {},
  rules: async () => [],
  counters: async () => [],
  chains: async () => [],
  hasChain: async () => false,
  find: async () => [],
  elements: async () => undefined,
  close: () => {},
});
/** Commands that find no rules and take all. */
const run: Run = async () => ({ code: 0, stdout: '', stderr: '' });
const place: Place = {
  run,
  openNftables,
  openConntrack: async () => ({
    list: async () => [],
    listOf: async () => [],
    remove: async () => 0,
    close: () => {},
  }),
  followNftables: async () => {},
  localAddresses: () => [],
};
const quiet = ['--metrics-bind-address=127.0.0.1:0', '--healthz-bind-address=127.0.0.1:0'];

const parse = (...argv: string[]) => parseFlags(flags, argv).config;

async function serve(clock: Clock = systemClock, ...argv: string[]) {
  const client = createFake({ clock });
  const config = parse(...quiet, '--node-name=here', ...argv);
  const deps = { client, clock, log: silentLogger, place, setSysctl: () => {} };
  return { client, running: await start(config, deps) };
}

const get = async (port: number | undefined, path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: await response.text() };
};

test('flags have the defaults that upstream has, or that this page says', (t) => {
  const config = parse();
  t.is(config.proxyMode, 'iptables');
  t.is(config.healthzBindAddress, '0.0.0.0:10256');
  t.is(config.metricsBindAddress, '127.0.0.1:10249');
  t.is(config.masqueradeBit, 14);
  t.is(parse('--iptables-sync-period=1m30s').iptablesSyncPeriod, 90_000);
  t.is(parse('--iptables-min-sync-period=250ms').iptablesMinSyncPeriod, 250);
  t.throws(() => parse('--iptables-sync-period=soon'), { message: /must be a duration/ });
});

test('what cannot be is refused at start, all of it at once', (t) => {
  const config = parse(
    '--cluster-cidr=10.42.0.0/33',
    '--nodeport-addresses=primary,elsewhere',
    '--instance=a b',
  );
  const error = t.throws(() => checkConfig(config));
  t.deepEqual(
    error?.message.split('\n').map((line) => line.split(/[=:]/)[0]),
    ['--cluster-cidr', '--nodeport-addresses', '--instance'],
  );
  t.throws(() => checkConfig(parse('--healthz-bind-address=10256')), {
    message: /must be an address and a port/,
  });
});

test("health, mode and metrics are served under upstream's paths and names", async (t) => {
  const { client, running } = await serve();
  await running.synced;
  t.is((await get(running.healthzPort, '/healthz')).status, 200);
  t.is((await get(running.healthzPort, '/livez')).status, 200);
  t.is((await get(running.healthzPort, '/nope')).status, 404);
  t.is((await get(running.metricsPort, '/proxyMode')).body, 'iptables');
  const { body } = await get(running.metricsPort, '/metrics');
  t.regex(body, /^kubeproxy_sync_proxy_rules_duration_seconds_count\{ip_family="IPv4"\} 1$/m);

  // A node on its way out takes no new connections from load balancers, but is not restarted.
  const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
  await client.create(nodes, { metadata: { name: 'here' }, spec: { taints } });
  while ((await get(running.healthzPort, '/healthz')).status === 200) await systemClock.sleep(5);
  t.is((await get(running.healthzPort, '/livez')).status, 200);
  await running.stop();
  await running.stop();
});

test('a proxy that cannot write is not healthy', async (t) => {
  let nowMs = 1_000_000;
  const clock: Clock = { now: () => nowMs, sleep: systemClock.sleep };
  const client = createFake({ clock });
  let isBroken = false;
  const running = await start(parse(...quiet, '--node-name=here'), {
    client,
    clock,
    log: silentLogger,
    place: {
      ...place,
      run: async (file) => {
        const code = isBroken && file.includes('restore') ? 1 : 0;
        return { code, stdout: '', stderr: 'no' };
      },
    },
    setSysctl: () => {},
  });
  await running.synced;
  t.is((await get(running.healthzPort, '/healthz')).status, 200);
  isBroken = true;
  const labels = { 'topology.kubernetes.io/zone': 'a' };
  await client.create(nodes, { metadata: { name: 'here', labels } });
  const hasFailed = /restore_failures_total\{.*\} [1-9]/;
  while (!hasFailed.test((await get(running.metricsPort, '/metrics')).body)) {
    await systemClock.sleep(5);
  }
  nowMs += 61_000;
  t.is((await get(running.healthzPort, '/healthz')).status, 503);
  await running.stop();
});

test('--cleanup removes the rules instead of starting', async (t) => {
  const calls: string[] = [];
  const run: Run = async (file) => {
    calls.push(file);
    return { code: 0, stdout: '*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n', stderr: '' };
  };
  await runOnce(parse('--cleanup', '--iptables-backend=nft'), { ...place, run });
  t.deepEqual(calls, ['iptables-nft-save', 'iptables-nft-restore']);
  t.is(runOnce(parse(), place), undefined);
});

test('a command that is not there is named, with its package', async (t) => {
  const missing: Run = async () => {
    throw Object.assign(new Error('execve'), { code: 'ENOENT' });
  };
  const client = createFake({ clock: systemClock });
  const deps = {
    client,
    clock: systemClock,
    log: silentLogger,
    place: { ...place, run: missing },
  };
  await t.throwsAsync(start(parse(...quiet), deps), { message: /install the package iptables/ });
});
