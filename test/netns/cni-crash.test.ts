/** kill -9 between any two steps of ADD and of DEL; and a thousand pods: nothing is left. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { silentLogger } from '../../base/log.ts';
import { createNetworkRunner } from '../../cni/index.ts';
import { kernel } from '../../native/index.ts';
import { run } from '../../native/run.ts';
import { bridgeConf, createLab, type Lab } from './cni-lab.ts';

const everything = (lab: Lab) => {
  const {
    name: _name,
    cniVersion: _version,
    ...bridge
  } = bridgeConf(lab, {
    ipMasq: true,
    macspoofchk: true,
    hairpinMode: true,
  });
  return [
    bridge,
    { type: 'tuning', mtu: 1300, dataDir: join(lab.dir, 'tuning') },
    { type: 'firewall', ingressPolicy: 'same-bridge' },
    { type: 'portmap', capabilities: { portMappings: true } },
    { type: 'bandwidth', capabilities: { bandwidth: true } },
  ];
};

const capabilityArgs = {
  portMappings: [
    { hostPort: 80, containerPort: 8080, protocol: 'tcp' },
    { hostPort: 53, containerPort: 53, protocol: 'udp', hostIP: '10.66.0.1' },
  ],
  bandwidth: {
    ingressRate: 8_000_000,
    ingressBurst: 800_000,
    egressRate: 8_000_000,
    egressBurst: 800_000,
  },
};

const optionsOf = (lab: Lab) => ({
  conf: { name: 'lab', cniVersion: '1.1.0', plugins: everything(lab) },
  cacheDir: join(lab.dir, 'cache'),
  binDirs: [],
  hostNetns: lab.hostPath,
});

/** Links, addresses, routes, rules and files, of which each pod's are to go again. */
async function snapshot(lab: Lab): Promise<Record<string, string>> {
  const shown = async (...words: [string, ...string[]]) =>
    (await lab.inside(lab.hostPath, ...words)).stdout;
  const files = readdirSync(lab.dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(ipam|cache|tuning)/.test(name) && !/(last_reserved|^tuning$)/.test(name))
    .sort();
  return {
    links: (await lab.links(lab.hostPath)).map(({ name }) => name).join(' '),
    // As it was made; whether anything is plugged in is told by `links`.
    addresses: (await shown('ip', '-o', '-4', 'address')).replace(/\s+/g, ' '),
    routes: (await shown('ip', 'route')).replace(/ linkdown/g, ''),
    rules: await shown('/usr/sbin/nft', 'list', 'ruleset'),
    qdiscs: (await shown('ip', '-o', 'link')).match(/qdisc tbf/g)?.join(' ') ?? '',
    files: files.join(' '),
  };
}

// One of a few steps by turns; all of them with WHERRY_EVERY_STEP=1.
const stride = process.env.WHERRY_EVERY_STEP ? 1 : 4;

for (const kind of ['add', 'del'] as const) {
  test(`cni C35: killed before any step of ${kind.toUpperCase()}, GC leaves nothing`, async (t) => {
    t.timeout(300_000);
    const lab = await createLab(t);
    const options = optionsOf(lab);
    const runner = createNetworkRunner({ ...options, kernel, log: silentLogger });
    t.teardown(() => runner.close());
    const netnsPath = await lab.pod(kind);
    const spec = { containerId: `pod-${kind}`, ifName: 'eth0', netnsPath, capabilityArgs };
    // The bridge, and what the directories are like after the first pod.
    await runner.add(spec);
    await runner.del(spec);
    await runner.gc([]);
    const before = await snapshot(lab);
    const script = new URL('cni-steps-child.ts', import.meta.url).pathname;
    let isDone = false;
    let step = 1 + (process.pid % stride);
    for (; !isDone; step += stride) {
      if (kind === 'del') await runner.add(spec);
      const call = JSON.stringify({ kind, options, spec });
      const { stdout, stderr } = await run(process.execPath, [script, `${step}`, call], {
        env: { PATH: process.env.PATH ?? '' },
      });
      isDone = stdout.includes('done');
      t.is(stderr, '');
      await runner.gc([]);
      t.deepEqual(await snapshot(lab), before, `killed before step ${step}`);
      // What is in the pod's namespace goes with it; here it is used again.
      await lab.inside(netnsPath, 'ip', 'link', 'del', 'eth0');
    }
    t.true(step > 8, `there were ${step} steps`);
  });
}

test('cni C35: pods come and go, and links, routes, rules and files are as before', async (t) => {
  t.timeout(90_000);
  const lab = await createLab(t);
  // All of the thousand with WHERRY_CHURN=1000; with fewer the same is seen.
  const pods = Number(process.env.WHERRY_CHURN ?? 30);
  const runner = createNetworkRunner({ ...optionsOf(lab), kernel, log: silentLogger });
  t.teardown(() => runner.close());
  const atOnce = 10;
  const netnses = await Promise.all(Array.from({ length: atOnce }, (_, at) => lab.pod(`p${at}`)));
  const one = async (at: number, number: number) => {
    const { portMappings, ...rest } = capabilityArgs;
    const own = portMappings.map((each) => ({ ...each, hostPort: each.hostPort + 100 * at }));
    const spec = { containerId: `pod-${number}`, ifName: 'eth0', netnsPath: netnses[at]! };
    await runner.add({ ...spec, capabilityArgs: { ...rest, portMappings: own } });
    await runner.del(spec);
  };
  await one(0, 0);
  const before = await snapshot(lab);
  await Promise.all(
    netnses.map(async (_, at) => {
      for (let number = at; number < pods; number += atOnce) await one(at, 1 + number);
    }),
  );
  t.deepEqual(await snapshot(lab), before);
  await runner.gc([]);
  await runner.removeBridge('br0');
  const { links, rules, routes } = await snapshot(lab);
  t.deepEqual({ links, rules, routes }, { links: 'lo', rules: '', routes: '' });
});

test('reliability E8: ten restarts with pods torn away, and 253 of 253 addresses are allocatable', async (t) => {
  t.timeout(90_000);
  const lab = await createLab(t);
  const conf = bridgeConf(lab, {
    ipam: { ...bridgeConf(lab).ipam, ranges: [[{ subnet: '10.66.0.0/24' }]] },
  });
  for (let restart = 0; restart < 10; restart++) {
    // Reserved, and never released: the agent was killed, the namespaces are gone.
    for (let pod = 0; pod < 20; pod++) {
      await lab.call('host-local', 'ADD', { conf, id: `r${restart}-p${pod}`, netns: '/gone' });
    }
    const id = `r${restart}-p0`;
    for (let times = 0; times < 3; times++) {
      t.is((await lab.call('bridge', 'DEL', { conf, id, netns: '/gone' })).status, 0);
    }
    const gc = { conf: { ...conf, 'cni.dev/valid-attachments': [] } };
    t.is((await lab.call('bridge', 'GC', gc)).status, 0);
  }
  for (let pod = 0; pod < 253; pod++) {
    const { status } = await lab.call('host-local', 'ADD', { conf, id: `p${pod}`, netns: '/gone' });
    t.is(status, 0, `${pod}`);
  }
  const full = await lab.call('host-local', 'ADD', { conf, id: 'more', netns: '/gone' });
  t.is(full.body.code, 11);
  rmSync(join(lab.dir, 'ipam'), { recursive: true });
});
