/** What packets to a Service's own address do, in each mode and both families. Needs root. */
import { clients, inBoth, names, onEachMode, short, udp } from './proxy-matrix.ts';
import { families, serviceOf } from './proxy-objects.ts';

const behaviour = onEachMode('c');

behaviour(
  'proxy X1, X3: pods and the node reach every endpoint of a cluster IP',
  async (t, lab) => {
    lab.put(serviceOf('web', 5));
    lab.endpoints('web', ['a', 'b', 'c']);
    await lab.proxy();
    await inBoth(async ({ service, pod, bridge }) => {
      const web = [service(5), 80] as const;
      const [fromPod, fromNode] = await Promise.all([
        lab.ask('b', web, { times: 60 }),
        lab.ask('node', web, { times: 40 }),
      ]);
      t.is(names(fromPod), 'abc');
      t.is(names(fromNode), 'abc');
      const others = fromPod.filter((line) => !line.startsWith('b'));
      t.is(clients(others), pod('b'), 'a pod keeps its address');
      t.is(clients(fromNode), bridge);
    });
  },
);

behaviour('proxy X46: a pod that reaches itself sees another source', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['a']);
  await lab.proxy();
  await inBoth(async ({ service, bridge }) => {
    for (const answers of await Promise.all([
      lab.ask('a', [service(5), 80], { times: 3 }),
      lab.ask('a', [service(5), 53], { ...udp, times: 3 }),
    ])) {
      t.is(names(answers), 'a');
      t.is(clients(answers), bridge);
    }
  });
});

behaviour('proxy X43, X44: who is no pod is masqueraded, with a port at random', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['a', 'b']);
  await lab.proxy();
  await inBoth(async ({ service, bridge }) => {
    const answers = await lab.ask('out', [service(5), 80], { times: 5, from: 40_000 });
    t.is(clients(answers), bridge);
    t.true(answers.some((line) => !line.endsWith(' 40000')));
  });
});

behaviour('proxy X42: --masquerade-all masquerades pods as well', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['b']);
  await lab.proxy('--masquerade-all');
  await inBoth(async ({ service, bridge }) => {
    t.is(clients(await lab.ask('a', [service(5), 80], { times: 3 })), bridge);
  });
});

behaviour(
  'proxy X41: the mark is the bit that was asked for, and spent on the way',
  async (t, lab) => {
    lab.put(serviceOf('web', 5));
    lab.endpoints('web', ['a']);
    await lab.proxy('--masquerade-bit=20');
    const count = (name: string, priority: number, bit: number) => [
      `chain ${name} {`,
      `type filter hook postrouting priority ${priority}`,
      `oifname "br0" ct state new meta mark & ${2 ** bit} != 0 counter`,
      '}',
    ];
    const chains = [count('before', 50, 20), count('after', 150, 20), count('wrong', 50, 14)];
    lab.nft(['table inet mine {', ...chains.flat(), '}', ''].join('\n'));
    try {
      await inBoth(async ({ service }) => {
        t.is(names(await lab.ask('out', [service(5), 80])), 'a');
      });
      const counted = lab.nft('list table inet mine').match(/packets \d+/g);
      t.deepEqual(counted, ['packets 2', 'packets 0', 'packets 0']);
    } finally {
      lab.nft('delete table inet mine');
    }
  },
);

behaviour('proxy X4, X5, X6: ports differ by number and by protocol', async (t, lab) => {
  const port = (name: string, protocol: 'TCP' | 'UDP', number: number) => ({
    name,
    protocol,
    port: number,
  });
  const ports = [port('dns', 'UDP', 53), port('dns-tcp', 'TCP', 53), port('web', 'TCP', 80)];
  lab.put(serviceOf('multi', 5, { ports }));
  lab.endpoints('multi', ['a'], { ports: [port('dns', 'UDP', 8080)], part: 1 });
  lab.endpoints('multi', ['b'], { ports: [port('dns-tcp', 'TCP', 8080)], part: 2 });
  lab.endpoints('multi', ['c'], { ports: [port('web', 'TCP', 9090)], part: 3 });
  await lab.proxy();
  await inBoth(async ({ service }) => {
    const ask = (number: number, options: object) =>
      lab.ask('out', [service(5), number], { times: 5, ...options });
    const [dns, dnsTcp, web] = await Promise.all([ask(53, udp), ask(53, {}), ask(80, {})]);
    t.deepEqual([dns, dnsTcp, web].map(names), ['a', 'b', 'c']);
  });
});

behaviour(
  'proxy X7, X8: slices are merged, one port name may mean several numbers',
  async (t, lab) => {
    const http = (port: number) => [{ name: 'http', protocol: 'TCP' as const, port }];
    lab.put(serviceOf('web', 5));
    lab.endpoints('web', ['a'], { ports: http(8080), part: 1 });
    lab.endpoints('web', ['b', 'b'], { ports: http(9090), part: 2 });
    lab.endpoints('web', ['b'], { ports: http(9090), part: 3 });
    await lab.proxy();
    await inBoth(async ({ service }) => {
      const answers = await lab.ask('c', [service(5), 80], { times: 120 });
      const [toA, toB] = ['a 8080 ', 'b 9090 '].map((start) => {
        return answers.filter((line) => line.startsWith(start)).length;
      });
      t.is(toA! + toB!, 120);
      // Counted twice or thrice, b would have two thirds or more.
      t.true(toA! > 40 && toB! > 40, `a ${toA}, b ${toB}`);
    });
  },
);

behaviour('proxy X34, X35, X36, X37: what is for others is left alone', async (t, lab) => {
  const clusterIPs = families.map((family) => lab.addresses[family].farService);
  const far = { clusterIP: clusterIPs[0]!, clusterIPs };
  const none = { clusterIP: '', clusterIPs: [], ipFamilies: [] };
  const proxied = serviceOf('proxied', 5, far);
  const label = { 'service.kubernetes.io/service-proxy-name': 'other' };
  lab.put(
    { ...proxied, metadata: { ...proxied.metadata, labels: label } },
    serviceOf('headless', 6, { clusterIP: 'None', clusterIPs: ['None'] }),
    serviceOf('named', 7, { type: 'ExternalName', externalName: 'example.org', ...none }),
    serviceOf('slices', 8),
  );
  for (const name of ['proxied', 'headless', 'named']) lab.endpoints(name, ['a']);
  lab.endpoints('slices', ['a'], { labels: { 'service.kubernetes.io/headless': '' } });
  await lab.proxy();
  await inBoth(async ({ service, farService }) => {
    t.is(names(await lab.ask('b', [farService, 8080])), 'far', 'no rule of ours is in the way');
    t.deepEqual(await lab.ask('b', [service(8), 80]), ['refused']);
  });
});

behaviour('proxy X52, X53: each family has its own endpoints, or none', async (t, lab) => {
  const [v4, v6] = families.map((family) => lab.addresses[family].service(5)) as [string, string];
  const single = (number: number, family: 'ipv4' | 'ipv6') => {
    const clusterIP = lab.addresses[family].service(number);
    const ipFamilies = [family === 'ipv4' ? 'IPv4' : 'IPv6'];
    return { ipFamilyPolicy: 'SingleStack', ipFamilies, clusterIP, clusterIPs: [clusterIP] };
  };
  lab.put(
    serviceOf('both', 5, { ipFamilyPolicy: 'RequireDualStack' }),
    serviceOf('four', 6, single(6, 'ipv4')),
    serviceOf('six', 7, single(7, 'ipv6')),
  );
  lab.endpoints('both', ['a'], { families: ['ipv4'] });
  lab.endpoints('both', ['b'], { families: ['ipv6'] });
  for (const name of ['four', 'six']) lab.endpoints(name, ['c']);
  await lab.proxy();
  const { ipv4, ipv6 } = lab.addresses;
  const seen = await Promise.all(
    [v4, v6, ipv4.service(6), ipv6.service(6), ipv4.service(7), ipv6.service(7)].map(
      async (address) => names(await lab.ask('out', [address, 80], short)),
    ),
  );
  t.deepEqual(seen, ['a', 'b', 'c', 'nothing', 'nothing', 'c']);
});

behaviour(
  'proxy X47, X48, X49: hints keep packets near, where all endpoints have them',
  async (t, lab) => {
    lab.register({ 'topology.kubernetes.io/zone': 'x' });
    const services = {
      zone: ['a zone=x', 'b zone=y', 'c zone=x'],
      node: ['a zone=x node=node', 'b zone=x node=other', 'c zone=x node=other'],
      partly: ['a zone=x', 'b', 'c zone=y'],
      elsewhere: ['a zone=y', 'b zone=y', 'c zone=y'],
    };
    for (const [index, [name, endpoints]] of Object.entries(services).entries()) {
      lab.put(serviceOf(name, 5 + index, { trafficDistribution: 'PreferSameZone' }));
      lab.endpoints(name, endpoints);
    }
    await lab.proxy();
    await inBoth(async ({ service }) => {
      const seen = await Promise.all(
        [5, 6, 7, 8].map((number) => lab.ask('out', [service(number), 80], { times: 40 })),
      );
      t.deepEqual(seen.map(names), ['ac', 'a', 'abc', 'abc']);
    });
  },
);

behaviour(
  'proxy X50, X51: who is not ready is asked only while ending, when nobody else is left',
  async (t, lab) => {
    const services = {
      ready: ['a', 'b serving terminating', 'c starting'],
      ending: ['a starting', 'b serving terminating', 'c terminating'],
      none: ['a starting', 'c terminating'],
      // For publishNotReadyAddresses the slices say that all are ready.
      published: ['a', 'b'],
    };
    for (const [index, [name, endpoints]] of Object.entries(services).entries()) {
      lab.put(serviceOf(name, 5 + index, { publishNotReadyAddresses: name === 'published' }));
      lab.endpoints(name, endpoints);
    }
    await lab.proxy();
    await inBoth(async ({ service }) => {
      const seen = await Promise.all(
        [5, 6, 7, 8].map((number) => lab.ask('out', [service(number), 80], { times: 20 })),
      );
      t.deepEqual(seen.map(names), ['a', 'b', 'refused', 'ab']);
    });
  },
);

behaviour(
  'proxy X25: internalTrafficPolicy Local stays on this node, or nothing is answered',
  async (t, lab) => {
    lab.put(serviceOf('here', 5, { internalTrafficPolicy: 'Local' }));
    lab.put(serviceOf('gone', 6, { internalTrafficPolicy: 'Local' }));
    lab.endpoints('here', ['a', 'b @other', 'c @other']);
    lab.endpoints('gone', ['a @other', 'b @other']);
    await lab.proxy();
    await inBoth(async ({ service }) => {
      const [here, gone, fromNode] = await Promise.all([
        lab.ask('b', [service(5), 80], { times: 20 }),
        lab.ask('b', [service(6), 80], short),
        lab.ask('node', [service(6), 53], { ...short, ...udp }),
      ]);
      t.deepEqual([here, gone].map(names), ['a', 'nothing']);
      t.not(names(fromNode), 'a');
    });
  },
);

behaviour('proxy X62: a change of one Service is made while the others serve', async (t, lab) => {
  lab.put(serviceOf('web', 5), serviceOf('other', 6));
  lab.endpoints('web', ['a']);
  lab.endpoints('other', ['c']);
  await lab.proxy();
  let isDone = false;
  const asking = inBoth(async ({ service }) => {
    while (!isDone) t.is(names(await lab.ask('out', [service(6), 80], { times: 4 })), 'c');
  });
  await inBoth(async ({ service }, family) => {
    for (const pod of ['b', 'c', 'a'] as const) {
      lab.endpoints('web', [pod], { families: [family] });
      await lab.until(async () => names(await lab.ask('b', [service(5), 80])) === pod, pod);
    }
  });
  isDone = true;
  await asking;
});
