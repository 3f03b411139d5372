/** Node ports, external and load balancer addresses, in each mode and both families. Needs root. */
import { clients, inBoth, names, onEachMode, short, udp } from './proxy-matrix.ts';
import { balancedOf, families, serviceOf, withNodePorts } from './proxy-objects.ts';

const behaviour = onEachMode('x');

behaviour(
  'proxy X10: a node port answers outside, on the node and in pods, TCP and UDP',
  async (t, lab) => {
    lab.put(serviceOf('web', 5, withNodePorts));
    lab.endpoints('web', ['a', 'b', 'c']);
    lab.register();
    await lab.proxy();
    await inBoth(async ({ node, other }) => {
      const all = await Promise.all([
        ...(['out', 'far', 'node', 'a'] as const).map((host) =>
          lab.ask(host, [node, 30_080], { times: 40 }),
        ),
        lab.ask('out', [node, 30_053], { ...udp, times: 40 }),
      ]);
      for (const answers of all) t.is(names(answers), 'abc');
      // Upstream's nftables mode answers on the primary address only, iptables on all.
      const atOther = await lab.ask('far', [other, 30_080], { ...short, times: 5 });
      t.is(names(atOther) === 'refused', lab.mode === 'nftables');
    });
  },
);

behaviour('proxy X10: a node port does not answer on loopback through rules', async (t, lab) => {
  lab.put(serviceOf('web', 5, withNodePorts));
  lab.endpoints('web', ['a']);
  lab.register();
  for (const flags of [[], ['--nodeport-addresses=0.0.0.0/0,::/0']]) {
    const proxy = await lab.proxy(...flags);
    await inBoth(async ({ loopback, other }) => {
      t.deepEqual(await lab.ask('node', [loopback, 30_080]), ['refused']);
      if (flags.length > 0) t.is(names(await lab.ask('far', [other, 30_080])), 'a');
    });
    await proxy.stop();
  }
});

behaviour('proxy X11: node ports answer where they are told to', async (t, lab) => {
  lab.put(serviceOf('web', 5, withNodePorts));
  lab.endpoints('web', ['a']);
  lab.register();
  const { ipv4, ipv6 } = lab.addresses;
  const cases = [
    { flag: 'primary', node: 'a', other: 'refused' },
    { flag: `${ipv4.other}/32,${ipv6.other}/64`, node: 'refused', other: 'a' },
    { flag: '192.0.2.0/24,198.51.100.0/24,2001:db8::/32', node: 'a', other: 'a' },
  ];
  for (const { flag, ...want } of cases) {
    const proxy = await lab.proxy(`--nodeport-addresses=${flag}`);
    await inBoth(async ({ node, other }) => {
      const [atNode, atOther] = await Promise.all([
        lab.ask('out', [node, 30_080], short),
        lab.ask('far', [other, 30_080], short),
      ]);
      t.deepEqual({ node: names(atNode), other: names(atOther) }, want, flag);
    });
    await proxy.stop();
  }
});

behaviour('proxy X15: an external address is served and masqueraded', async (t, lab) => {
  const externalIPs = families.map((family) => lab.addresses[family].balancer(9));
  lab.put(serviceOf('web', 5, { externalIPs }));
  lab.endpoints('web', ['a', 'b']);
  await lab.proxy();
  await inBoth(async ({ balancer, bridge }) => {
    for (const host of ['out', 'node', 'c'] as const) {
      const answers = await lab.ask(host, [balancer(9), 80], { times: 20 });
      t.is(names(answers), 'ab', host);
      t.is(clients(answers), bridge);
    }
  });
});

behaviour(
  'proxy X16, X20, X21: a load balancer address is served on the node, by whichever class',
  async (t, lab) => {
    lab.put(balancedOf('web', 5, { loadBalancerClass: 'example.org/other' }));
    lab.endpoints('web', ['a', 'b @other']);
    await lab.proxy();
    await inBoth(async ({ balancer, bridge }) => {
      const [out, pod, dns] = await Promise.all([
        lab.ask('out', [balancer(5), 80], { times: 20 }),
        lab.ask('c', [balancer(5), 80], { times: 20 }),
        lab.ask('out', [balancer(5), 53], { ...udp, times: 20 }),
      ]);
      t.deepEqual([out, pod, dns].map(names), ['ab', 'ab', 'ab']);
      t.is(clients(out), bridge);
      t.is(clients(dns), bridge);
    });
  },
);

behaviour('proxy X17: with ipMode Proxy packets go out to the balancer', async (t, lab) => {
  lab.put(balancedOf('web', 5, { ipMode: 'Proxy' }));
  lab.endpoints('web', ['a']);
  await lab.proxy();
  await inBoth(async ({ farBalancer }) => {
    t.is(names(await lab.ask('b', [farBalancer, 8080])), 'far');
  });
});

behaviour(
  'proxy X18: source ranges let in whom they name, also where nobody serves',
  async (t, lab) => {
    const loadBalancerSourceRanges = families.map((family) =>
      family === 'ipv4' ? '192.0.2.0/24' : '2001:db8:a::/64',
    );
    const specs = { loadBalancerSourceRanges };
    lab.put(
      balancedOf('web', 5, specs),
      balancedOf('local', 6, { ...specs, externalTrafficPolicy: 'Local' }),
      balancedOf('other', 7, { loadBalancerSourceRanges: ['198.18.0.0/15', 'fd99::/16'] }),
    );
    for (const name of ['web', 'local', 'other']) lab.endpoints(name, ['a']);
    await lab.proxy();
    await inBoth(async ({ balancer, service }) => {
      const seen = await Promise.all([
        lab.ask('out', [balancer(5), 80], short),
        lab.ask('far', [balancer(5), 80], short),
        lab.ask('far', [balancer(5), 53], { ...short, ...udp }),
        lab.ask('out', [balancer(6), 80], short),
        lab.ask('far', [balancer(6), 80], short),
        lab.ask('out', [balancer(7), 80], short),
        lab.ask('far', [service(5), 80], short),
        lab.ask('node', [balancer(5), 80], short),
      ]);
      const want = ['a', 'nothing', 'nothing', 'a', 'nothing', 'nothing', 'a', 'nothing'];
      t.deepEqual(seen.map(names), want);
    });
  },
);

behaviour('proxy X19: without a node port there is none', async (t, lab) => {
  lab.put(balancedOf('web', 5, { allocateLoadBalancerNodePorts: false }));
  lab.endpoints('web', ['a']);
  lab.register();
  await lab.proxy();
  await inBoth(async ({ balancer, node }) => {
    t.is(names(await lab.ask('out', [balancer(5), 80])), 'a');
    t.deepEqual(await lab.ask('out', [node, 30_080]), ['refused']);
  });
});

behaviour(
  'proxy X22: externalTrafficPolicy Local keeps the client and this node',
  async (t, lab) => {
    const policy = { externalTrafficPolicy: 'Local' };
    lab.put(balancedOf('web', 5, policy), serviceOf('port', 6, { ...withNodePorts, ...policy }));
    for (const name of ['web', 'port']) lab.endpoints(name, ['a', 'b @other', 'c @other']);
    lab.register();
    await lab.proxy();
    await inBoth(async ({ balancer, node, out, far }) => {
      const [web, port, dns] = await Promise.all([
        lab.ask('out', [balancer(5), 80], { times: 10 }),
        lab.ask('far', [node, 30_080], { times: 10 }),
        lab.ask('out', [node, 30_053], { ...udp, times: 10 }),
      ]);
      t.deepEqual([web, port, dns].map(names), ['a', 'a', 'a']);
      t.deepEqual([web, port, dns].map(clients), [out, far, out]);
    });
  },
);

behaviour(
  'proxy X23, X24: Local without an endpoint here is silent outside, open to the node and its pods',
  async (t, lab) => {
    const policy = { externalTrafficPolicy: 'Local' };
    lab.put(balancedOf('web', 5, policy), serviceOf('port', 6, { ...withNodePorts, ...policy }));
    for (const name of ['web', 'port']) lab.endpoints(name, ['a @other', 'b @other']);
    lab.register();
    await lab.proxy();
    await inBoth(async ({ balancer, node, service, pod, bridge }) => {
      const outside = await Promise.all([
        lab.ask('out', [balancer(5), 80], short),
        lab.ask('out', [node, 30_080], short),
        lab.ask('out', [node, 30_053], { ...short, ...udp }),
        lab.ask('out', [service(5), 80], short),
      ]);
      t.deepEqual(outside.slice(0, 3).map(names), ['nothing', 'nothing', 'nothing']);
      t.regex(names(outside[3]!), /^[ab]$/, 'the cluster IP goes to all');
      const [fromPod, fromNode, toPort] = await Promise.all([
        lab.ask('c', [balancer(5), 80], { times: 30 }),
        lab.ask('node', [balancer(5), 80], { times: 30 }),
        lab.ask('c', [node, 30_080], { times: 30 }),
      ]);
      t.deepEqual([fromPod, fromNode, toPort].map(names), ['ab', 'ab', 'ab']);
      t.is(clients(fromPod), pod('c'));
      t.is(clients(fromNode), bridge);
    });
  },
);

behaviour('proxy X50: Local falls back to who is ending here', async (t, lab) => {
  lab.put(balancedOf('web', 5, { externalTrafficPolicy: 'Local' }));
  lab.endpoints('web', ['a serving terminating', 'b @other', 'c terminating']);
  await lab.proxy();
  await inBoth(async ({ balancer }) => {
    t.is(names(await lab.ask('out', [balancer(5), 80], { times: 10 })), 'a');
  });
});

behaviour('proxy X29: a health check port passes a closed firewall', async (t, lab) => {
  lab.put(balancedOf('web', 5, { externalTrafficPolicy: 'Local', healthCheckNodePort: 9090 }));
  lab.endpoints('web', ['a']);
  // With ranges that no machine has, the proxy itself listens nowhere: the node's `proxy-host` does.
  await lab.proxy('--nodeport-addresses=192.0.2.0/24,2001:db8:a::/64');
  const isIptables = lab.mode !== 'nftables';
  const set = (policy: string) => {
    for (const name of ['iptables', 'ip6tables']) {
      lab.sh('node', `${name}-${lab.backend} -P INPUT ${policy}`);
    }
  };
  // The nftables table cannot open what others closed, nor need it: nobody closes in its place.
  if (isIptables) set('DROP');
  try {
    const { ipv4 } = lab.addresses;
    t.is(names(await lab.ask('out', [ipv4.node, 9090], short)), 'node');
    if (isIptables) t.is(names(await lab.ask('out', [ipv4.node, 8080], short)), 'nothing');
  } finally {
    if (isIptables) set('ACCEPT');
  }
});
