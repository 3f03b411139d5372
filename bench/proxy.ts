/**
 * The service proxy at 10,000 and 44,000 Services with three endpoints each: full loads, changes,
 * memory, what packets pay, and rest. Peers: iptables-restore, and upstream's nftables layout
 * through `nft -f`. Everything happens in network namespaces of the bench's own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemClock } from '../base/clock.ts';
import { makeNetns, openRules, removeNetns } from './proxy/kernel.ts';
import {
  benchChanges,
  benchFullLoad,
  benchIptables,
  benchPlanner,
  benchUpstreamLoad,
} from './proxy/load.ts';
import { benchPath } from './proxy/path.ts';
import { ManyServices } from './proxy/world.ts';
import { printHead, printRow, type Summary } from './stats.ts';

const services = 10_000;
const idleSeconds = 20;

try {
  await benchPlanner(services);
  printHead('Full load from nothing');
  const ours = await benchFullLoad(services, 250);
  await benchFullLoad(1_000);
  await benchFullLoad(44_000, 1_500);
  for (const count of [1_000, services]) {
    const theirs = benchUpstreamLoad(count);
    if (count === services && theirs) {
      console.log(`  ours is ${(theirs / ours).toFixed(0)} times faster (goal: 200)`);
    }
  }
  await benchOneChange();
  await benchProcess();
  printHead(`iptables, ${services} Services`);
  await benchIptables('legacy', services);
  await benchIptables('nft', services);
  await benchPath(services);
} finally {
  removeNetns();
}

async function benchOneChange(): Promise<void> {
  printHead(`One change, nftables, ${services} Services: planned, written, committed`);
  const world = new ManyServices(services);
  const rules = await openRules('nftables', world, makeNetns());
  await rules.write();
  const { endpoint, service } = await benchChanges(rules, world, { services, rounds: 1_000 });
  printRow('one endpoint exchanged', endpoint);
  printRow('one Service made or gone', service);
}

/** A process of its own, with informers. */
async function benchProcess(): Promise<void> {
  const script = new URL('proxy/child.ts', import.meta.url).pathname;
  // As bin/wherry starts its processes.
  const args = ['--max-semi-space-size=16', '--expose-gc', script, makeNetns(), String(services)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const found = JSON.parse(line) as {
      endpoint: Summary;
      service: Summary;
      rss: number;
      heapUsed: number;
    };
    printHead(`One change, nftables, ${services} Services: from the watch event to the commit`);
    printRow('one endpoint exchanged', found.endpoint, 'goals: p50 0.5 ms, p99 5 ms');
    printRow('one Service changed', found.service, 'the same');
    const rss = (found.rss / 2 ** 20).toFixed(0);
    const heap = (found.heapUsed / 2 ** 20).toFixed(0);
    console.log(
      `  RSS: ${rss} MB, with the API in the same process (goal: 200); ${heap} MB are in use`,
    );
    const before = switchesOf(child.pid!);
    await systemClock.sleep(idleSeconds * 1_000);
    const perSecond = (switchesOf(child.pid!) - before) / idleSeconds;
    console.log(`  idle: ${perSecond.toFixed(1)} context switches a second, of all threads`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** How often the threads of a process have gone to sleep: each time something had woken them. */
function switchesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }, 0);
}
