/** Rules as both iptables have them, of both families. Needs root, and br_netfilter. */
import { clients, inBoth, names, onEachMode, short } from './proxy-matrix.ts';
import { addressOf, families, type Pod, serviceOf, withNodePorts } from './proxy-objects.ts';

const behaviour = onEachMode('i', ['nft', 'legacy']);

/** DNAT rules that name this endpoint. */
const dnats = (rules: readonly string[], pod: Pod): string[] => {
  const places = [`${addressOf.ipv4.pod(pod)}:8080`, `[${addressOf.ipv6.pod(pod)}]:8080`];
  return rules.filter((rule) =>
    places.some((place) => rule.endsWith(`DNAT --to-destination ${place}`)),
  );
};

behaviour('proxy X3: the kernel counts every endpoint', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['a', 'b', 'c']);
  await lab.proxy();
  await inBoth(async ({ service }, family) => {
    const answers = await lab.ask('a', [service(5), 80], { times: 60 });
    t.is(names(answers), 'abc');
    const name = family === 'ipv4' ? 'iptables' : 'ip6tables';
    const counted = lab
      .sh('node', `${name}-${lab.backend}-save -c -t nat`)
      .split('\n')
      .filter((line) => line.includes('DNAT') && line.includes('-p tcp'))
      .map((line) => Number(/^\[(\d+):/.exec(line)?.[1]));
    // The first packets of a connection may have been lost and sent again.
    t.is(counted.length, 3);
    t.true(counted.every((count) => count > 0) && counted.reduce((a, b) => a + b) >= 60);
  });
});

behaviour('proxy X9, X43, X68: chains and their places have the known names', async (t, lab) => {
  lab.put(serviceOf('web', 5, withNodePorts));
  lab.endpoints('web', ['a']);
  await lab.proxy();
  for (const family of families) {
    const rules = lab.rules(family);
    const chains = rules.flatMap((rule) => /^:(KUBE-\w+)/.exec(rule)?.[1] ?? []);
    for (const name of ['KUBE-SVC', 'KUBE-SEP', 'KUBE-EXT', 'KUBE-SERVICES', 'KUBE-NODEPORTS']) {
      t.true(chains.includes(name), name);
    }
    t.regex(rules.join('\n'), /-A KUBE-POSTROUTING .* -j MASQUERADE --random-fully/);
  }
});

behaviour('endpoints come and go: refused at once, reached, no longer hit', async (t, lab) => {
  lab.put(serviceOf('web', 5, withNodePorts));
  await lab.proxy();
  const { ipv4 } = lab.addresses;
  const ask = (times: number) => lab.ask('a', [ipv4.service(5), 80], { ...short, times });
  t.deepEqual(await ask(1), ['refused']);
  lab.endpoints('web', ['b', 'c']);
  await lab.until(() => dnats(lab.rules(), 'b').length > 0);
  t.is(names(await ask(30)), 'bc');
  lab.endpoints('web', ['c']);
  await lab.until(() => dnats(lab.rules(), 'b').length === 0);
  t.is(names(await ask(20)), 'c');
  lab.endpoints('web', []);
  await lab.until(() => dnats(lab.rules(), 'c').length === 0);
  t.deepEqual(await ask(1), ['refused']);
  lab.remove('web');
  await lab.until(() => !lab.rules().some((rule) => rule.includes(ipv4.service(5))));
});

behaviour('proxy X64: rules that somebody flushed or changed are written anew', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['a', 'b']);
  await lab.proxy('--iptables-sync-period=100ms');
  const text = () => families.map((family) => lab.rules(family).toSorted().join('\n')).join('\n');
  const before = text();
  for (const damage of [
    'IPT -t nat -F',
    'IPT -t filter -F && IPT -t filter -X',
    'IPT -t nat -F PREROUTING',
    'IPT -t nat -F KUBE-SERVICES',
    'IPT -t nat -I KUBE-SERVICES 1 -j RETURN',
  ]) {
    for (const name of ['iptables', 'ip6tables']) {
      lab.sh('node', damage.replaceAll('IPT', `${name}-${lab.backend}`));
    }
    await lab.until(() => text() === before, damage);
    await inBoth(async ({ service }) => {
      t.is(names(await lab.ask('out', [service(5), 80], { times: 20 })), 'ab');
    });
  }
});

behaviour('what a killed proxy left behind is put right by the next one', async (t, lab) => {
  lab.put(serviceOf('web', 5), serviceOf('old', 6));
  lab.endpoints('web', ['a', 'b']);
  lab.endpoints('old', ['c']);
  await lab.proxy();
  await lab.reset(); // Leaves its rules, as a kill would.
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['b']);
  lab.restore(
    '*filter\n:KUBE-FORWARD - [0:0]\nCOMMIT\n*nat\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\nCOMMIT\n',
  );
  await lab.proxy();
  const rules = lab.rules();
  t.is(dnats(rules, 'a').length, 0);
  t.is(dnats(rules, 'c').length, 0);
  t.false(rules.join('\n').includes('KUBE-SVC-AAAAAAAAAAAAAAAA'));
  t.is(rules.filter((rule) => /^-A (PREROUTING|OUTPUT) .*-j KUBE-SERVICES$/.test(rule)).length, 3);
  const { ipv4 } = lab.addresses;
  const answers = await lab.ask('out', [ipv4.service(5), 80], { times: 5 });
  t.is(names(answers), 'b');
  t.is(clients(answers), ipv4.bridge);
});

behaviour('proxy X66, X69: clean-up leaves the rules of others as they were', async (t, lab) => {
  await lab.cleanUp();
  const mine = [
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
  ].join('\n');
  lab.restore(mine);
  const all = () => families.map((family) => lab.rules(family));
  const before = all();
  lab.put(serviceOf('web', 5, withNodePorts));
  lab.endpoints('web', ['a', 'b']);
  await lab.proxy();
  t.notDeepEqual(all(), before);
  await lab.reset();
  await lab.cleanUp();
  t.deepEqual(all(), before);
  await lab.cleanUp();
  t.deepEqual(all(), before);
});

behaviour(
  'two instances do not fight: the second one says whose rules are there',
  async (t, lab) => {
    await lab.cleanUp();
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
    lab.sh('node', `iptables-${lab.backend} -t nat -F KUBE-SERVICES`);
  },
);
