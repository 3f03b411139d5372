/** Full loads from nothing, single changes, and the planner, without a proxy around. */
import { spawnSync } from 'node:child_process';
import { planService } from '../../proxy/plan.ts';
import type { Rules } from '../../proxy/world.ts';
import { printHead, printRow, summarise, timeMs } from '../stats.ts';
import { type Mode, makeNetns, openRules, shell } from './kernel.ts';
import { upstreamTable } from './upstream.ts';
import { keyOf, ManyServices } from './world.ts';

const rounds = 5;
/** Upstream's layout takes a minute at 10,000; more than this nobody waits for. */
const patienceMs = 300_000;

export async function benchPlanner(services: number): Promise<void> {
  printHead(`Planner, ${services} Services with 3 endpoints each`);
  const world = new ManyServices(services);
  const plan = (key: string) => planService(world.service(key)!, world.slices(key), world.node());
  const all: number[] = [];
  for (let round = 0; round < 2 * rounds; round++) {
    all.push(await timeMs(async () => [...world.serviceKeys()].map(plan)));
  }
  printRow('all from scratch', summarise(all), 'goal: at most 150 ms');
  const one: number[] = [];
  for (let index = 0; index < 1_000; index++)
    one.push(await timeMs(async () => plan(keyOf(index))));
  printRow('one', summarise(one), 'goal: at most 1 ms');
}

/** Gives the median, in milliseconds. */
export async function benchFullLoad(services: number, goalMs?: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const rules = await openRules('nftables', new ManyServices(services), makeNetns());
    times.push(await timeMs(() => rules.write()));
  }
  const goal = goalMs === undefined ? '' : `goal: at most ${goalMs} ms`;
  printRow(`nftables, ours, ${services} Services`, summarise(times), goal);
  return summarise(times).p50;
}

/** Undefined when it took too long. */
export function benchUpstreamLoad(services: number): number | undefined {
  const netns = makeNetns();
  const began = performance.now();
  const args = [`--net=${netns}`, '/usr/sbin/nft', '-f', '-'];
  const input = upstreamTable(services);
  const { status, stderr } = spawnSync('nsenter', args, { input, timeout: patienceMs });
  const ms = performance.now() - began;
  if (status !== 0) {
    console.log(`  upstream's layout: ${status === null ? 'given up' : stderr} after ${ms} ms`);
    return undefined;
  }
  printRow(`nft -f, upstream's layout, ${services} Services`, summarise([ms]));
  return ms;
}

/** What upstream does for every change in the old days, and for a full sync still. */
export async function benchIptables(mode: Exclude<Mode, 'nftables'>, services: number) {
  const world = new ManyServices(services);
  const netns = makeNetns();
  const rules = await openRules(mode, world, netns);
  await rules.write();
  const all = `iptables-${mode}-save > /tmp/wpb-${process.pid} && exec iptables-${mode}-restore`;
  const restore: number[] = [];
  const empty = makeNetns();
  shell(netns, all.replace(/ && .*/, ''));
  for (let round = 0; round < 2; round++) {
    restore.push(
      await timeMs(async () => shell(empty, `iptables-${mode}-restore < /tmp/wpb-${process.pid}`)),
    );
  }
  shell(netns, `rm /tmp/wpb-${process.pid}`);
  const full = summarise(restore);
  printRow(`iptables-${mode}-restore, everything`, full);
  const change = await benchChanges(rules, world, { services, rounds: 3 });
  const goal = mode === 'legacy' ? 3 : 20;
  printRow(`iptables-${mode}, ours, one endpoint exchanged`, change.endpoint);
  printRow(`iptables-${mode}, ours, one Service made or gone`, change.service);
  const ratio = full.p50 / Math.max(change.endpoint.p50, change.service.p50);
  console.log(`  the dearer of both: 1/${ratio.toFixed(1)} of all (goal: at most 1/${goal})`);
}

interface Amount {
  readonly services: number;
  readonly rounds: number;
}

export async function benchChanges(rules: Rules, world: ManyServices, amount: Amount) {
  const [endpoint, service]: [number[], number[]] = [[], []];
  const write = async (times: number[], index: number) => {
    rules.touch(keyOf(index));
    times.push(await timeMs(() => rules.write()));
  };
  for (let round = 1; round <= amount.rounds; round++) {
    const index = (round * 7_919) % amount.services;
    world.set(index, round);
    await write(endpoint, index);
    world.remove(index);
    await write(service, index);
    world.set(index);
    await write(service, index);
  }
  return { endpoint: summarise(endpoint), service: summarise(service) };
}
