/** Pods on a real kernel: monitor, CNI, cgroups and overlay, with the API in memory. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { pods } from '../../api/resources.ts';
import { createLab, image, sh } from './agent-lab.ts';

test('a pod runs, has an address and is ready; deleted, it leaves nothing', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('web', {});
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const { status } = (await lab.pod('web'))!;
  t.is(status?.phase, 'Running');
  t.is(status?.podIP, '10.77.0.2');
  t.is(status?.hostIP, '192.0.2.1');
  t.deepEqual(status?.conditions?.map(({ type, status: verdict }) => `${type}=${verdict}`).sort(), [
    'ContainersReady=True',
    'Initialized=True',
    'PodReadyToStartContainers=True',
    'Ready=True',
  ]);
  const container = status?.containerStatuses?.[0];
  t.regex(container?.containerID ?? '', /^wherry:\/\/[0-9a-f]{64}$/);
  t.is(container?.restartCount, 0);
  t.true(lab.events.includes('Normal Started Container started'));

  await lab.client.delete(pods, { name: 'web', namespace: 'default' });
  await lab.until(async () => (await lab.pod('web')) === undefined);
  t.deepEqual(lab.leftovers(), []);
});

test('what a container writes is in its log, and exec runs beside it', async (t) => {
  const lab = await createLab(t);
  const { directory } = await lab.startAgent();
  await lab.create('web', { containers: [sh('echo hello; exec sleep 1000')] });
  await lab.until(async () => (await lab.log('web', 'main')).includes('hello'));
  t.regex(await lab.log('web', 'main'), /^\S+Z stdout F hello\n$/);
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const handle = directory.findContainer('default', 'web', 'main');
  const args = ['sh', '-c', 'cat /etc/hostname; exit 3'];
  const session = await handle.exec({ args, terminal: false, stdin: false });
  let output = '';
  session.onOutput((_stream, data) => {
    output += Buffer.from(data).toString();
  });
  t.deepEqual(await session.exited, { exitCode: 3 });
  t.is(output, 'web\n');
});

test('a killed agent is followed by one that adopts: nothing restarts', async (t) => {
  const lab = await createLab(t);
  const first = await lab.startAgent();
  await lab.create('web', {});
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const before = (await lab.pod('web'))!;
  await first.kill();
  const second = await lab.startAgent();
  const handle = second.directory.findContainer('default', 'web', 'main');
  const session = await handle.exec({ args: ['true'], terminal: false, stdin: false });
  t.deepEqual(await session.exited, { exitCode: 0 });
  t.deepEqual((await lab.pod('web'))!.status, before.status);

  await lab.client.delete(pods, { name: 'web', namespace: 'default' });
  await lab.until(async () => (await lab.pod('web')) === undefined);
  t.deepEqual(lab.leftovers(), []);
});

test('what was deleted while no agent ran is gone after the next start', async (t) => {
  const lab = await createLab(t);
  const first = await lab.startAgent();
  await lab.create('web', {});
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  await first.kill();
  await lab.client.delete(pods, { name: 'web', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await lab.startAgent();
  await lab.until(() => lab.leftovers().length === 0);
  t.pass();
});

test('a job runs its init container first, then to its end', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('job', {
    restartPolicy: 'Never',
    volumes: [{ name: 'shared', emptyDir: {} }],
    initContainers: [
      {
        ...sh('echo from init > /shared/file'),
        name: 'first',
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      },
    ],
    containers: [
      {
        ...sh('cat /shared/file; echo done > /dev/termination-log'),
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      },
    ],
  });
  await lab.until(async () => (await lab.pod('job'))?.status?.phase === 'Succeeded');
  const { status } = (await lab.pod('job'))!;
  t.is(status?.containerStatuses?.[0]?.state?.terminated?.message, 'done\n');
  t.is(status?.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Completed');
  t.regex(await lab.log('job', 'main'), /stdout F from init\n$/);
  // Its sandbox is given back at once; its log stays until the pod is deleted.
  await lab.until(() => readdirSync(join(lab.runDir, 'sandboxes')).length === 0);
});

test('a container that fails is restarted once at once, then waits', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('bad', { containers: [sh('exit 7')] });
  await lab.until(
    async () => (await lab.status('bad', 'main'))?.state?.waiting?.reason === 'CrashLoopBackOff',
  );
  const status = (await lab.status('bad', 'main'))!;
  t.is(status.restartCount, 1);
  t.is(status.lastState?.terminated?.exitCode, 7);
  t.regex(
    status.state?.waiting?.message ?? '',
    /^back-off 10s restarting failed container=main pod=bad_default/,
  );
});

test('a killed monitor is a lost sandbox: the pod runs again in a new one', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('web', {});
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const [id] = readdirSync(join(lab.runDir, 'sandboxes'));
  const { monitor } = await monitorOf(join(lab.runDir, 'sandboxes', id!));
  process.kill(monitor, 'SIGKILL');
  await lab.until(async () => (await lab.status('web', 'main'))?.restartCount === 1);
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const status = (await lab.status('web', 'main'))!;
  t.is(status.lastState?.terminated?.reason, 'ContainerStatusUnknown');
  t.false(existsSync(join(lab.runDir, 'sandboxes', id!)));
});

test('a spec that cannot be run says which field, and runs when what it lacks comes', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  const main = { name: 'main', image };
  await lab.create('hook', {
    containers: [{ ...main, lifecycle: { preStop: { sleep: { seconds: 1 } } } }],
  });
  await lab.create('env', { containers: [{ ...main, envFrom: [{ secretRef: { name: 'no' } }] }] });
  await lab.create('image', { containers: [{ ...main, image: 'nothing:1' }] });
  const waiting = async (name: string) => (await lab.status(name, 'main'))?.state?.waiting;
  await lab.until(async () => Boolean((await waiting('hook')) && (await waiting('image'))));
  await lab.until(async () => (await waiting('env'))?.reason === 'CreateContainerConfigError');
  t.deepEqual(await waiting('hook'), {
    reason: 'CreateContainerConfigError',
    message: 'spec.containers[0].lifecycle.preStop is not supported by this node yet',
  });
  t.is((await waiting('env'))?.message, 'secret "no" not found');
  t.regex((await waiting('image'))?.reason ?? '', /^(ErrImagePull|ImagePullBackOff)$/);
});

test('user, capabilities, read-only root, env and files are as the spec says', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  const script = `id; grep -i capeff /proc/self/status || cat /proc/self/status
    echo x > /file || echo read-only; echo "ip $IP"; cat /etc/resolv.conf; cat /proc/self/cgroup`;
  await lab.create('sec', {
    restartPolicy: 'Never',
    containers: [
      {
        ...sh(script),
        env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        securityContext: {
          runAsUser: 101,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  });
  await lab.until(async () => (await lab.pod('sec'))?.status?.phase === 'Succeeded');
  const log = await lab.log('sec', 'main');
  t.regex(
    log,
    /uid=101\(web\) gid=102\(web\) groups=103\(extra\)|uid=101\(web\) gid=102\(web\).*103\(extra\)/,
  );
  t.regex(log, /CapEff:\s+0000000000000000/);
  t.regex(log, /stdout F read-only/);
  t.regex(log, /ip 10\.77\.0\.2/);
  t.regex(log, /search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/);
  t.regex(log, /nameserver 10\.43\.0\.10/);
});

async function monitorOf(dir: string): Promise<{ monitor: number }> {
  return { monitor: Number(readFileSync(join(dir, 'monitor.pid'), 'utf8')) };
}
