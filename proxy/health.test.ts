import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import type { Clock } from '../base/clock.ts';
import { startServers } from './health.ts';
import { Metrics } from './metrics.ts';

/** Sleeps end when they are told to. */
function handClock(): Clock & { wake: () => void } {
  const clock = {
    wake: () => {},
    now: () => 1000,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        clock.wake = resolve;
        signal?.addEventListener('abort', () => resolve());
      }),
  };
  return clock;
}

const get = (port: number, path: string) =>
  fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.status);

test('proxy X74: a server that cannot listen is an error, or is tried again', async (t) => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const clock = handClock();
  const metrics = new Metrics();
  const deps = { clock, metrics, families: [metrics.of('ipv4')], isEligible: () => true };
  const config = {
    healthzBindAddress: `127.0.0.1:${port}`,
    metricsBindAddress: '',
    proxyMode: 'iptables',
  };
  const strict = { ...config, bindAddressHardFail: true };
  await t.throwsAsync(startServers(strict, deps), { message: /Could not listen/ });
  const servers = await startServers({ ...config, bindAddressHardFail: false }, deps);
  taken.close();
  await once(taken, 'close');
  clock.wake();
  let status = 0;
  for (let attempt = 0; attempt < 100 && status === 0; attempt++) {
    status = await get(port, '/livez').catch(() => 0);
    if (status === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.is(status, 503, 'nothing is written yet');
  await servers.close();
});

test('proxy X71, X72, X76: health answers for load balancers and for itself, and is counted', async (t) => {
  const metrics = new Metrics();
  const family = metrics.of('ipv4');
  let isEligible = true;
  let nowMs = 1000;
  const servers = await startServers(
    {
      bindAddressHardFail: true,
      healthzBindAddress: '127.0.0.1:0',
      metricsBindAddress: '127.0.0.1:0',
      proxyMode: 'nftables',
    },
    {
      clock: { now: () => nowMs, sleep: async () => {} },
      metrics,
      families: [family],
      isEligible: () => isEligible,
    },
  );
  const port = servers.healthzPort!;
  const both = async () => [await get(port, '/healthz'), await get(port, '/livez')];
  t.deepEqual(await both(), [503, 503], 'nothing is written yet');
  family.synced(nowMs, 5, true);
  t.deepEqual(await both(), [200, 200]);
  isEligible = false;
  t.deepEqual(await both(), [503, 200], 'the node is about to go: no new connections');
  isEligible = true;
  family.queued(nowMs);
  nowMs += 120_000;
  t.deepEqual(await both(), [503, 503], 'a change waits too long');
  const page = await fetch(`http://127.0.0.1:${servers.metricsPort}/metrics`).then((r) => r.text());
  t.regex(page, /kubeproxy_proxy_healthz_total\{code="200"\} 1\n/);
  t.regex(page, /kubeproxy_proxy_healthz_total\{code="503"\} 3\n/);
  t.regex(page, /kubeproxy_proxy_livez_total\{code="503"\} 2\n/);
  for (const name of names) t.true(page.includes(`# TYPE kubeproxy_${name} `), name);
  await servers.close();
});

/** All of upstream's. */
const names = [
  'sync_proxy_rules_duration_seconds',
  'sync_full_proxy_rules_duration_seconds',
  'sync_partial_proxy_rules_duration_seconds',
  'sync_proxy_rules_last_timestamp_seconds',
  'sync_proxy_rules_last_queued_timestamp_seconds',
  'sync_proxy_rules_endpoint_changes_pending',
  'sync_proxy_rules_endpoint_changes_total',
  'sync_proxy_rules_service_changes_pending',
  'sync_proxy_rules_service_changes_total',
  'sync_proxy_rules_iptables_total',
  'sync_proxy_rules_iptables_last',
  'sync_proxy_rules_iptables_restore_failures_total',
  'sync_proxy_rules_iptables_partial_restore_failures_total',
  'sync_proxy_rules_no_local_endpoints_total',
  'sync_proxy_rules_nftables_sync_failures_total',
  'sync_proxy_rules_nftables_cleanup_failures_total',
  'network_programming_duration_seconds',
  'conntrack_reconciler_sync_duration_seconds',
  'conntrack_reconciler_deleted_entries_total',
  'iptables_ct_state_invalid_dropped_packets_total',
  'iptables_localhost_nodeports_accepted_packets_total',
  'nftables_localhost_nodeport_rejected_packets_total',
  'proxy_healthz_total',
  'proxy_livez_total',
];
