/** Ephemeral containers and resizes of pods that run, on a real kernel. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { pods } from '../../api/resources.ts';
import type { EphemeralContainer, Pod, PodSpec } from '../../api/types/core-v1.generated.ts';
import { hasReason } from '../../base/errors.ts';
import { createLab, image, type Lab, sh } from './agent-lab.ts';

/** As somebody at the API would, whatever the agent writes meanwhile. */
async function change(
  lab: Lab,
  subresource: 'resize' | 'ephemeralcontainers',
  edit: (spec: PodSpec) => void,
): Promise<void> {
  for (;;) {
    const draft = structuredClone((await lab.pod('web'))!) as Pod;
    edit(draft.spec!);
    try {
      await lab.client.update(pods, draft, { subresource });
      return;
    } catch (error) {
      if (!hasReason(error, 'Conflict')) throw error;
    }
  }
}

const debug = (lab: Lab, container: EphemeralContainer) =>
  change(lab, 'ephemeralcontainers', (spec) => {
    spec.ephemeralContainers = [...(spec.ephemeralContainers ?? []), container];
  });

const lookerOf = async (lab: Lab, container: string) =>
  (await lab.pod('web'))?.status?.ephemeralContainerStatuses?.find(
    (each) => each.name === container,
  );

test('apiserver A69: an ephemeral container sees the processes of its target, and runs once', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('web', { containers: [sh('exec sleep 98765')] });
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const before = await lab.pod('web');
  await debug(lab, {
    ...sh('echo out; cat /proc/1/cmdline | tr "\\0" " "; exit 3'),
    name: 'looker',
    targetContainerName: 'main',
  } as EphemeralContainer);
  await lab.until(async () => (await lookerOf(lab, 'looker'))?.state?.terminated != null);
  t.like(await lookerOf(lab, 'looker'), {
    ready: false,
    restartCount: 0,
    state: { terminated: { exitCode: 3 } },
  });
  t.regex(await lab.log('web', 'looker'), /sleep 98765/);
  const after = await lab.pod('web');
  t.is(after?.status?.phase, 'Running');
  t.deepEqual(
    after?.status?.containerStatuses?.[0]?.containerID,
    before?.status?.containerStatuses?.[0]?.containerID,
  );
  await debug(lab, { ...sh('cat /proc/1/cmdline'), name: 'alone' } as EphemeralContainer);
  await lab.until(async () => (await lookerOf(lab, 'alone'))?.state?.terminated != null);
  t.notRegex(await lab.log('web', 'alone'), /98765/);
  await lab.client.delete(pods, { name: 'web', namespace: 'default' });
  await lab.until(() => lab.leftovers().length === 0);
});

test('apiserver A69: what an ephemeral container asks for and cannot have holds only it back', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('web', { containers: [sh('exec sleep 1000')] });
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  await debug(lab, {
    name: 'lost',
    image,
    targetContainerName: 'nobody',
  } as EphemeralContainer);
  await lab.until(async () => (await lookerOf(lab, 'lost'))?.state?.waiting?.message != null);
  t.like((await lookerOf(lab, 'lost'))?.state?.waiting, {
    reason: 'CreateContainerError',
    message: 'unable to find target container "nobody"',
  });
  t.true((await lab.status('web', 'main'))?.ready);
});

const limits = (cpu: string, memory: string) => ({
  resources: { requests: { cpu, memory }, limits: { cpu, memory } },
});

test('apiserver A70: a resize changes the cgroups of a container that runs on', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('web', {
    containers: [{ name: 'main', image, ...limits('200m', '64Mi') }],
  });
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const { metadata, status } = (await lab.pod('web'))!;
  const { containerID = '' } = status?.containerStatuses?.[0] ?? {};
  const group = join(lab.instance, 'kubepods', `pod${metadata?.uid}`);
  const leaf = join(group, containerID.slice('wherry://'.length));
  const quotas = () =>
    [group, leaf].map((path) => readFirst(`cpu/${path}/cpu.cfs_quota_us`, `${path}/cpu.max`));
  const resize = (cpu: string, memory: string) =>
    change(lab, 'resize', (spec) => Object.assign(spec.containers[0]!, limits(cpu, memory)));
  const has = async (cpu: string) =>
    (await lab.status('web', 'main'))?.resources?.limits?.cpu === cpu;
  for (const [cpu, want] of [
    ['500m', '50000'],
    ['100m', '10000'],
  ] as const) {
    await resize(cpu, '96Mi');
    await lab.until(() => has(cpu));
    t.deepEqual(
      quotas().map((text) => text?.split(' ')[0]),
      [want, want],
    );
  }
  t.is(
    readFirst(`memory/${leaf}/memory.limit_in_bytes`, `${leaf}/memory.max`),
    String(96 * 2 ** 20),
  );
  t.like(await lab.status('web', 'main'), { containerID, restartCount: 0 });

  await resize('10000', '96Mi');
  const pending = async () =>
    (await lab.pod('web'))?.status?.conditions?.find(({ type }) => type === 'PodResizePending');
  await lab.until(async () => (await pending()) !== undefined);
  t.like(await pending(), { status: 'True', reason: 'Infeasible' });
  t.true(await has('100m'));
  await resize('100m', '96Mi');
  await lab.until(async () => (await pending()) === undefined);
});

test('security R16: execs that flood and clients that go leave nothing behind', async (t) => {
  const lab = await createLab(t);
  const { directory } = await lab.startAgent();
  await lab.create('web', { containers: [sh('exec sleep 100000')] });
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const container = directory.findContainer('default', 'web', 'main');
  const uid = (await lab.pod('web'))?.metadata?.uid;
  const group = join(lab.instance, 'kubepods/besteffort', `pod${uid}`);
  const id = (await lab.status('web', 'main'))!.containerID!.slice('wherry://'.length);
  const leaf = join(group, id);
  const processes = () =>
    readFirst(`pids/${leaf}/cgroup.procs`, `${leaf}/cgroup.procs`)!.split('\n');
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  const yes = ['sh', '-c', 'while :; do echo y; done'];
  const many = Array.from({ length: 50 });
  const floods = await Promise.all(
    many.map(() => container.exec({ args: yes, terminal: false, stdin: false })),
  );
  const lookers = await Promise.all(many.map(() => container.attach()));
  for (const session of floods) session.pause(); // Nobody reads.
  t.is(processes().length, 51);
  for (const session of [...floods, ...lookers]) session.close();
  await lab.until(() => processes().length === 1 && descriptors() <= before);
  // One that leaves a child behind, which holds its output open, still comes to an end.
  const args = ['sh', '-c', 'sleep 3 & echo done'];
  const session = await container.exec({ args, terminal: false, stdin: false });
  t.is((await session.exited).exitCode, 0);
});

function readFirst(...paths: string[]): string | undefined {
  for (const path of paths) {
    try {
      return readFileSync(join('/sys/fs/cgroup', path), 'utf8').trim();
    } catch {
      // The other version's.
    }
  }
  return undefined;
}

test('apiserver A67: port-forward reaches what listens on localhost of the pod', async (t) => {
  const lab = await createLab(t);
  const { directory } = await lab.startAgent();
  await lab.create('web', {
    containers: [
      sh('mkdir /www; echo hello > /www/index.html; httpd -f -p 127.0.0.1:8080 -h /www'),
    ],
  });
  await lab.until(async () => (await lab.status('web', 'main'))?.ready === true);
  const pod = directory.findPod('default', 'web');
  await lab.until(() =>
    pod.connect(8080).then(
      (socket) => Boolean(socket.destroy()),
      () => false,
    ),
  );
  const socket = await pod.connect(8080);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  t.regex(await text(socket), /hello\n$/);
  const error = await t.throwsAsync(pod.connect(9));
  t.regex(error.message, /^failed to connect to localhost:9 inside namespace .*refused/);
  const unknown = t.throws(() => directory.findPod('default', 'web', 'other-uid'));
  t.true(hasReason(unknown, 'NotFound'));
});
