/** Policies as the agent keeps them, with the API in memory and connections that are real. */
import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type Policies, startPolicies } from '../../agent/policy/policies.ts';
import { removePolicies } from '../../agent/policy/sync.ts';
import type { SandboxRecord } from '../../agent/state.ts';
import { namespaces, networkPolicies, pods as podsResource } from '../../api/resources.ts';
import type { NetworkPolicySpec } from '../../api/types/networking-v1.generated.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { createFake } from '../../client/fake.ts';
import { Informer } from '../../client/informer.ts';
import { kernel } from '../../native/index.ts';
import { openNftables } from '../../native/nftables.ts';
import { bridge, PolicyLab } from './policy-lab.ts';

const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
const addressOf = { a: '10.42.0.2', b: '10.42.0.3', c: '10.42.0.4' };

class Cluster extends PolicyLab {
  client = createFake({ clock: systemClock });
  #running: { policies: Policies; stop: AbortController } | undefined;

  async start(clock: Clock = systemClock): Promise<Policies> {
    const { client } = this;
    const log = silentLogger;
    const stop = new AbortController();
    const fieldSelector = 'spec.nodeName=node';
    const localPods = new Informer(client, podsResource, { fieldSelector }, { clock, log });
    localPods.start(stop.signal);
    const options = { instance: this.instance, bridge, nodeName: 'node', netnsPath: this.netns };
    const policies = await startPolicies(options, { client, clock, log, localPods });
    this.#running = { policies, stop };
    return policies;
  }

  /** As a killed agent does: rules stay. */
  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.policies.stop();
    this.#running = undefined;
  }

  async policy(name: string, spec: NetworkPolicySpec): Promise<void> {
    const metadata = { name, namespace: 'default' };
    await this.client.create(networkPolicies, { metadata, spec });
  }

  rules = (family: 'ip' | 'ip6' = 'ip') => this.nft(`list table ${family} ${this.instance}-policy`);

  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = Date.now() + 10_000;
    while (!(await isSo())) {
      if (Date.now() > endMs) throw new Error(`never came to be: ${isSo}\n${this.rules()}`);
      await systemClock.sleep(5);
    }
  }

  /** A server that sends back what it gets; its port. */
  async serve(t: ExecutionContext, name: Name): Promise<number> {
    const fd = await kernel.openSocket(2, 1, 0, this.netnsOf(name));
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
      // The other end may be cut off and never say that it is gone.
      t.teardown(() => void socket.destroy());
    });
    t.teardown(() => void server.close());
    server.listen({ fd });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  connect = async (t: ExecutionContext, from: Name | 'node', to: string, port: number) => {
    const netns = from === 'node' ? this.netns : this.netnsOf(from);
    const fd = await kernel.connectTcp(to, port, patienceMs, netns);
    const socket = new Socket({ fd });
    t.teardown(() => void socket.destroy());
    return socket.on('error', () => {});
  };

  canConnect = (t: ExecutionContext, from: Name | 'node', to: string, port: number) =>
    this.connect(t, from, to, port).then(
      (socket) => Boolean(socket.destroy()),
      () => false,
    );
}

const patienceMs = 400;

const recordOf = (name: Name): SandboxRecord => ({
  version: 1,
  id: `sandbox-${name}`,
  namespace: 'default',
  name,
  podUid: `uid-${name}`,
  createdAtMs: 0,
  netnsPath: '/some',
  ips: [addressOf[name]],
  stage: 'ready',
  cgroupDirs: [],
  containers: [],
});

const cluster = new Cluster();

test.before(async () => {
  const hosts = names.map((name, index) => {
    return { name, addresses: [addressOf[name], `fd42::${index + 2}`] };
  });
  await cluster.build(hosts);
});
test.beforeEach(() => {
  cluster.client = createFake({ clock: systemClock });
  cluster.client.seed(namespaces, { metadata: { name: 'default' } });
  const containers = [{ name: 'main', image: 'none' }];
  for (const name of names) {
    const metadata = { name, namespace: 'default', uid: `uid-${name}`, labels: { app: name } };
    cluster.client.seed(podsResource, { metadata, spec: { nodeName: 'node', containers } });
  }
});
test.afterEach.always(async () => {
  await cluster.stop();
  cluster.nft('flush ruleset');
});
test.after.always(() => cluster.destroy());

async function admitAll(policies: Policies): Promise<void> {
  policies.adopt([]);
  for (const name of names) await policies.admit(recordOf(name), recordOf(name).ips);
}

/** 10.43.0.1 leads to b, and b may be who calls. */
const serveByService = () =>
  cluster.nft(
    `'table ip lab {
      chain pre {
        type nat hook prerouting priority -100
        ip daddr 10.43.0.1 dnat to ${addressOf.b}
      }
      chain post {
        type nat hook postrouting priority 100
        ip saddr ${addressOf.b} ip daddr ${addressOf.b} masquerade
      }
    }'`,
  );

const select = (app: Name) => ({ matchLabels: { app } });

test.serial(
  'a policy is in force when admit resolves; who is not selected does not wait',
  async (t) => {
    const port = await cluster.serve(t, 'b');
    await cluster.policy('deny', { podSelector: select('b') });
    const policies = await cluster.start();
    policies.adopt([]);
    await policies.admit(recordOf('b'), recordOf('b').ips);
    t.false(await cluster.canConnect(t, 'a', addressOf.b, port));
    let isDone = false;
    void policies.admit(recordOf('c'), recordOf('c').ips).then(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    t.true(isDone, 'within a few turns of promises: nothing was waited for');
  },
);

test.serial(
  'an established connection goes on; a new one is judged by the new policy',
  async (t) => {
    const policies = await cluster.start();
    await admitAll(policies);
    const port = await cluster.serve(t, 'b');
    const socket = await cluster.connect(t, 'a', addressOf.b, port);
    await cluster.policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    await cluster.until(() => /10\.42\.0\.3 : goto isolate-ingress/.test(cluster.rules()));
    socket.write('still here');
    const [data] = await once(socket, 'data');
    t.is(String(data), 'still here');
    t.false(await cluster.canConnect(t, 'a', addressOf.b, port));
  },
);

test.serial('the node reaches its pods whatever policies say, and they reach it', async (t) => {
  await cluster.policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  await admitAll(await cluster.start());
  const port = await cluster.serve(t, 'b');
  t.true(await cluster.canConnect(t, 'node', addressOf.b, port));
  t.false(await cluster.canConnect(t, 'a', addressOf.b, port));
  await t.throwsAsync(cluster.connect(t, 'a', '10.42.0.1', 1), { message: /refused/ });
});

test.serial(
  'by a Service: judged by the pod that it leads to; a pod may reach itself',
  async (t) => {
    await cluster.policy('only-a', {
      podSelector: select('b'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: select('a') }] }],
    });
    await admitAll(await cluster.start());
    const port = await cluster.serve(t, 'b');
    serveByService();
    t.true(await cluster.canConnect(t, 'a', '10.43.0.1', port));
    t.false(await cluster.canConnect(t, 'c', '10.43.0.1', port));
    t.true(await cluster.canConnect(t, 'b', '10.43.0.1', port), 'hairpin');
  },
);

test.serial('link-local addresses, which no policy names, lead nowhere', async (t) => {
  await admitAll(await cluster.start());
  await cluster.until(() => /link-local/.test(cluster.rules('ip6')));
  const own = cluster.sh(cluster.netnsOf('b'), 'ip -6 -o address show dev eth0 scope link');
  const [address = ''] = /fe80::[0-9a-f:]+/.exec(own) ?? [];
  t.not(address, '');
  const ping = (to: string) => `busybox ping -6 -c 1 -W 1 ${to} >/dev/null && echo yes || echo no`;
  t.is(cluster.sh(cluster.netnsOf('a'), ping(`${address}%eth0`)).trim(), 'no');
  t.is(cluster.sh(cluster.netnsOf('a'), ping('fd42::3')).trim(), 'yes');
});

test.serial(
  'a killed agent leaves the rules; the next one takes away what is not wanted',
  async (t) => {
    await cluster.policy('deny', { podSelector: select('b') });
    await cluster.policy('other', { podSelector: select('c') });
    await admitAll(await cluster.start());
    await cluster.until(() => /10\.42\.0\.4 : goto/.test(cluster.rules()));
    await cluster.stop();
    const port = await cluster.serve(t, 'b');
    t.false(await cluster.canConnect(t, 'a', addressOf.b, port));
    await cluster.client.delete(networkPolicies, { name: 'other', namespace: 'default' });
    const second = await cluster.start();
    await systemClock.sleep(50);
    t.regex(cluster.rules(), /10\.42\.0\.4 : goto/, 'nothing is written before pods are known');
    second.adopt(names.map(recordOf));
    await second.written();
    await cluster.until(() => !/10\.42\.0\.4 : goto/.test(cluster.rules()));
    t.regex(cluster.rules(), /10\.42\.0\.3 : goto/);
    t.false(await cluster.canConnect(t, 'a', addressOf.b, port));
  },
);

test.serial('what somebody else changes is put right', async (t) => {
  await cluster.policy('deny', { podSelector: select('b'), ingress: [{ ports: [{ port: 1 }] }] });
  await admitAll(await cluster.start());
  const isIntact = () => {
    const text = cluster.rules();
    return /goto isolate/.test(text) && /tcp \. 1/.test(text) && /drop comment/.test(text);
  };
  await cluster.until(isIntact);
  const table = `ip ${cluster.instance}-policy`;
  const before = cluster.rules();
  const chain = /chain (isolate-ingress-\d+)/.exec(before)?.[1];
  const set = /set (ports-\d+)/.exec(before)?.[1];
  for (const harm of [
    `delete table ${table}`,
    'flush ruleset',
    `flush chain ${table} ${chain}`,
    `flush chain ${table} ingress`,
    `'delete element ${table} ingress-pods { ${addressOf.b} }'`,
    `flush set ${table} ${set}`,
    `'add element ${table} ${set} { tcp . 99 }'`,
  ]) {
    cluster.nft(harm);
    await cluster.until(() => {
      try {
        return isIntact() && !/tcp \. 99/.test(cluster.rules());
      } catch {
        return false;
      }
    });
    t.pass(harm);
  }
});

test.serial('who gets the address of a pod that is gone inherits no connection', async (t) => {
  const policies = await cluster.start();
  await admitAll(policies);
  const port = await cluster.serve(t, 'b');
  serveByService();
  const sockets = [
    await cluster.connect(t, 'a', addressOf.b, port),
    await cluster.connect(t, 'a', '10.43.0.1', port),
  ];
  await policies.endConnections(recordOf('b'));
  policies.forget(recordOf('b'));
  await cluster.policy('deny', { podSelector: select('b') });
  await policies.admit(recordOf('b'), recordOf('b').ips);
  await cluster.until(() => /10\.42\.0\.3 : goto/.test(cluster.rules()));
  for (const socket of sockets) {
    socket.write('is this the one?');
    const answer = once(socket, 'data').then(() => 'an answer');
    t.is(await Promise.race([answer, systemClock.sleep(patienceMs)]), undefined);
  }
});

test.serial('what a policy drops is counted under its name', async (t) => {
  await cluster.policy('deny', { podSelector: select('b') });
  const policies = await cluster.start();
  await admitAll(policies);
  t.false(await cluster.canConnect(t, 'a', addressOf.b, 80));
  const drops = (await policies.drops()).filter(({ packets }) => packets > 0);
  t.deepEqual(
    drops.map(({ comment }) => comment),
    ['default/deny'],
  );
});

test.serial('a pod that goes leaves nothing; so does the last of an instance', async (t) => {
  await cluster.policy('deny', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] });
  const policies = await cluster.start();
  await admitAll(policies);
  await cluster.until(() => /10\.42\.0\.2 \. 10\.42\.0\.2/.test(cluster.rules()));
  for (const name of names) policies.forget(recordOf(name));
  await policies.written();
  t.notRegex(cluster.rules(), /10\.42|isolate|pods-\d/);
  await cluster.stop();
  const nftables = await openNftables(cluster.netns);
  for (let turn = 0; turn < 2; turn++) await removePolicies(nftables, cluster.instance);
  nftables.close();
  t.is(cluster.nft('list tables'), '');
});

test.serial('policies that cannot be read let no pod start', async (t) => {
  cluster.client.refuse = (_verb, resource) => {
    if (resource.startsWith('networkpolicies')) throw new StatusError('Forbidden', 'not you');
  };
  const patience = 30_000;
  const hurry: Clock = {
    now: systemClock.now,
    sleep: (ms, signal) => systemClock.sleep(ms === patience ? 50 : ms, signal),
  };
  const policies = await cluster.start(hurry);
  policies.adopt([]);
  await t.throwsAsync(policies.admit(recordOf('b'), recordOf('b').ips), {
    message: 'its network policies could not be put in force',
  });
});
