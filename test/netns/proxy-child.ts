/**
 * A proxy in a process of its own, to be killed: `node proxy-child.ts NETNS COUNT FLAG…`. Its API is in
 * memory: one Service `web` that stays, and many whose endpoints change all the time, from a to b
 * with c and back, so that it is never long without something to write. Prints `synced`.
 */
import { endpointSlices, serviceCidrs, services } from '../../api/resources.ts';
import { systemClock } from '../../base/clock.ts';
import { parseFlags } from '../../base/config.ts';
import { silentLogger } from '../../base/log.ts';
import { createFake } from '../../client/fake.ts';
import { openConntrack } from '../../native/conntrack.ts';
import { followNftables, openNftables } from '../../native/nftables.ts';
import { run } from '../../native/run.ts';
import { flags, start } from '../../proxy/main.ts';
import { serviceOf, serviceRanges, slicesOf } from './proxy-objects.ts';

const [netns = '', count, ...argv] = process.argv.slice(2);
const changing = Number(count) - 1;
const atOnce = 50;

const client = createFake({ clock: systemClock });
client.seed(serviceCidrs, { metadata: { name: 'kubernetes' }, spec: { cidrs: serviceRanges } });
client.seed(services, serviceOf('web', 5));
client.seed(endpointSlices, ...slicesOf('web', ['a', 'b', 'c']));
for (let index = 0; index < changing; index++) {
  const clusterIP = `10.43.${1 + (index >> 8)}.${index & 255}`;
  const own = { clusterIP, clusterIPs: [clusterIP], ipFamilies: ['IPv4'] };
  client.seed(services, serviceOf(`s${index}`, 6, own));
  client.seed(endpointSlices, ...endpointsOf(index, 0));
}
const running = await start(parseFlags(flags, argv).config, {
  client,
  clock: systemClock,
  log: silentLogger,
  setSysctl: () => {},
  place: {
    run: (file, args, options) => run('nsenter', [`--net=${netns}`, file, ...args], options),
    netnsPath: netns,
    openNftables: () => openNftables(netns),
    openConntrack: () => openConntrack(netns),
    followNftables: (onChange, signal) => followNftables(netns, onChange, signal),
    localAddresses: () => [],
  },
});
await running.synced;
console.log('synced');
for (let round = 1; ; round++) {
  for (let index = 0; index < atOnce; index++) {
    client.seed(endpointSlices, ...endpointsOf((round * atOnce + index) % changing, round));
  }
  await systemClock.sleep(5);
}

function endpointsOf(index: number, round: number) {
  const pods = round % 2 === 0 ? ['a'] : ['b', 'c'];
  return slicesOf(`s${index}`, pods, { families: ['ipv4'] });
}
