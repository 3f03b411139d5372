/** Refusals, affinity, and connections that are remembered, in each mode and both families. Needs root. */
import type { Lab } from './proxy-lab.ts';
import { inBoth, names, onEachMode, short, udp } from './proxy-matrix.ts';
import {
  type addressOf,
  balancedOf,
  type Family,
  families,
  serviceOf,
  serviceRanges,
  withNodePorts,
} from './proxy-objects.ts';

const behaviour = onEachMode('d');

behaviour(
  'proxy X38: without endpoints everybody is refused at once, at every address',
  async (t, lab) => {
    const externalIPs = families.map((family) => lab.addresses[family].balancer(9));
    lab.put(balancedOf('web', 5, { ...withNodePorts, type: 'LoadBalancer', externalIPs }));
    lab.register();
    await lab.proxy();
    await inBoth(async ({ service, balancer, node }) => {
      const places = [
        [service(5), 80, 53],
        [balancer(5), 80, 53],
        [balancer(9), 80, 53],
        [node, 30_080, 30_053],
      ] as const;
      for (const [address, tcpPort, udpPort] of places) {
        const all = await Promise.all(
          (['out', 'node', 'a'] as const).flatMap((host) => [
            lab.ask(host, [address, tcpPort]),
            lab.ask(host, [address, udpPort], udp),
          ]),
        );
        t.deepEqual(all.map(names), Array(6).fill('refused'), address);
      }
    });
  },
);

behaviour(
  'proxy X39, X40: unused ports of a Service are refused, unused addresses dropped',
  async (t, lab) => {
    lab.put(serviceOf('web', 5), serviceOf('other', 6));
    lab.endpoints('web', ['a']);
    lab.ranges(...serviceRanges);
    await lab.proxy();
    await inBoth(async ({ service, farService }) => {
      for (const host of ['out', 'node', 'a'] as const) {
        const seen = await Promise.all([
          lab.ask(host, [service(5), 81]),
          lab.ask(host, [service(5), 81], udp),
          lab.ask(host, [service(6), 81]),
          lab.ask(host, [farService, 8080], short),
          lab.ask(host, [farService, 8080], { ...short, ...udp }),
          lab.ask(host, [service(5), 80]),
        ]);
        const want = ['refused', 'refused', 'refused', 'a'];
        t.deepEqual([...seen.slice(0, 3), seen[5]!].map(names), want, host);
        // The node itself hears that it may not send, on UDP.
        t.false(
          seen.slice(3, 5).some((answers) => names(answers) === 'far'),
          host,
        );
      }
    });
    lab.put(serviceOf('web', 5, { ports: [{ name: 'http', protocol: 'TCP', port: 81 }] }));
    await inBoth(async ({ service }) => {
      await lab.until(async () => names(await lab.ask('out', [service(5), 81], short)) === 'a');
      t.deepEqual(await lab.ask('out', [service(5), 80]), ['refused']);
    });
  },
);

const sticky = (timeoutSeconds: number) => ({
  sessionAffinity: 'ClientIP',
  sessionAffinityConfig: { clientIP: { timeoutSeconds } },
});

behaviour(
  'proxy X30, X33: a client with affinity keeps its endpoint, until that is gone',
  async (t, lab) => {
    lab.put(serviceOf('web', 5, { ...withNodePorts, ...sticky(10_800) }));
    lab.endpoints('web', ['a', 'b', 'c']);
    lab.register();
    await lab.proxy();
    await inBoth(async ({ service, node }, family) => {
      const clients = ['out', 'far', 'node', 'a'] as const;
      const fronts = [
        [service(5), 80],
        [node, 30_080],
      ] as const;
      const ask = (times = 12) =>
        Promise.all(
          clients.flatMap((host) => fronts.map((front) => lab.ask(host, front, { times }))),
        );
      // One each to begin with: two first ones at the same moment may be sent to two endpoints, as
      // with any kube-proxy, since neither has been noted yet when the other is looked at.
      await ask(1);
      const first = (await ask()).map(names);
      t.true(
        first.every((name) => name.length === 1),
        first.join(),
      );
      const left = (['a', 'b', 'c'] as const).filter((pod) => pod !== first[0]);
      lab.endpoints('web', [`${first[0]} starting`, ...left], { families: [family] });
      await lab.until(async () => (await ask(1)).every((each) => names(each) !== first[0]));
      const second = (await ask()).map(names);
      t.true(
        second.every((name) => name.length === 1 && name !== first[0]),
        second.join(),
      );
      // Who was elsewhere has stayed there.
      const stayed = first.map((name, index) => name === first[0] || name === second[index]);
      t.deepEqual(stayed, Array(8).fill(true));
    });
  },
);

behaviour('proxy X31: affinity ends when its time is over', async (t, lab) => {
  lab.put(serviceOf('web', 5, sticky(1)));
  lab.endpoints('web', ['a', 'b', 'c']);
  await lab.proxy();
  await inBoth(async ({ service }) => {
    const clients = ['out', 'far', 'node', 'a', 'b', 'c'] as const;
    const ask = () => Promise.all(clients.map((host) => lab.ask(host, [service(5), 80])));
    const first = (await ask()).map(names);
    t.deepEqual((await ask()).map(names), first, 'at once');
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    t.notDeepEqual((await ask()).map(names), first, 'later');
  });
});

behaviour('proxy X32: affinity is switched on and off on a live Service', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['a', 'b', 'c']);
  await lab.proxy();
  const seen = async (address: string) =>
    names(await lab.ask('out', [address, 80], { times: 20 })).length;
  await inBoth(async ({ service }) => {
    t.true((await seen(service(5))) > 1);
  });
  lab.put(serviceOf('web', 5, sticky(60)));
  await inBoth(({ service }) => lab.until(async () => (await seen(service(5))) === 1));
  lab.put(serviceOf('web', 5));
  await inBoth(({ service }) => lab.until(async () => (await seen(service(5))) > 1));
  t.pass();
});

type Front = (at: (typeof addressOf)[Family]) => readonly [string, number];
const fronts: readonly Front[] = [
  ({ service }) => [service(5), 53],
  ({ balancer }) => [balancer(5), 53],
  ({ node }) => [node, 30_053],
];

behaviour(
  'proxy X55, X56, X57: a UDP client that keeps its port follows the endpoints',
  async (t, lab) => {
    lab.put(balancedOf('dns', 5, { ...withNodePorts, type: 'LoadBalancer' }));
    lab.endpoints('dns', ['a']);
    lab.register();
    await lab.proxy();
    await inBoth(async (at, family) => {
      const becomes = (want: string) =>
        Promise.all(
          fronts.map((front, index) =>
            lab.until(async () => (await keepAsking(lab, front(at), index)) === want, want),
          ),
        );
      await becomes('a');
      for (const pod of ['b', '', 'c'] as const) {
        lab.endpoints('dns', pod ? [pod] : [], { families: [family] });
        await becomes(pod || 'refused');
      }
    });
    t.pass();
  },
);

behaviour('proxy X58: live UDP flows survive restarts of the proxy', async (t, lab) => {
  lab.put(balancedOf('dns', 5, { ...withNodePorts, type: 'LoadBalancer' }));
  lab.endpoints('dns', ['a', 'b', 'c']);
  lab.register();
  const ask = () => {
    const all = families.flatMap((family) =>
      fronts.map((front, index) => keepAsking(lab, front(lab.addresses[family]), index)),
    );
    return Promise.all(all);
  };
  let before: string[] | undefined;
  for (let round = 0; round < 4; round++) {
    const proxy = await lab.proxy();
    before ??= await ask();
    t.deepEqual(await ask(), before);
    await proxy.stop();
  }
});

/** As a resolver that never changes its port: 5353 and the next. */
const keepAsking = async (lab: Lab, front: readonly [string, number], index: number) =>
  names(
    await lab.ask('out', front, {
      ...udp,
      ...short,
      from: 5_353 + index + (front[0].includes(':') ? 100 : 0),
    }),
  );
