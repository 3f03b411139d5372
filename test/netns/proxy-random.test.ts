/**
 * Random changes of Services and slices, good and bad; after each the kernel's own dump is read and
 * must say what Services and slices ask for. Needs root.
 *
 * nftables takes all 10,000 changes; the iptables commands need some 20 ms for one and as much to
 * read, so that they take fewer unless PROXY_CHANGES says how many.
 */
import { execFileSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { openNftables } from '../../native/nftables.ts';
import { run } from '../../native/run.ts';
import { createIptables } from '../../proxy/iptables/apply.ts';
import { RuleSync } from '../../proxy/iptables/sync.ts';
import { Metrics } from '../../proxy/metrics.ts';
import { NftRules } from '../../proxy/nftables/sync.ts';
import type { Rules } from '../../proxy/world.ts';
import { type Answers, answersOf, localAddressesOf } from './proxy-answers.ts';
import { readChains } from './proxy-kernel-iptables.ts';
import { openReader, readTable } from './proxy-kernel-nftables.ts';
import type { Family } from './proxy-objects.ts';
import { RandomWorld } from './proxy-random-world.ts';

const seed = Number(process.env.PROXY_SEED ?? Date.now() % 1_000_000);
const asked = process.env.PROXY_CHANGES;
const podRanges = { ipv4: '10.42.0.0/16', ipv6: 'fd42::/64' } as const;
const netns: string[] = [];

test.after.always(() => {
  for (const name of netns) execFileSync('ip', ['netns', 'delete', name]);
});

function makeNetns(name: string): string {
  const unique = `wpr${process.pid}${name}`;
  execFileSync('ip', ['netns', 'add', unique]);
  netns.push(unique);
  return `/run/netns/${unique}`;
}

interface Kernel {
  readonly rules: Rules;
  /** Throws when it is not as it should be by itself. */
  read(): Promise<{
    answers: Answers;
    clusterIps?: ReadonlySet<string>;
    hairpins?: ReadonlySet<string>;
  }>;
}

const shared = (family: Family) => ({
  clock: systemClock,
  log: silentLogger,
  metrics: new Metrics().of(family),
});

async function nftables(world: RandomWorld, path: string): Promise<Kernel> {
  const { family } = world;
  const options = {
    family,
    masqueradeBit: 14,
    masqueradeAll: false,
    instance: 'x',
    podRanges: [podRanges[family]],
  };
  const rules = new NftRules({
    ...shared(family),
    world,
    nftables: await openNftables(path),
    options,
  });
  const reader = await openReader(path);
  return { rules, read: () => readTable(reader, family) };
}

async function iptables(
  world: RandomWorld,
  path: string,
  backend: 'nft' | 'legacy',
): Promise<Kernel> {
  const { family } = world;
  const command = createIptables(
    (file, args, options) => run('nsenter', [`--net=${path}`, file, ...args], options),
    family,
    backend,
  );
  const said: string[] = [];
  const info = (message: string) => {
    if (/^(Found|Could)/.test(message)) said.push(message);
  };
  const rules = new RuleSync({
    ...shared(family),
    log: { ...silentLogger, info },
    world,
    iptables: command,
    generation: async () => 0,
    options: { family, clusterCidr: podRanges[family], masqueradeAll: false },
    instance: 'x',
    masqueradeBit: 14,
  });
  return {
    rules,
    read: async () => {
      // As it was meant, rule by rule.
      await rules.audit();
      if (said.length > 0) throw new Error(said.join());
      return { answers: readChains(await command.save(), family) };
    },
  };
}

/** Changes one by one, and now and then many at once. */
async function changeAndCompare(
  t: ExecutionContext,
  world: RandomWorld,
  { rules, read }: Kernel,
  changes: number,
) {
  t.timeout(1_200_000);
  await rules.write();
  for (let step = 1; step <= changes; step++) {
    const count = step % 100 === 50 ? 1_000 : 1;
    for (let index = 0; index < count; index++) rules.touch(world.change());
    if (step % 97 === 0) rules.touchAll();
    await rules.write();
    const problem = await findProblem(world, read);
    if (problem) throw new Error(`seed ${seed}, change ${step}: ${problem}`);
  }
  t.pass();
}

/** Twice if need be: while the kernel makes a set larger, a dump may lack an element or repeat one. */
async function findProblem(world: RandomWorld, read: Kernel['read']): Promise<string | undefined> {
  let problem: string | undefined;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      compare(world, await read());
      return undefined;
    } catch (error) {
      problem = String(error);
    }
    await systemClock.sleep(5);
  }
  return problem;
}

function compare(world: RandomWorld, kernel: Awaited<ReturnType<Kernel['read']>>): void {
  const wanted = new Map<string, (readonly string[])[]>();
  const clusterIps = new Set<string>();
  const hairpins = new Set<string>();
  for (const key of world.serviceKeys()) {
    const { family } = world;
    const situation = { service: world.service(key), slices: world.slices(key), family };
    const answers = answersOf(situation);
    for (const [front, answer] of answers)
      wanted.set(front, [...(wanted.get(front) ?? []), answer]);
    if (answers.size > 0) clusterIps.add(situation.service!.spec!.clusterIP!);
    for (const address of localAddressesOf(situation)) hairpins.add(address);
  }
  const problems: string[] = [];
  for (const front of wanted.keys()) if (!kernel.answers.has(front)) problems.push(`no ${front}`);
  for (const [front, answers] of kernel.answers) {
    const candidates = wanted.get(front) ?? [];
    // Several Services may want one front: who has it is not told here.
    const isWanted = answers.every((answer, index) =>
      candidates.some((each) => each[index] === answer),
    );
    if (!isWanted)
      problems.push(
        `${front}: ${answers.join('; ')}, not ${candidates.map((each) => each.join('; ')).join(' | ')}`,
      );
  }
  if (kernel.clusterIps && !isSame(kernel.clusterIps, clusterIps)) problems.push('cluster IPs');
  if (kernel.hairpins && !isSame(kernel.hairpins, hairpins))
    problems.push(`hairpins ${[...kernel.hairpins]}, not ${[...hairpins]}`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

const isSame = (one: ReadonlySet<string>, other: ReadonlySet<string>) =>
  one.size === other.size && [...one].every((each) => other.has(each));

for (const [family, changes] of [
  ['ipv4', 10_000],
  ['ipv6', 1_000],
] as const) {
  test.serial(`proxy P4: ${changes} random changes, nftables, ${family}`, async (t) => {
    const world = new RandomWorld(seed, family);
    const kernel = await nftables(world, makeNetns(`n${family}`));
    await changeAndCompare(t, world, kernel, Number(asked ?? changes));
  });
}

for (const [backend, family, changes] of [
  ['nft', 'ipv4', 200],
  ['legacy', 'ipv4', 400],
  ['legacy', 'ipv6', 100],
] as const) {
  test.serial(`proxy P4: ${changes} random changes, iptables-${backend}, ${family}`, async (t) => {
    const world = new RandomWorld(seed, family);
    const kernel = await iptables(world, makeNetns(`i${backend}${family}`), backend);
    await changeAndCompare(t, world, kernel, Number(asked ?? changes));
  });
}
