/** Real packets through the nftables table. Needs root, and br_netfilter. */
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

// By its path: npm puts a program of the same name in front.
const table = (lab: Lab) => lab.sh('node', '/usr/sbin/nft list table ip kube-proxy');

async function until(t: ExecutionContext, isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.fail('it never came to be');
}

function onNode(title: string, body: (t: ExecutionContext, lab: Lab) => Promise<void>) {
  test.serial(`nftables: ${title}`, async (t) => {
    const lab = new Lab('n', 'nftables');
    try {
      await lab.build();
      await body(t, lab);
    } finally {
      await lab.destroy();
    }
  });
}

onNode('a cluster IP reaches every endpoint, also from the endpoint itself', async (t, lab) => {
  await lab.service('web', '10.43.0.5');
  await lab.endpoints('web', 'a', 'b', 'c');
  await lab.proxy();
  const answers = lab.ask('a', '10.43.0.5:80', 60);
  t.is(names(answers), 'abc');
  t.true(answers.filter((line) => line[0] !== 'a').every((line) => line.endsWith(' 10.42.0.2')));
  t.true(answers.filter((line) => line[0] === 'a').every((line) => line.endsWith(' 10.42.0.1')));
  t.is(names(lab.ask('node', '10.43.0.5:80', 40)), 'abc', 'the node');
  const outside = lab.ask('out', '10.43.0.5:80', 5);
  t.true(
    outside.every((line) => line.endsWith(' 10.42.0.1')),
    outside.join(),
  );
  t.is(names(lab.ask('b', '10.43.0.5:53', 40, 'udp')), 'abc', 'UDP');
  t.deepEqual(lab.ask('a', '10.43.0.5:81'), ['refused'], 'another port');
});

onNode('endpoints come and go: refused at once, reached, no longer hit', async (t, lab) => {
  await lab.service('web', '10.43.0.5', nodePort);
  await lab.proxy();
  t.deepEqual(lab.ask('a', '10.43.0.5:80'), ['refused']);
  t.deepEqual(lab.ask('node', '10.43.0.5:80'), ['refused']);
  t.deepEqual(lab.ask('out', '192.0.2.1:30080'), ['refused']);
  await lab.endpoints('web', 'b', 'c');
  await until(t, () => table(lab).includes('10.42.0.3 . 8080'));
  t.is(names(lab.ask('a', '10.43.0.5:80', 30)), 'bc');
  await lab.endpoints('web', 'c');
  await until(t, () => !table(lab).includes('10.42.0.3 . 8080'));
  t.is(names(lab.ask('a', '10.43.0.5:80', 20)), 'c');
  await lab.client.delete(services, { namespace: 'default', name: 'web' });
  await until(t, () => !table(lab).includes('10.43.0.5'));
});

onNode('a node port answers outside, on the node and in pods, not on loopback', async (t, lab) => {
  await lab.service('web', '10.43.0.5', nodePort);
  await lab.endpoints('web', 'a', 'b', 'c');
  await lab.proxy();
  for (const host of ['out', 'node', 'a']) {
    t.is(names(lab.ask(host, '192.0.2.1:30080', 40)), 'abc', host);
  }
  t.is(names(lab.ask('out', '192.0.2.1:30053', 40, 'udp')), 'abc', 'UDP');
  t.deepEqual(lab.ask('node', '127.0.0.1:30080'), ['refused']);
});

onNode('a client with affinity keeps its endpoint, until that is gone', async (t, lab) => {
  await lab.service('web', '10.43.0.5', {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
  });
  await lab.endpoints('web', 'a', 'b', 'c');
  await lab.proxy();
  const first = names(lab.ask('out', '10.43.0.5:80', 20));
  t.is(first.length, 1);
  const others = (['a', 'b', 'c'] as const).filter((pod) => pod !== first);
  await lab.endpoints('web', ...others);
  await until(t, () => !table(lab).includes(' . 80 . 0x00000002 '));
  const second = names(lab.ask('out', '10.43.0.5:80', 20));
  t.is(second.length, 1);
  t.not(second, first);
});

onNode('proxy X64: what somebody flushed or changed is written anew at once', async (t, lab) => {
  await lab.service('web', '10.43.0.5', nodePort);
  await lab.endpoints('web', 'a', 'b');
  await lab.proxy('--iptables-sync-period=1h');
  const before = table(lab);
  for (const damage of [
    'flush ruleset',
    'flush chain ip kube-proxy services',
    'add element ip kube-proxy no-endpoints { 10.43.0.5 . tcp . 80 }',
    'add rule ip kube-proxy services drop',
    'flush map ip kube-proxy endpoints',
  ]) {
    lab.sh('node', `/usr/sbin/nft '${damage}'`);
    t.not(before, lab.sh('node', '/usr/sbin/nft list ruleset'), damage);
    await until(t, () => lab.sh('node', '/usr/sbin/nft list ruleset').includes('choose-2'));
    await until(t, () => names(lab.ask('out', '10.43.0.5:80', 20)) === 'ab');
  }
});
