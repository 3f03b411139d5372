/**
 * A whole one-node cluster: how soon it is ready, and what it costs when idle. It runs in a network
 * namespace of its own; `npm start` is the user's own command.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';
import { createHost } from '../test/helpers/host.ts';
import { printHead, printRow, summarise } from './stats.ts';

const rounds = 5;
const idleSeconds = 20;
const ticksPerSecond = 100; // USER_HZ, fixed by the kernel's ABI.

const host = createHost();
const name = `b${process.pid.toString(36)}`;
const flags = [`--root=${host.dir}/state`, `--name=${name}`, '--node-name=bench'];
try {
  printHead('Start: `npm start` until Node Ready and DNS answers');
  const cold = await startAndStop();
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++) warm.push(await startAndStop());
  printRow('first start of an instance', summarise([cold]));
  printRow('warm start', summarise(warm), 'goal: under 3000 ms');
  await measureIdle();
} finally {
  await host.run('bin/wherry', ['reset', ...flags.slice(0, 2)]);
  host.remove();
}

async function startAndStop(): Promise<number> {
  const began = performance.now();
  const child = await startCluster('npm', ['start', '--', ...flags]);
  const ms = performance.now() - began;
  await stopCluster(child);
  return ms;
}

async function startCluster(file: string, args: readonly string[]): Promise<ChildProcess> {
  const child = host.spawn(file, args);
  let text = '';
  return await new Promise((resolve, reject) => {
    // The stream is read on: a program whose output nobody takes would end.
    child.stdout?.on('data', (data) => {
      text += data;
      if (/^ready in/m.test(text)) resolve(child);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${text}`)));
  });
}

async function stopCluster(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  await host.run('bin/wherry', ['down', ...flags.slice(0, 2)]);
  await ended;
}

async function measureIdle(): Promise<void> {
  const child = await startCluster('bin/wherry', ['up', ...flags]);
  await systemClock.sleep(5_000); // Until first collections and caches have settled.
  const before = look();
  await systemClock.sleep(idleSeconds * 1000);
  const after = look();
  console.log('\nIdle one-node cluster');
  for (const [pid, { name: process, pssKb }] of after) {
    console.log(
      `  ${process.padEnd(24)} pid ${String(pid).padEnd(8)} ${(pssKb / 1024).toFixed(1).padStart(8)} MB PSS`,
    );
  }
  const sum = (pick: (each: Usage) => number, of: Map<number, Usage>) =>
    [...of.values()].reduce((total, each) => total + pick(each), 0);
  const pss = sum(({ pssKb }) => pssKb, after) / 1024;
  const rss = sum(({ rssKb }) => rssKb, after) / 1024;
  const ticks = sum(({ ticks: each }) => each, after) - sum(({ ticks: each }) => each, before);
  const cpu = (ticks / ticksPerSecond / idleSeconds) * 100;
  console.log(
    `  all processes: ${pss.toFixed(0)} MB PSS (goal: under 450), ${rss.toFixed(0)} MB RSS counted with what they share`,
  );
  console.log(`  CPU over ${idleSeconds} s: ${cpu.toFixed(2)} % of one core (goal: under 2 %)`);
  await stopCluster(child);
}

interface Usage {
  readonly name: string;
  readonly pssKb: number;
  readonly rssKb: number;
  readonly ticks: number;
}

/** `up`, everything that it started, and the pods' monitors: by the instance's name in the words. */
function look(): Map<number, Usage> {
  const usages = new Map<number, Usage>();
  for (const pid of readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (!words.some((word) => word.includes(host.dir) || word.includes(`/run/${name}/`)))
        continue;
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      const kb = (field: string) =>
        Number(new RegExp(`^${field}: +(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      usages.set(pid, {
        name: words[2] || words[0] || '?',
        pssKb: kb('Pss'),
        rssKb: kb('Rss'),
        ticks: Number(fields[11]) + Number(fields[12]),
      });
    } catch {
      // It has ended in between.
    }
  }
  return usages;
}
