/** What a pod's spec can ask for, on a real kernel. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { configMaps, pods, secrets } from '../../api/resources.ts';
import { createLab, image, type Lab, sh } from './agent-lab.ts';

const finished = async (lab: Lab, name: string) => {
  await lab.until(async () => /Succeeded|Failed/.test((await lab.pod(name))?.status?.phase ?? ''));
  return (await lab.pod(name))?.status?.phase;
};

test('ConfigMaps, Secrets, the downward API and memory are volumes, as the spec names them', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.client.create(configMaps, {
    metadata: { name: 'conf', namespace: 'default' },
    data: { 'a.conf': 'alpha', 'b.conf': 'beta' },
  });
  await lab.client.create(secrets, {
    metadata: { name: 'keys', namespace: 'default' },
    data: { pw: btoa('geheim') },
  });
  await lab.create('vol', {
    restartPolicy: 'Never',
    volumes: [
      { name: 'conf', configMap: { name: 'conf', items: [{ key: 'a.conf', path: 'sub/a' }] } },
      { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } },
      {
        name: 'info',
        downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] },
      },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    ],
    containers: [
      {
        ...sh(`cat /conf/sub/a; echo; ls /conf; cat /keys/pw; echo; ls -lL /keys/pw; cat /info/name
          echo; echo x > /conf/x || echo read-only; echo y > /memory/y && cat /memory/y
          grep /memory /proc/mounts`),
        volumeMounts: ['conf', 'keys', 'info', 'memory'].map((name) => ({
          name,
          mountPath: `/${name}`,
        })),
      },
    ],
  });
  t.is(await finished(lab, 'vol'), 'Succeeded', await lab.log('vol', 'main'));
  const lines = (await lab.log('vol', 'main')).split('\n').map((line) => line.split(' F ')[1]);
  t.deepEqual(lines.slice(0, 3), ['alpha', 'sub', 'geheim']);
  t.regex(lines[3] ?? '', /^-r--------/);
  t.is(lines[4], 'vol');
  t.true(lines.includes('read-only') && lines.includes('y'));
  t.true(lines.some((line) => /tmpfs .*size=1024k/.test(line ?? '')));
  await lab.client.delete(pods, { name: 'vol', namespace: 'default' });
  // A finished pod's object goes at once; what is on the node follows.
  await lab.until(() => lab.leftovers().length === 0);
});

test('a volume that names nothing holds the pod back with an event, until it comes', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('wait', {
    volumes: [{ name: 'conf', configMap: { name: 'late' } }],
    containers: [{ name: 'main', image, volumeMounts: [{ name: 'conf', mountPath: '/conf' }] }],
  });
  const said =
    'Warning FailedMount MountVolume.SetUp failed for volume "conf" : configmap "late" not found';
  await lab.until(() => lab.events.includes(said));
  await lab.client.create(configMaps, { metadata: { name: 'late', namespace: 'default' } });
  await lab.until(async () => (await lab.status('wait', 'main'))?.ready === true);
  t.pass();
});

test('a guaranteed pod has its limits in its cgroup', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  const limits = { cpu: '200m', memory: '32Mi' };
  await lab.create('g', {
    containers: [{ name: 'main', image, resources: { limits, requests: limits } }],
  });
  await lab.until(async () => (await lab.status('g', 'main'))?.ready === true);
  const { status, metadata } = (await lab.pod('g'))!;
  t.is(status?.qosClass, 'Guaranteed');
  const id = status?.containerStatuses?.[0]?.containerID?.slice('wherry://'.length) ?? '';
  const leaf = join(lab.instance, 'kubepods', `pod${metadata?.uid}`, id);
  const read = (...paths: string[]) => {
    for (const path of paths) {
      try {
        return readFileSync(join('/sys/fs/cgroup', path), 'utf8').trim();
      } catch {
        // The other version's.
      }
    }
    return undefined;
  };
  t.is(read(`memory/${leaf}/memory.limit_in_bytes`, `${leaf}/memory.max`), String(32 * 2 ** 20));
  t.regex(read(`cpu/${leaf}/cpu.cfs_quota_us`, `${leaf}/cpu.max`) ?? '', /^20000/);
});

test('a container that takes more memory than it may is OOMKilled', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('oom', {
    restartPolicy: 'Never',
    containers: [
      {
        ...sh('x=xxxxxxxx; while true; do x=$x$x; done'),
        resources: { limits: { memory: '16Mi' } },
      },
    ],
  });
  t.is(await finished(lab, 'oom'), 'Failed');
  const terminated = (await lab.status('oom', 'main'))?.state?.terminated;
  t.is(terminated?.reason, 'OOMKilled');
  t.is(terminated?.exitCode, 137);
});

test('host namespaces, a shared pid namespace and privilege are given when asked for', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  await lab.create('host', {
    restartPolicy: 'Never',
    hostNetwork: true,
    hostPID: true,
    containers: [
      { ...sh('grep -c . /proc/net/dev; cat /proc/1/comm'), securityContext: { privileged: true } },
    ],
  });
  await lab.create('shared', {
    restartPolicy: 'Never',
    shareProcessNamespace: true,
    containers: [sh('echo me $$')],
  });
  t.is(await finished(lab, 'host'), 'Succeeded', await lab.log('host', 'main'));
  t.is((await lab.pod('host'))?.status?.podIP, '192.0.2.1');
  const own = readFileSync('/proc/1/comm', 'utf8').trim();
  t.true((await lab.log('host', 'main')).trimEnd().endsWith(` ${own}`));
  t.is(await finished(lab, 'shared'), 'Succeeded');
  t.notRegex(await lab.log('shared', 'main'), /me 1\n/);
});

test('readiness follows its probe, and liveness ends what is not alive', async (t) => {
  const lab = await createLab(t);
  await lab.startAgent();
  const exec = (...command: string[]) => ({
    exec: { command },
    periodSeconds: 1,
    failureThreshold: 1,
  });
  await lab.create('probed', {
    containers: [
      {
        ...sh('trap "exit 0" TERM; touch /tmp/alive; while true; do sleep 0.1; done'),
        readinessProbe: exec('cat', '/tmp/ready'),
        livenessProbe: exec('cat', '/tmp/alive'),
      },
    ],
  });
  const { directory } = lab.agent();
  const run = async (script: string) => {
    const handle = directory.findContainer('default', 'probed', 'main');
    const session = await handle.exec({
      args: ['sh', '-c', script],
      terminal: false,
      stdin: false,
    });
    return session.exited;
  };
  await lab.until(async () => (await lab.status('probed', 'main'))?.started === true);
  t.false((await lab.status('probed', 'main'))?.ready);
  await run('echo > /tmp/ready');
  await lab.until(async () => (await lab.status('probed', 'main'))?.ready === true);
  await run('rm /tmp/alive');
  await lab.until(async () => (await lab.status('probed', 'main'))?.restartCount === 1);
  t.true(
    lab.events.includes('Normal Killing Container main failed liveness probe, will be restarted'),
  );
});

test('an agent that is told to take its pods with it leaves nothing on the node', async (t) => {
  const lab = await createLab(t);
  const { loop } = await lab.startAgent();
  await lab.create('a', { volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }] });
  await lab.create('b', { containers: [sh('exit 1')] });
  await lab.until(async () => (await lab.status('a', 'main'))?.ready === true);
  await loop.stopAll(0);
  const logs = lab.leftovers().filter((each) => !each.startsWith('root/logs'));
  t.deepEqual(logs, []);
  t.is(readdirSync(join(lab.root, 'logs/pods')).length, 2);
  t.truthy(await lab.pod('a'), "the API's object is not the agent's to delete");
});
