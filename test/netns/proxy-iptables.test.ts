/** Real packets through real rules, with both iptables. Needs root, and br_netfilter. */
import test, { type ExecutionContext } from 'ava';
import { services } from '../../api/resources.ts';
import { Lab } from './proxy-lab.ts';

const nodePort = {
  type: 'NodePort',
  ports: [
    { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30_080 },
    { name: 'dns', protocol: 'UDP', port: 53, targetPort: 8080, nodePort: 30_053 },
  ],
};

/** Who answered, each once. */
const names = (answers: readonly string[]) =>
  [...new Set(answers.map((line) => line[0]))].toSorted().join('');

/** Each test runs on a node of its own, once with each of the two iptables. */
function onBoth(title: string, body: (t: ExecutionContext, lab: Lab) => Promise<void>) {
  for (const backend of ['nft', 'legacy'] as const) {
    test.serial(`iptables-${backend}: ${title}`, async (t) => {
      const lab = new Lab('i', backend);
      try {
        await lab.build();
        await body(t, lab);
      } finally {
        await lab.destroy();
      }
    });
  }
}

onBoth('a cluster IP reaches every endpoint, and the kernel counts each', async (t, lab) => {
  await lab.service('web', '10.43.0.5');
  await lab.endpoints('web', 'a', 'b', 'c');
  const proxy = await lab.proxy();

  const answers = lab.ask('a', '10.43.0.5:80', 60);
  t.is(names(answers), 'abc');
  const counted = lab
    .sh('node', `iptables-${lab.backend}-save -c -t nat`)
    .split('\n')
    .filter((line) => line.includes('DNAT') && line.includes('-p tcp'))
    .map((line) => Number(/^\[(\d+):/.exec(line)?.[1]));
  t.is(counted.length, 3);
  t.is(
    counted.reduce((sum, count) => sum + count, 0),
    60,
  );
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    t.is(counted.toSorted()[index]! > 0, true, `endpoint ${name} was hit`);
  }

  // A pod on the bridge keeps its address; itself through the Service, and the world, are masked.
  t.true(answers.filter((line) => line[0] !== 'a').every((line) => line.endsWith(' 10.42.0.2')));
  t.true(answers.filter((line) => line[0] === 'a').every((line) => line.endsWith(' 10.42.0.1')));
  t.is(names(lab.ask('node', '10.43.0.5:80', 40)), 'abc', 'the node');
  const outside = lab.ask('out', '10.43.0.5:80', 5);
  t.true(
    outside.every((line) => line.endsWith(' 10.42.0.1')),
    outside.join(),
  );
  t.is(names(lab.ask('b', '10.43.0.5:53', 40, 'udp')), 'abc', 'UDP');
  await proxy.stop();
});

onBoth('a pod reaches itself through its Service', async (t, lab) => {
  await lab.service('web', '10.43.0.5');
  await lab.endpoints('web', 'a');
  const proxy = await lab.proxy();
  t.deepEqual(lab.ask('a', '10.43.0.5:80', 3), Array(3).fill('a 10.42.0.1'));
  t.deepEqual(lab.ask('a', '10.43.0.5:53', 3, 'udp'), Array(3).fill('a 10.42.0.1'));
  await proxy.stop();
});

onBoth('endpoints come and go: refused at once, reached, no longer hit', async (t, lab) => {
  await lab.service('web', '10.43.0.5', nodePort);
  const proxy = await lab.proxy();
  t.deepEqual(lab.ask('a', '10.43.0.5:80'), ['refused']);
  t.deepEqual(lab.ask('node', '10.43.0.5:80'), ['refused']);
  t.deepEqual(lab.ask('out', '192.0.2.1:30080'), ['refused']);

  await lab.endpoints('web', 'b', 'c');
  await lab.until((rules) => lab.dnats(rules, 'b').length > 0);
  t.is(names(lab.ask('a', '10.43.0.5:80', 30)), 'bc');

  await lab.endpoints('web', 'c');
  await lab.until((rules) => lab.dnats(rules, 'b').length === 0);
  t.is(names(lab.ask('a', '10.43.0.5:80', 20)), 'c');

  await lab.endpoints('web');
  await lab.until((rules) => lab.dnats(rules, 'c').length === 0);
  t.deepEqual(lab.ask('a', '10.43.0.5:80'), ['refused']);

  await lab.client.delete(services, { namespace: 'default', name: 'web' });
  await lab.until((rules) => !rules.some((rule) => rule.includes('10.43.0.5')));
  await proxy.stop();
});

onBoth(
  'a node port answers outside, on the node and in pods, but not on loopback',
  async (t, lab) => {
    await lab.service('web', '10.43.0.5', nodePort);
    await lab.endpoints('web', 'a', 'b', 'c');
    const proxy = await lab.proxy();
    for (const host of ['out', 'node', 'a']) {
      const answers = lab.ask(host, '192.0.2.1:30080', 40);
      t.is(names(answers), 'abc', host);
    }
    t.is(names(lab.ask('out', '192.0.2.1:30053', 40, 'udp')), 'abc', 'UDP');
    t.deepEqual(lab.ask('node', '127.0.0.1:30080'), ['refused']);
    await proxy.stop();
  },
);

onBoth('a client with affinity keeps its endpoint', async (t, lab) => {
  await lab.service('web', '10.43.0.5', {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
  });
  await lab.endpoints('web', 'a', 'b', 'c');
  const proxy = await lab.proxy();
  t.is(new Set(lab.ask('out', '10.43.0.5:80', 20)).size, 1);
  await proxy.stop();
});

onBoth('rules that somebody flushed or changed are written anew', async (t, lab) => {
  await lab.service('web', '10.43.0.5');
  await lab.endpoints('web', 'a', 'b');
  const proxy = await lab.proxy('--iptables-sync-period=100ms');
  const before = lab.rules();
  const command = `iptables-${lab.backend}`;
  for (const damage of [
    `${command} -t nat -F`,
    `${command} -t filter -F && ${command} -t filter -X`,
    `${command} -t nat -F PREROUTING`,
    `${command} -t nat -F KUBE-SERVICES`,
    `${command} -t nat -I KUBE-SERVICES 1 -d 10.43.0.5 -j RETURN`,
  ]) {
    lab.sh('node', damage);
    await lab.until((rules) => rules.toSorted().join('\n') === before.toSorted().join('\n'));
    t.is(names(lab.ask('out', '10.43.0.5:80', 20)), 'ab');
  }
  await proxy.stop();
});

onBoth('what a killed proxy left behind is put right by the next one', async (t, lab) => {
  await lab.service('web', '10.43.0.5');
  await lab.endpoints('web', 'a', 'b');
  await lab.service('old', '10.43.0.6');
  await lab.endpoints('old', 'c');
  const first = await lab.proxy();
  await first.stop(); // Leaves its rules, as a kill would.
  await lab.client.delete(services, { namespace: 'default', name: 'old' });
  await lab.endpoints('web', 'b');
  lab.restore(
    '*filter\n:KUBE-FORWARD - [0:0]\nCOMMIT\n*nat\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\nCOMMIT\n',
  );

  const second = await lab.proxy();
  const rules = lab.rules();
  t.is(lab.dnats(rules, 'a').length, 0);
  t.is(lab.dnats(rules, 'c').length, 0);
  t.false(rules.join('\n').includes('KUBE-SVC-AAAAAAAAAAAAAAAA'));
  t.is(rules.filter((rule) => /^-A (PREROUTING|OUTPUT) .*-j KUBE-SERVICES$/.test(rule)).length, 3);
  t.is(names(lab.ask('out', '10.43.0.5:80', 5)), 'b');
  await second.stop();
});

onBoth('clean-up leaves the rules of others exactly as they were', async (t, lab) => {
  lab.restore(
    [
      '*nat',
      ':MINE - [0:0]',
      '-A PREROUTING -d 198.51.100.7/32 -j MINE',
      '-A MINE -j RETURN',
      'COMMIT',
      '*filter',
      ':KUBE-KUBELET-CANARY - [0:0]',
      '-A INPUT -s 198.51.100.8/32 -j DROP',
      'COMMIT',
      '',
    ].join('\n'),
  );
  const before = lab.rules();
  await lab.service('web', '10.43.0.5', nodePort);
  await lab.endpoints('web', 'a', 'b');
  const proxy = await lab.proxy();
  t.notDeepEqual(lab.rules(), before);
  await proxy.stop();
  await lab.cleanUp();
  t.deepEqual(lab.rules(), before);
  await lab.cleanUp();
  t.deepEqual(lab.rules(), before);
});

onBoth('two instances do not fight: the second one says whose rules are there', async (t, lab) => {
  const proxy = await lab.proxy('--instance=one');
  const before = lab.rules();
  await t.throwsAsync(lab.proxy('--instance=two'), {
    message: /belong to the proxy instance "one"/,
  });
  await t.throwsAsync(lab.cleanUp('--instance=two'), { message: /not of instance "two"/ });
  t.deepEqual(lab.rules(), before);
  await proxy.stop();
  await lab.cleanUp('--instance=one');
  lab.restore('*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -j RETURN\nCOMMIT\n');
  await t.throwsAsync(lab.proxy(), { message: /perhaps those of a kube-proxy/ });
});
