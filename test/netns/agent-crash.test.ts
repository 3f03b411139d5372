/** kill -9 of the agent at random moments: pods are adopted or made anew, and nothing leaks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import type { ChildTask } from './agent-child.ts';
import { createLab, image, type Lab } from './agent-lab.ts';

const killsMax = 12;

const podOf = (name: string): Pod => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  spec: {
    nodeName: 'n1',
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 0,
    volumes: [{ name: 'memory', emptyDir: { medium: 'Memory' } }],
    containers: [{ name: 'main', image, volumeMounts: [{ name: 'memory', mountPath: '/memory' }] }],
  },
  status: { phase: 'Pending' },
});

function begin(t: ExecutionContext, lab: Lab, pods: readonly Pod[]): ChildProcess {
  const { instance, root, runDir, hostNetns } = lab;
  const task: ChildTask = { instance, root, runDir, hostNetns, pods };
  const program = new URL('./agent-child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr?.on('data', (text) => t.log(String(text).trimEnd()));
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function said(child: ChildProcess, word: string): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) if (line === word) return;
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once('close', resolve));

test('an agent killed at any moment leaves what the next one adopts or removes', async (t) => {
  const lab = await createLab(t);
  for (let kills = 0; kills < killsMax; kills++) {
    const pods = ['a', 'b', `only-${kills}`].map(podOf);
    const child = begin(t, lab, pods);
    await said(child, 'ready');
    const end = ended(child);
    await systemClock.sleep(Math.random() * 60); // Amid what takes about that long in all.
    child.kill('SIGKILL');
    await end;
  }
  const last = begin(t, lab, [podOf('a')]);
  await said(last, 'settled');
  const end = ended(last);
  last.kill('SIGKILL');
  await end;
  // No pod is left in the API: all of them are ended and everything of them goes.
  const agent = begin(t, lab, []);
  await said(agent, 'settled');
  await lab.until(() => lab.leftovers().length === 0);
  const over = ended(agent);
  agent.kill('SIGKILL');
  await over;
  t.pass();
});
