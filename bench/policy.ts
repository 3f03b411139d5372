/**
 * NetworkPolicies on a real kernel, in a network namespace of the bench's own: 2,000 policies and
 * 250 pods of this node. How long a change takes until it is in force, and what the first packet
 * of a connection costs with all of that loaded. Goals: a policy's update at most 50 ms; the
 * packet's cost as without the others.
 */

import { viewPod } from '../agent/policy/plan-pod.ts';
import { PolicyRules } from '../agent/policy/sync.ts';
import {
  createWorld,
  keyOfPod,
  podObject,
  policyOf,
  setPolicy,
  type TestPod,
} from '../agent/policy/testing.ts';
import type { PolicyWorld } from '../agent/policy/world.ts';
import type { NetworkPolicySpec } from '../api/types/networking-v1.generated.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { openNftables } from '../native/nftables.ts';
import { bridge, PolicyLab } from '../test/netns/policy-lab.ts';
import { printHead, printRow, summarise, timeMs } from './stats.ts';

const policyCount = 2000;
const podCount = 250;
const changes = 100;
const packets = 3000;

interface Shape {
  readonly title: string;
  /** How many namespaces the pods and the policies are spread over. */
  readonly spaces: number;
  /** How many kinds of pods there are in each; a policy selects one kind. 0: it selects all. */
  readonly kinds: number;
}

const shapes: readonly Shape[] = [
  { title: '25 namespaces, 16 policies select each pod', spaces: 25, kinds: 5 },
  { title: 'one namespace, 40 policies select each pod', spaces: 1, kinds: 50 },
  { title: 'one namespace, each of the 2,000 selects every pod', spaces: 1, kinds: 0 },
];

const podOf = (index: number, { spaces, kinds }: Shape): TestPod => ({
  namespace: `n${index % spaces}`,
  name: `p${index}`,
  labels: { kind: String(Math.floor(index / spaces) % (kinds || 5)), index: String(index) },
  addresses: [`10.42.0.${index + 2}`],
});

function specOf(index: number, { spaces, kinds }: Shape, port: number): NetworkPolicySpec {
  const kind = Math.floor(index / spaces) % (kinds || 5);
  const matchLabels = { kind: String(kind) };
  return {
    podSelector: kinds > 0 ? { matchLabels } : {},
    ingress: [{ from: [{ podSelector: { matchLabels } }], ports: [{ port }] }],
  };
}

const policyAt = (index: number, shape: Shape, port = 1000 + (index % 500)) =>
  policyOf(`n${index % shape.spaces}/policy-${index}`, specOf(index, shape, port));

const lab = new PolicyLab();
try {
  const hosts = [0, 1].map((index) => podOf(index, shapes[0]!));
  await lab.build(
    hosts.map(({ addresses }, index) => ({
      name: `h${index}`,
      addresses: [...addresses, `fd42::${index + 2}`],
    })),
  );
  for (const shape of shapes) await measure(shape);
} finally {
  lab.destroy();
}

async function measure(shape: Shape): Promise<void> {
  const nftables = await openNftables(lab.netns);
  const all = Array.from({ length: podCount }, (_, index) => podOf(index, shape));
  const namespaces = Object.fromEntries(all.map(({ namespace }) => [namespace, {}]));
  const world = createWorld({ namespaces, pods: all, policies: [] });
  const { instance } = lab;
  const deps = { nftables, instance, bridge, clock: systemClock, log: silentLogger };
  const rules = new PolicyRules({ ...deps, world });
  await rules.write();
  const emptyUs = packetUs();
  // From pod to pod, on a port that one policy alone allows.
  for (let index = 0; index < policyCount; index++) setPolicy(world, policyAt(index, shape));
  const loadMs = await timeMs(() => rules.write());
  const times = await measureChanges(world, rules, shape);
  printHead(`${policyCount} policies × ${podCount} pods: ${shape.title}`);
  for (const [name, values] of Object.entries(times)) printRow(name, summarise(values));
  const { namespace } = all[1]!;
  setPolicy(world, policyOf(`${namespace}/zz`, { podSelector: {}, ingress: [{}] }));
  await rules.write();
  const [loadedUs, alone] = [packetUs(), await aloneUs()];
  const figures = [`no policy ${emptyUs}`, `this pod's alone ${alone}`, `all ${loadedUs}`];
  console.log(
    `  all of them at once ${loadMs.toFixed(0)} ms; first packet, µs: ${figures.join(', ')}`,
  );
  nftables.close();

  /** The same pod with the same policies of its own, when there is nothing else. */
  async function aloneUs(): Promise<string> {
    const own = createWorld({ namespaces, pods: all.slice(0, 2), policies: [] });
    for (let index = 0; index < policyCount; index++) setPolicy(own, policyAt(index, shape));
    setPolicy(own, policyOf(`${namespace}/zz`, { podSelector: {}, ingress: [{}] }));
    await new PolicyRules({ ...deps, world: own }).write();
    return packetUs();
  }
}

async function measureChanges(world: PolicyWorld, rules: PolicyRules, shape: Shape) {
  const times = {
    "a policy's rules change": [] as number[],
    'a policy comes that selects them': [] as number[],
    'it goes': [] as number[],
    'a pod comes': [] as number[],
    "a pod's labels change": [] as number[],
  };
  const run = async (name: keyof typeof times, change: () => void) => {
    times[name].push(
      await timeMs(async () => {
        change();
        await rules.write();
      }),
    );
  };
  for (let turn = 0; turn < changes; turn++) {
    const index = (turn * 37) % policyCount;
    await run("a policy's rules change", () =>
      setPolicy(world, policyAt(index, shape, 5000 + turn)),
    );
    const more = policyOf(`n${turn % shape.spaces}/more`, specOf(turn, shape, 7000));
    await run('a policy comes that selects them', () => setPolicy(world, more));
    await run('it goes', () => world.setPolicy(`n${turn % shape.spaces}/more`, undefined));
    const pod = podOf((turn * 7) % podCount, shape);
    world.setPod(keyOfPod(pod), undefined, true);
    await rules.write();
    await run('a pod comes', () => put(world, pod));
    const kind = String(turn % (shape.kinds || 5));
    await run("a pod's labels change", () => put(world, { ...pod, labels: { kind } }));
    put(world, pod);
  }
  return times;
}

function put(world: PolicyWorld, pod: TestPod): void {
  world.setPod(keyOfPod(pod), viewPod(podObject(pod), pod.addresses), true);
}

/** Of the best of several rounds: the machine has others to serve. */
function packetUs(): string {
  const probe = { from: 'h0', to: 'h1', family: 'ipv4', protocol: 'UDP', port: 9 } as const;
  const rounds = Array.from({ length: 5 }, () => lab.packetUs(probe, packets / 5));
  return Math.min(...rounds).toFixed(1);
}
