/** An agent in a process of its own, for tests that kill it: `node agent-child.ts '{…}'`. */
import { pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import { createLogger } from '../../base/log.ts';
import { createFake } from '../../client/fake.ts';
import { type AgentOptions, startAgent } from './agent-lab.ts';

export interface ChildTask extends Omit<AgentOptions, 'client' | 'events' | 'log'> {
  readonly pods: readonly Pod[];
}

const task = JSON.parse(process.argv[2] ?? '{}') as ChildTask;
const client = createFake({ clock: systemClock });
client.seed(pods, ...task.pods);
const write = (line: string) => void process.stderr.write(line);
const log = createLogger({ component: 'agent', level: 'error', write });
await startAgent({ ...task, client, events: [], log });
process.stdout.write('ready\n');
for (;;) {
  const { items } = await client.list(pods);
  const running = items.filter(({ status }) => status?.phase === 'Running').length;
  if (running === task.pods.length) break;
  await systemClock.sleep(10);
}
process.stdout.write('settled\n');
