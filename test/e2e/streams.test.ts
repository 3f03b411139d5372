/**
 * What flows between a client and a container: exec, attach, cp, port-forward, logs and debug, with
 * stock kubectl of today (WebSocket) and of 1.20 (SPDY/3.1), on one cluster.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'ava';
import { createCluster, type TestCluster, waitUntil } from '../helpers/cluster.ts';
import type { RunOptions } from '../helpers/host.ts';

let cluster: TestCluster;

const clients = [
  { version: '1.35', path: resolve('.setup/bin/kubectl') },
  { version: '1.20', path: resolve('.setup/peers/usr/bin/kubectl') },
];

const container = (name: string, script: string) => ({
  name,
  image: 'localhost/wherry/busybox:1',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
});

/** `web` listens on localhost only: port-forward must come from inside. */
const web = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      container(
        'web',
        'mkdir /www; echo hello from 8080 > /www/index.html; ' +
          'head -c 20000000 /dev/urandom > /www/big; ' +
          'httpd -p 127.0.0.1:8080 -h /www; ' +
          'mkdir /two; echo hello from 8081 > /two/index.html; httpd -p [::1]:8081 -h /two; ' +
          'exec sleep 100000',
      ),
      container(
        'talk',
        'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done; exec sleep 100000',
      ),
    ],
  },
};

const echo = (name: string, more: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    terminationGracePeriodSeconds: 1,
    restartPolicy: 'Never',
    containers: [
      {
        ...container('echo', 'echo ready; while read line; do echo got $line; done; echo over'),
        stdin: true,
        ...more,
      },
    ],
  },
});

/** Reached by the address of its pod, and by a Service. */
const open = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'open', labels: { app: 'open' } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      container(
        'main',
        'mkdir /www; echo hello from open > /www/index.html; exec httpd -f -p 8080 -h /www',
      ),
    ],
  },
};

const openService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'open' },
  spec: { selector: { app: 'open' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};

const crash = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'crash' },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [container('main', 'echo life of $$; date +%s%N; sleep 2; exit 1')],
  },
};

test.before(async () => {
  cluster = createCluster();
  await cluster.up();
  const names = clients.flatMap(({ version }) => {
    const suffix = version.replace('.', '-');
    return [
      echo(`echo-${suffix}`, {}),
      echo(`once-${suffix}`, { stdinOnce: true }),
      echo(`tty-${suffix}`, { tty: true }),
    ];
  });
  const items = [web, open, openService, crash, ...names];
  await cluster.kubectl('apply -f -', {
    input: items.map((each) => JSON.stringify(each)).join('\n---\n'),
  });
  await cluster.kubectl('wait --for=condition=Ready pod/web --timeout=60s');
  for (const { metadata } of [open, ...names]) {
    await cluster.kubectl(`wait --for=condition=Ready pod/${metadata.name} --timeout=60s`);
  }
});
test.after.always(() => cluster.remove());

const story = test.serial;

function use(path: string) {
  const env = { KUBECONFIG: `${cluster.root}/admin.kubeconfig`, HOME: cluster.host.dir };
  return {
    run: (words: readonly string[], options?: RunOptions) =>
      cluster.host.run(path, words, { ...options, env }),
    spawn: (words: readonly string[]) => cluster.host.spawn(path, words, env),
    /** With an input that stays open. */
    feed: (words: readonly string[]) =>
      spawn('nsenter', [`--net=${cluster.host.netns}`, path, ...words], {
        env: { ...process.env, ...env },
      }),
    /** In a terminal, after a command that prepares it. */
    script: (prepare: string, words: readonly string[]) => {
      const line = [`${prepare};`, path, ...words].join(' ');
      return cluster.host.run('script', ['-qec', line, '/dev/null'], { env });
    },
  };
}

type Failure = Error & { readonly code: number; readonly stdout: string; readonly stderr: string };

for (const { version, path } of clients) {
  const suffix = version.replace('.', '-');

  story(
    `apiserver A67: kubectl ${version} exec: both outputs apart, the exit code, no command`,
    async (t) => {
      const { run } = use(path);
      const words = ['exec', 'web', '-c', 'web', '--', 'sh', '-c'];
      const error = (await t.throwsAsync(
        run([...words, 'echo out; echo err >&2; exit 7']),
      )) as unknown as Failure;
      t.is(error.code, 7);
      t.is(error.stdout, 'out\n');
      t.regex(error.stderr, /^err\n/);
      const missing = (await t.throwsAsync(
        run(['exec', 'web', '-c', 'web', '--', '/no/such']),
      )) as unknown as Failure;
      t.regex(missing.stderr, /no\/such/);
    },
  );

  story(
    `apiserver A67: kubectl ${version} exec -i: megabytes in and out, then the end of input`,
    async (t) => {
      const { run } = use(path);
      const input = 'x'.repeat(63).concat('\n').repeat(100_000);
      const words = ['exec', '-i', 'web', '-c', 'web', '--'];
      t.is(await run([...words, 'cat'], { input }), input);
      t.regex(await run([...words, 'sha256sum'], { input }), new RegExp(hashOf(input)));
    },
  );

  story(
    `apiserver A67: kubectl ${version} exec -it: a terminal of the client's size`,
    async (t) => {
      const { script } = use(path);
      const words = [
        'exec',
        '-it',
        'web',
        '-c',
        'web',
        '--',
        'sh',
        '-c',
        "'sleep 1; stty size; tty'",
      ];
      const seen = await script('stty cols 91 rows 33', words);
      t.regex(seen, /33 91\r?\n\/dev\/pts\/\d+/);
    },
  );

  story(
    `apiserver A67: kubectl ${version} attach: several see the output, one gives input`,
    async (t) => {
      const { run, spawn, feed } = use(path);
      const onlooker = spawn(['attach', `echo-${suffix}`]);
      const speaker = feed(['attach', '-i', `echo-${suffix}`]);
      const [seen, said] = [collect(onlooker), collect(speaker)];
      await waitUntil(() => {
        speaker.stdin?.write('one\n');
        return /got one/.test(seen()) && /got one/.test(said());
      });
      for (const child of [onlooker, speaker]) {
        child.kill();
        await once(child, 'exit');
      }
      // The end of one client is not the end of input.
      t.is(await phaseOf(`echo-${suffix}`), 'Running');
      await run(['attach', '-i', `once-${suffix}`], { input: 'two\n' });
      await waitUntil(async () => (await phaseOf(`once-${suffix}`)) === 'Succeeded');
      t.is(await run(['logs', `once-${suffix}`]), 'ready\ngot two\nover\n');
    },
  );

  story(
    `apiserver A67: kubectl ${version} port-forward: several ports, many connections`,
    async (t) => {
      const { spawn } = use(path);
      const child = spawn(['port-forward', 'pod/web', ':8080', ':8081']);
      const seen = collect(child);
      await waitUntil(() => (seen().match(/Forwarding from 127/g) ?? []).length === 2);
      const [, first] = /127\.0\.0\.1:(\d+) -> 8080/.exec(seen())!;
      const [, second] = /127\.0\.0\.1:(\d+) -> 8081/.exec(seen())!;
      const get = (port: string, file: string) =>
        cluster.host.run('curl', ['-sf', '--max-time', '20', `http://127.0.0.1:${port}/${file}`]);
      t.is(await get(first!, ''), 'hello from 8080\n');
      t.is(await get(second!, ''), 'hello from 8081\n');
      const many = await Promise.all(Array.from({ length: 20 }, () => get(first!, '')));
      t.is(new Set(many).size, 1);
      const file = `${cluster.host.dir}/big-${suffix}`;
      await cluster.host.run('curl', ['-sf', '-o', file, `http://127.0.0.1:${first}/big`]);
      const sum = await use(path).run(['exec', 'web', '-c', 'web', '--', 'sha256sum', '/www/big']);
      t.is(sum.split(' ')[0], createHash('sha256').update(readFileSync(file)).digest('hex'));
      child.kill();
      await once(child, 'exit');
    },
  );

  story(`apiserver A67: kubectl ${version} port-forward says why nobody answers`, async (t) => {
    const child = use(path).spawn(['port-forward', 'pod/web', ':9']);
    const seen = collect(child);
    await waitUntil(() => /Forwarding from 127/.test(seen()));
    const [, port] = /127\.0\.0\.1:(\d+) -> 9/.exec(seen())!;
    await t.throwsAsync(
      cluster.host.run('curl', ['-sf', '--max-time', '20', `http://127.0.0.1:${port}/`]),
    );
    await waitUntil(() => /error forwarding port 9 to pod .*connection refused/i.test(seen()));
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
    t.regex(seen(), /an error occurred forwarding \d+ -> 9/);
  });

  story(`apiserver A67: kubectl ${version} cp: a file there and back`, async (t) => {
    const { run } = use(path);
    const [there, back] = ['there', 'back'].map((name) => `${cluster.host.dir}/${name}-${suffix}`);
    const content = createHash('sha256').update(suffix).digest('hex').repeat(50_000);
    writeFileSync(there!, content);
    await run(['cp', there!, `web:/tmp/file-${suffix}`, '-c', 'web']);
    await run(['cp', `default/web:/tmp/file-${suffix}`, back!, '-c', 'web']);
    t.is(hashOf(readFileSync(back!)), hashOf(content));
  });

  story(`apiserver A66: kubectl ${version} logs with each of its options`, async (t) => {
    const { run } = use(path);
    const logs = (...words: string[]) => run(['logs', 'web', '-c', 'talk', ...words]);
    t.is((await logs()).split('\n').length, 11);
    t.is((await logs('--tail=1')).split('\n').length, 2);
    t.is(await logs('--tail=0'), '');
    t.is((await logs('--limit-bytes=4')).length, 4);
    t.is(await logs('--since=1s'), '');
    t.is((await logs('--since=1h')).split('\n').length, 11);
    t.is(await logs('--since-time=2100-01-01T00:00:00Z'), '');
    t.regex(await logs('--timestamps', '--tail=1'), /^\d{4}-\d\d-\d\dT[\d:.]+Z (out|err) 5\n$/);
    const error = (await t.throwsAsync(run(['logs', 'web', '-c', 'nope']))) as unknown as Failure;
    t.regex(error.stderr, /container nope is not valid for pod web/);
    await waitUntil(async () =>
      /life of/.test(await run(['logs', 'crash', '--previous']).catch(() => '')),
    );
    t.not(await run(['logs', 'crash', '--previous']), await run(['logs', 'crash']));
    t.regex(await logs('--insecure-skip-tls-verify-backend', '--tail=1'), /5\n/);
  });
}

story('apiserver A69: kubectl debug looks at the processes of a container that runs', async (t) => {
  const { run } = use(clients[0]!.path);
  const image = '--image=localhost/wherry/busybox:1';
  const words = ['debug', 'web', image, '--image-pull-policy=IfNotPresent', '--target=talk'];
  await run([...words, '-c', 'looker', '--', 'sh', '-c', 'ps; cat /proc/1/root/etc/hostname']);
  await waitUntil(async () => /terminated/.test(await lookerState()));
  const log = await run(['logs', 'web', '-c', 'looker']);
  t.regex(log, /sleep 100000/);
  t.regex(log, /^web$/m);
  // With a terminal kubectl attaches to it.
  const seen = await use(clients[0]!.path).script('true', [
    ...['debug', '-it', 'web', image, '--image-pull-policy=IfNotPresent', '-c', 'shell'],
    ...['--', 'sh', '-c', "'sleep 2; tty; echo over'"],
  ]);
  t.regex(seen, /\/dev\/pts\/0[\s\S]*over/);
});

const lookerState = () =>
  cluster.kubectl('get pod web -o jsonpath={.status.ephemeralContainerStatuses[0].state}');

story('apiserver A69: kubectl debug of a node sees its file system and processes', async (t) => {
  const { run } = use(clients[0]!.path);
  const image = '--image=localhost/wherry/busybox:1';
  const words = ['debug', 'node/node-1', image, '--image-pull-policy=IfNotPresent'];
  const said = await run([...words, '--', 'sh', '-c', 'ls /host/etc/hostname; ps | wc -l']);
  const [, name] = /Creating debugging pod (\S+)/.exec(said) ?? [];
  await waitUntil(async () => (await phaseOf(name!)) === 'Succeeded');
  const log = await run(['logs', name!]);
  t.regex(log, /\/host\/etc\/hostname/);
  t.true(Number(/^\d+$/m.exec(log)?.[0]) > 3);
  await run(['delete', 'pod', name!]);
});

story('apiserver A70: a resize of a running pod, without a restart', async (t) => {
  const { run } = use(clients[0]!.path);
  const cpu = (value: string) => ({ cpu: value, memory: '64Mi' });
  const resources = { requests: cpu('100m'), limits: cpu('100m') };
  const sized = { ...container('main', 'exec sleep 100000'), resources };
  const spec = { terminationGracePeriodSeconds: 1, containers: [sized] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'sized' }, spec };
  await run(['apply', '-f', '-'], { input: JSON.stringify(pod) });
  await run(['wait', '--for=condition=Ready', 'pod/sized', '--timeout=60s']);
  const wanted = { requests: cpu('200m'), limits: cpu('200m') };
  const patch = { spec: { containers: [{ name: 'main', resources: wanted }] } };
  await run(['patch', 'pod', 'sized', '--subresource=resize', '-p', JSON.stringify(patch)]);
  await waitUntil(async () =>
    /200m/.test(
      await run([
        'get',
        'pod',
        'sized',
        '-o',
        'jsonpath={.status.containerStatuses[0].resources.limits.cpu}',
      ]),
    ),
  );
  t.is(
    await run([
      'get',
      'pod',
      'sized',
      '-o',
      'jsonpath={.status.containerStatuses[0].restartCount}',
    ]),
    '0',
  );
});

for (const { version, path } of clients) {
  story(
    `apiserver A68: kubectl ${version} get --raw and proxy reach pods, services and nodes`,
    async (t) => {
      const { run, spawn } = use(path);
      const raw = (words: string) => run(['get', '--raw', `/api/v1/${words}`]);
      t.is(await raw('namespaces/default/pods/open:8080/proxy/'), 'hello from open\n');
      t.is(
        await raw('namespaces/default/services/open:http/proxy/index.html'),
        'hello from open\n',
      );
      t.is(await raw('namespaces/default/services/open:80/proxy/'), 'hello from open\n');
      t.is(await raw('nodes/node-1/proxy/healthz'), 'ok');
      const child = spawn(['proxy', '--port=0']);
      const seen = collect(child);
      await waitUntil(() => /Starting to serve on/.test(seen()));
      const [, address] = /on (127\.0\.0\.1:\d+)/.exec(seen())!;
      const url = `http://${address}/api/v1/namespaces/default/pods/open:8080/proxy/index.html`;
      t.is(await cluster.host.run('curl', ['-sf', url]), 'hello from open\n');
      child.kill();
      await once(child, 'exit');
      const error = (await t.throwsAsync(
        raw('namespaces/default/pods/open:81/proxy/'),
      )) as unknown as Failure;
      t.regex(error.stderr, /error trying to reach service: .*ECONNREFUSED/);
    },
  );

  story(
    `apiserver A65: kubectl ${version} drain evicts, and waits for a disruption budget`,
    async (t) => {
      const { run } = use(path);
      const name = `guarded-${version.replace('.', '-')}`;
      const labels = { guarded: name };
      const guarded = { ...echo(name, {}), metadata: { name, labels } };
      await cluster.kubectl('apply -f -', { input: JSON.stringify(guarded) });
      await cluster.kubectl(`wait --for=condition=Ready pod/${name} --timeout=60s`);
      const budget = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      };
      await cluster.kubectl('apply -f -', { input: JSON.stringify(budget) });
      // As the disruption controller does, where there is one.
      const counts = {
        currentHealthy: 1,
        desiredHealthy: 1,
        disruptionsAllowed: 0,
        expectedPods: 1,
      };
      const status = JSON.stringify({ status: { observedGeneration: 1, ...counts } });
      const patch = ['patch', 'pdb', name, '--subresource=status', '--type=merge', '-p', status];
      await use(clients[0]!.path).run(patch);
      const drain = ['drain', 'node-1', `--pod-selector=guarded=${name}`, '--force'];
      const error = (await t.throwsAsync(run([...drain, '--timeout=3s']))) as unknown as Failure;
      t.regex(error.stderr, /Cannot evict pod as it would violate the pod's disruption budget/);
      await cluster.kubectl(`delete pdb ${name}`);
      await run([...drain, '--timeout=30s']);
      await t.throwsAsync(cluster.kubectl(`get pod ${name}`), { message: /not found/ });
      await run(['uncordon', 'node-1']);
    },
  );
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      text += data;
    });
  }
  return () => text;
}

const hashOf = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

const phaseOf = async (pod: string) =>
  (await cluster.kubectl(`get pod ${pod} -o jsonpath={.status.phase}`)).trim();
