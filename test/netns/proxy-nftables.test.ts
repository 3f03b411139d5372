/** The table as `nft` shows it, of both families. Needs root, and br_netfilter. */
import { readFileSync } from 'node:fs';
import type { Lab } from './proxy-lab.ts';
import { inBoth, names, onEachMode, short } from './proxy-matrix.ts';
import { addressOf, balancedOf, families, serviceOf, withNodePorts } from './proxy-objects.ts';

const behaviour = onEachMode('n', ['nftables']);

const familyNames = { ipv4: 'ip', ipv6: 'ip6' } as const;
const tableOf = (lab: Lab, family: keyof typeof familyNames = 'ipv4') =>
  lab.nft(`list table ${familyNames[family]} kube-proxy`);

behaviour(
  'proxy X9, X43, X52, X68: the table is readable, and its chains where they are known to be',
  async (t, lab) => {
    lab.put(
      balancedOf('web', 5, {
        ...withNodePorts,
        type: 'LoadBalancer',
        sessionAffinity: 'ClientIP',
        externalTrafficPolicy: 'Local',
        loadBalancerSourceRanges: ['192.0.2.0/24', '2001:db8:a::/64'],
      }),
      serviceOf('none', 6),
    );
    lab.endpoints('web', ['a', 'b @other']);
    lab.register();
    await lab.proxy();
    for (const family of families) {
      const table = tableOf(lab, family);
      const { service, pod } = addressOf[family];
      t.true(table.includes(`${service(5)} comment "default/web"`), table);
      t.true(table.includes(`${service(6)} . tcp . 80 comment "default/none:http"`));
      t.true(table.includes(`${service(5)} . tcp . 80 . 0x00000000 : ${pod('a')} . 8080`));
      t.regex(table, /masquerade fully-random/);
      const hooks = [...table.matchAll(/type (\w+) hook (\w+) priority ([^;]+);/g)];
      t.deepEqual(hooks.map(([, ...words]) => words.join(' ')).toSorted(), [
        'filter forward filter',
        'filter input filter',
        'filter output -110',
        'filter output filter',
        'filter prerouting dstnat - 10',
        'nat input 100',
        'nat output -100',
        'nat postrouting srcnat',
        'nat prerouting dstnat',
      ]);
    }
  },
);

behaviour(
  'proxy X33: clients of an endpoint that is gone are let go in the table',
  async (t, lab) => {
    lab.put(serviceOf('web', 5, { sessionAffinity: 'ClientIP' }));
    lab.endpoints('web', ['a']);
    await lab.proxy();
    await inBoth(async ({ service, pod, out }, family) => {
      await lab.ask('out', [service(5), 80]);
      const remembered = () => tableOf(lab, family).includes(`. ${out} timeout`);
      t.true(remembered());
      lab.endpoints('web', ['b'], { families: [family] });
      await lab.until(() => !remembered() && tableOf(lab, family).includes(pod('b')));
    });
  },
);

behaviour('proxy X33: clients stay where they are when all is written anew', async (t, lab) => {
  lab.put(serviceOf('web', 5, { sessionAffinity: 'ClientIP' }));
  lab.endpoints('web', ['a', 'b', 'c']);
  const proxy = await lab.proxy();
  const ask = (at: (typeof addressOf)['ipv4' | 'ipv6']) =>
    Promise.all(
      (['out', 'far', 'a', 'b', 'c'] as const).map((host) => lab.ask(host, [at.service(5), 80])),
    );
  const all = async () =>
    (await Promise.all(families.map((family) => ask(addressOf[family])))).flat().map(names);
  const before = await all();
  await proxy.stop();
  await lab.proxy();
  t.deepEqual(await all(), before);
});

behaviour('proxy X64: what somebody flushed or changed is written anew at once', async (t, lab) => {
  lab.put(serviceOf('web', 5, withNodePorts));
  lab.endpoints('web', ['a', 'b']);
  lab.register();
  await lab.proxy('--iptables-sync-period=1h');
  const text = () =>
    families.map((family) => tableOf(lab, family).replaceAll(/^\s+elements.*$/gm, '')).join();
  const before = text();
  for (const damage of [
    'flush ruleset',
    'flush chain ip kube-proxy services',
    'add element ip6 kube-proxy no-endpoints { fd43::5 . tcp . 80 }',
    'add rule ip kube-proxy services drop',
    'delete table ip6 kube-proxy',
    'flush map ip kube-proxy endpoints',
  ]) {
    lab.nft(damage);
    const list = () => {
      try {
        return text();
      } catch {
        return '';
      }
    };
    await lab.until(() => list() === before, damage);
    await inBoth(async ({ service }) => {
      await lab.until(async () => {
        return names(await lab.ask('out', [service(5), 80], { ...short, times: 20 })) === 'ab';
      }, damage);
    });
  }
  t.pass();
});

behaviour(
  'proxy X66, X69: clean-up takes the table, and leaves those of others',
  async (t, lab) => {
    const mine = [
      'table inet mine {',
      'chain mine {',
      'type nat hook prerouting priority dstnat',
      'ip daddr 198.51.100.7 counter',
      '}',
      '}',
      '',
    ];
    lab.nft(mine.join('\n'));
    lab.put(serviceOf('web', 5, withNodePorts));
    lab.endpoints('web', ['a']);
    await lab.proxy();
    await lab.reset();
    await lab.cleanUp();
    t.deepEqual(lab.nft('list tables').trim(), 'table inet mine');
    await lab.cleanUp();
    lab.nft('delete table inet mine');
  },
);

behaviour(
  'two instances do not fight: the second one says whose table is there',
  async (t, lab) => {
    await lab.proxy('--instance=one');
    await t.throwsAsync(lab.proxy('--instance=two'), { message: /belongs to the proxy instance/ });
    await t.throwsAsync(lab.cleanUp('--instance=two'), { message: /not of instance "two"/ });
    await lab.reset();
    await lab.cleanUp('--instance=one');
    lab.nft('add table ip kube-proxy');
    await t.throwsAsync(lab.proxy(), { message: /perhaps that of a kube-proxy/ });
    lab.nft('delete table ip kube-proxy');
  },
);

behaviour(
  'proxy X65: modes are exchanged without a break, and the old one leaves nothing',
  async (t, lab) => {
    lab.put(serviceOf('web', 5));
    lab.endpoints('web', ['a', 'b']);
    let isDone = false;
    let asked = 0;
    await (await lab.proxyIn('nftables')).stop();
    const asking = inBoth(async ({ service }) => {
      while (!isDone) {
        const answers = await lab.ask('out', [service(5), 80], { times: 4 });
        t.regex(names(answers), /^(a|b|ab)$/);
        asked += answers.length;
      }
    });
    for (const mode of ['nft', 'nftables', 'nft', 'nftables'] as const) {
      const proxy = await lab.proxyIn(mode);
      const tables = lab.nft('list tables');
      t.is(tables.includes('kube-proxy'), mode === 'nftables');
      t.is(
        lab.rules().some((rule) => rule.includes('KUBE-SVC')),
        mode === 'nft',
      );
      await proxy.stop();
    }
    isDone = true;
    await asking;
    t.true(asked > 8);
    lab.sh('node', 'iptables-nft -F; iptables-nft -t nat -F');
  },
);

behaviour('proxy X4: SCTP has elements of its own', async (t, lab) => {
  lab.put(serviceOf('sctp', 5, { ports: [{ name: 'http', protocol: 'SCTP', port: 80 }] }));
  lab.endpoints('sctp', ['a'], { ports: [{ name: 'http', protocol: 'SCTP', port: 8080 }] });
  await lab.proxy();
  t.true(tableOf(lab).includes('10.43.0.5 . sctp . 80 . 0x00000000 : 10.42.0.2 . 8080'));
  // Packets of it can only be sent where the kernel has it.
  if (!readFileSync('/proc/net/protocols', 'utf8').includes('SCTP')) t.log('no SCTP here');
});
