/**
 * A whole proxy in nftables mode with an API in memory, for what must be measured from outside or
 * alone: `node child.ts NETNS SERVICES`. Prints lines of JSON: ready, changes, memory; then idles.
 */
import { endpointSlices, serviceCidrs, services } from '../../api/resources.ts';
import { systemClock } from '../../base/clock.ts';
import { parseFlags } from '../../base/config.ts';
import { silentLogger } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import { createFake } from '../../client/fake.ts';
import { openConntrack } from '../../native/conntrack.ts';
import { followNftables, openNftables } from '../../native/nftables.ts';
import { run } from '../../native/run.ts';
import { flags, start } from '../../proxy/main.ts';
import { summarise } from '../stats.ts';
import { podRange, serviceOf, serviceRange, sliceOf } from './world.ts';

const [netns = '', count = '0'] = process.argv.slice(2);
const total = Number(count);
const changes = 600;

let eventMs = 0;
let committed = Promise.withResolvers<number>();
const client = withEvents(createFake({ clock: systemClock }));
const all = Array.from({ length: total }, (_, index) => index);
client.seed(serviceCidrs, { metadata: { name: 'kubernetes' }, spec: { cidrs: [serviceRange] } });
for (const index of all) client.seed(services, serviceOf(index));
for (const index of all) client.seed(endpointSlices, sliceOf(index));

const own = ['--healthz-bind-address=', '--metrics-bind-address=', '--node-name=node-0'];
const more = ['--proxy-mode=nftables', `--cluster-cidr=${podRange}`, '--instance=bench'];
const { config } = parseFlags(flags, [...own, ...more]);
const running = await start(config, {
  client,
  clock: systemClock,
  log: silentLogger,
  setSysctl: () => {},
  place: {
    run: (file, args, options) => run('nsenter', [`--net=${netns}`, file, ...args], options),
    netnsPath: netns,
    openNftables: async () => {
      const nftables = await openNftables(netns);
      const commit = async (messages: Parameters<typeof nftables.commit>[0]) => {
        const made = await nftables.commit(messages);
        committed.resolve(performance.now());
        return made;
      };
      return { ...nftables, commit };
    },
    openConntrack: () => openConntrack(netns),
    followNftables: (onChange, signal) => followNftables(netns, onChange, signal),
    localAddresses: () => [],
  },
});
await running.synced;

const times: Record<'endpoint' | 'service', number[]> = { endpoint: [], service: [] };
for (let round = 1; round <= changes; round++) {
  const index = (round * 7_919) % total;
  const kind = round % 2 === 0 ? 'endpoint' : 'service';
  await systemClock.sleep(12); // Between two writes lies --iptables-min-sync-period.
  committed = Promise.withResolvers();
  if (kind === 'endpoint') client.seed(endpointSlices, sliceOf(index, round));
  else {
    const { spec, ...rest } = serviceOf(index);
    client.seed(services, {
      ...rest,
      spec: { ...spec, ports: [{ name: 'http', port: 100 + round }] },
    });
  }
  const doneMs = await committed.promise;
  if (round > 100) times[kind].push(doneMs - eventMs);
}
globalThis.gc?.();
const { rss, heapUsed } = process.memoryUsage();
const { endpoint, service } = times;
console.log(
  JSON.stringify({ endpoint: summarise(endpoint), service: summarise(service), rss, heapUsed }),
);

/** Notes when the informer is handed an event. */
function withEvents(fake: ReturnType<typeof createFake>): ReturnType<typeof createFake> {
  const watch = fake.watch.bind(fake) as Client['watch'];
  fake.watch = async function* (resource, options) {
    for await (const event of watch(resource, options)) {
      eventMs = performance.now();
      yield event;
    }
  } as typeof fake.watch;
  return fake;
}
