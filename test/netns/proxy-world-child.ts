/**
 * A proxy of its own process, so that what it listens on is in the network namespace that it was
 * started in. Arguments: a file of JSON `{ services, slices }`, then the proxy's flags.
 */
import { readFileSync } from 'node:fs';
import { endpointSlices, services } from '../../api/resources.ts';
import { systemClock } from '../../base/clock.ts';
import { parseFlags } from '../../base/config.ts';
import { silentLogger } from '../../base/log.ts';
import { createFake } from '../../client/fake.ts';
import { flags, start } from '../../proxy/main.ts';

const [file, ...argv] = process.argv.slice(2);
const world = JSON.parse(readFileSync(file!, 'utf8'));
const client = createFake({ clock: systemClock });
client.seed(services, ...world.services);
client.seed(endpointSlices, ...world.slices);
const own = ['--healthz-bind-address=', '--metrics-bind-address=', '--node-name=node'];
const { config } = parseFlags(flags, [...own, ...argv]);
const log = process.env.DEBUG
  ? { ...silentLogger, info: console.error, error: console.error }
  : silentLogger;
const running = await start(config, { client, clock: systemClock, log });
await running.synced;
process.on('SIGTERM', () => void running.stop().then(() => process.exit()));
// What listens for itself may be a moment behind the rules.
setTimeout(() => console.log('ready'), 200);
