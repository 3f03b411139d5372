/** A world for tests, written the way kubectl shows things. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { NetworkPolicy } from '../../api/types/networking-v1.generated.ts';
import { contains, parseCidr, parseIp } from '../../base/ip-address.ts';
import type { TablePlan } from './plan.ts';
import { viewPod } from './plan-pod.ts';
import { planPolicy } from './plan-policy.ts';
import { PolicyWorld } from './world.ts';

export interface TestPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly isLocal?: boolean;
  /** `http=80`, `dns=53/UDP` */
  readonly ports?: readonly string[];
}

export interface TestWorld {
  /** Labels by name. */
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pods: readonly TestPod[];
  readonly policies: readonly NetworkPolicy[];
}

export const keyOfPod = ({ namespace, name }: TestPod): string => `${namespace}/${name}`;

export function podObject({ namespace, name, labels, ports = [] }: TestPod): Pod {
  return {
    metadata: { namespace, name, labels: { ...labels } },
    spec: { containers: [{ name: 'main', ports: ports.map(parsePort) }] },
  };
}

function parsePort(text: string) {
  const [name = '', number = ''] = text.split('=');
  const [port = '', protocol = 'TCP'] = number.split('/');
  return { name, containerPort: Number(port), protocol };
}

export function createWorld({ namespaces, pods, policies }: TestWorld): PolicyWorld {
  const world = new PolicyWorld();
  for (const [name, labels] of Object.entries(namespaces)) world.setNamespace(name, labels);
  for (const pod of pods) {
    world.setPod(keyOfPod(pod), viewPod(podObject(pod), pod.addresses), pod.isLocal ?? true);
  }
  for (const policy of policies) setPolicy(world, policy);
  return world;
}

export function setPolicy(world: PolicyWorld, policy: NetworkPolicy): void {
  const plan = planPolicy(policy);
  world.setPolicy(plan.key, plan);
}

export const policyOf = (key: string, spec: NetworkPolicy['spec']): NetworkPolicy => {
  const [namespace = '', name = ''] = key.split('/');
  return { metadata: { namespace, name }, ...(spec && { spec }) };
};

export interface TestPacket {
  readonly from: string;
  readonly to: string;
  readonly protocol: string; // `tcp`
  readonly port: number;
}

/** Takes a packet through the plan as the kernel would. */
export function passes(plan: TablePlan, packet: TestPacket): boolean {
  if (packet.from === packet.to) return true;
  const ends = { egress: packet.from, ingress: packet.to };
  return (['egress', 'ingress'] as const).every((direction) => {
    const chain = plan.maps[direction].get(ends[direction]);
    return chain === undefined || walk(plan, chain, packet) === 'accept';
  });
}

function walk(plan: TablePlan, name: string, packet: TestPacket): 'accept' | 'drop' | undefined {
  const chain = plan.chains.get(name);
  if (!chain) throw new Error(`there is no chain ${name}`);
  const other = chain.direction === 'ingress' ? packet.from : packet.to;
  const { protocol, port, to } = packet;
  for (const { peer, ports, named, verdict } of chain.rules) {
    if (peer && !has(plan, peer, other)) continue;
    if (ports && !hasPort(plan, ports, packet)) continue;
    if (named && !has(plan, named, `${to} ${protocol} ${port}`)) continue;
    if (typeof verdict !== 'object') return verdict;
    const found = walk(plan, verdict.jump, packet);
    if (found) return found;
  }
  return undefined;
}

function has(plan: TablePlan, name: string, member: string): boolean {
  const set = plan.sets.get(name)!;
  if (set.source.kind !== 'block') return set.members.has(member);
  const { cidr, except } = set.source;
  const isIn = (each: string) => contains(parseCidr(each), parseIp(member));
  return isIn(cidr) && !except.some(isIn);
}

function hasPort(plan: TablePlan, name: string, { protocol, port }: TestPacket): boolean {
  const { source } = plan.sets.get(name)!;
  if (source.kind !== 'ports') throw new Error(`${name} is no set of ports`);
  return source.ports.some(
    (each) => each.protocol === protocol && each.first <= port && port <= each.last,
  );
}
