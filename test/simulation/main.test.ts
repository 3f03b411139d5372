/** Both rooms as the command line starts them: flags in, health out, and an end in order. */
import test from 'ava';
import { deployments, namespaces, nodes, pods } from '../../api/resources.ts';
import { systemClock } from '../../base/clock.ts';
import { type FlagTable, parseFlags } from '../../base/config.ts';
import { silentLogger } from '../../base/log.ts';
import { connect } from '../../client/connect.ts';
import { createFake } from '../../client/fake.ts';
import * as controllers from '../../controllers/main.ts';
import * as scheduler from '../../scheduler/main.ts';
import { deploymentOf } from './cluster.ts';

const words = ['--healthz-port=0', '--leader-elect'];
const configOf = <T extends FlagTable>(flags: T) => parseFlags(flags, words).config;

test('started by their flags, they lead, work and stop', async (t) => {
  const client = createFake({ clock: systemClock });
  client.seed(namespaces, { metadata: { name: 'default' } });
  client.seed(nodes, {
    metadata: { name: 'a' },
    status: {
      allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  });
  const deps = { client, clock: systemClock, log: silentLogger };
  const running = [
    await controllers.start(configOf(controllers.flags), deps),
    await scheduler.start(configOf(scheduler.flags), deps),
  ];
  await client.create(deployments, deploymentOf('web', 3));
  const placed = async () => {
    const { items } = await client.list(pods);
    return items.filter(({ spec }) => spec?.nodeName === 'a').length;
  };
  while ((await placed()) < 3) await systemClock.sleep(5);
  for (const each of running) await each.stop();
  const before = client.writes.length;
  await client.create(deployments, deploymentOf('late', 1));
  await systemClock.sleep(50);
  t.is(client.writes.length, before + 1, 'nothing is written after the end');
});

test('they stop even when the server was never there', async (t) => {
  const client = connect({ server: 'http://127.0.0.1:1' });
  const deps = { client, clock: systemClock, log: silentLogger };
  const running = [
    await controllers.start(configOf(controllers.flags), deps),
    await scheduler.start(configOf(scheduler.flags), deps),
  ];
  for (const each of running) await each.stop();
  client.close();
  t.pass();
});
