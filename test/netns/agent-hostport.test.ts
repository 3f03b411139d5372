/** Ports of the node that lead to a pod, by the pod's own word (`hostPort`). */
import test from 'ava';
import { pods } from '../../api/resources.ts';
import { hasCode } from '../../base/errors.ts';
import { kernel } from '../../native/index.ts';
import { createLab, sh } from './agent-lab.ts';

test('cni R24: a hostPort leads to the pod, over an agent that is killed, until the pod ends', async (t) => {
  const lab = await createLab(t);
  const first = await lab.startAgent();
  const ports = [
    { containerPort: 8080, hostPort: 18_080, protocol: 'TCP' as const },
    { containerPort: 8080, hostPort: 18_081, hostIP: '127.0.0.1' },
    { containerPort: 53, hostPort: 18_053, protocol: 'UDP' as const },
  ];
  const serve = 'while true; do nc -l -p 8080 -e echo hello; done';
  await lab.create('web', { containers: [{ ...sh(serve), ports }] });
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const outcome = async (address: string, port: number) => {
    try {
      kernel.close(await kernel.connectTcp(address, port, 1_000, lab.hostNetns));
      return 'open';
    } catch (error) {
      return hasCode(error, 'ECONNREFUSED') ? 'refused' : 'nothing';
    }
  };
  // The server listens once at a time, and begins when it likes.
  const isOpen = (address: string, port: number) =>
    lab.until(async () => (await outcome(address, port)) === 'open');
  await isOpen('127.0.0.1', 18_080);
  await isOpen('10.77.0.1', 18_080);
  await isOpen('127.0.0.1', 18_081);
  await first.kill();
  await lab.startAgent();
  await isOpen('127.0.0.1', 18_080);
  await lab.client.delete(pods, { name: 'web', namespace: 'default' });
  await lab.until(async () => (await lab.pod('web')) === undefined);
  t.is(await outcome('127.0.0.1', 18_080), 'refused');
  t.is(await outcome('127.0.0.1', 18_081), 'refused');
  t.deepEqual(lab.leftovers(), []);
});
