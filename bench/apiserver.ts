/**
 * The API server as people run it: a process of its own, TLS, every write on disk, admission, RBAC and
 * field owners on. Its clients are another process, so that what they cost is not counted as its.
 * `npm run bench -- apiserver`; WHERRY_BENCH=create,get picks parts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiProcess, createApiProcess } from '../test/helpers/api-process.ts';
import type { Figures, Task } from './apiserver-load.ts';
import { namespace, podsPath } from './apiserver-pod.ts';
import { benchSlow } from './apiserver-slow.ts';
import { benchStart } from './apiserver-start.ts';
import { benchStore } from './apiserver-store.ts';
import { openWire, type Wire } from './apiserver-wire.ts';
import { summarise } from './stats.ts';

/** Without the target, which is always the same. */
type Asking = Task extends infer T ? (T extends Task ? Omit<T, 'target'> : never) : never;

const podCount = Number(process.env.WHERRY_BENCH_PODS ?? 10_000);
/** What Node measures the loop's delay with is part of what it then tells. */
const loopResolutionMs = 20;
const ticksPerSecond = 100; // USER_HZ, fixed by the kernel's ABI.
const chosen = process.env.WHERRY_BENCH?.split(',');
const wants = (part: string) => !chosen || chosen.includes(part);
/** As bin/wherry runs it. */
const shipped = ['--max-semi-space-size=16', 'dist/wherry.js'];
const program = process.env.WHERRY_BENCH_PROGRAM?.split(' ') ?? shipped;

// Others' work on the machine makes every figure worse: CPU times less than rates.
const [load1 = 0] = loadavg();
console.log(`${availableParallelism()} cores, load average ${load1.toFixed(1)} before the start`);
const api = await createApiProcess([], program);
try {
  await api.start();
  const target = { port: api.port, ...api.credentials() };
  const wire = await openWire(target, 2);
  await prepare(wire);
  const names = await fillUp(api);
  if (wants('single')) await benchSingle(api);
  if (wants('get')) await benchGets(api, names);
  if (wants('list')) await benchList(api, wire, names);
  if (wants('watch')) await benchWatches(api);
  wire.close();
} finally {
  await api.kill('SIGTERM');
  await api.remove();
}
if (wants('slow')) await benchSlow(program);
if (wants('start')) await benchStart(program);
if (wants('store')) await benchStore();

async function prepare(wire: Wire): Promise<void> {
  const post = (path: string, name: string) =>
    wire.ask({ method: 'POST', path, body: JSON.stringify({ metadata: { name } }) });
  await post('/api/v1/namespaces', namespace);
  await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, 'default');
}

/** Creates all pods that the other parts read; from 32 connections, as the goal says. */
async function fillUp(api: ApiProcess): Promise<string[]> {
  head(`Durable creates of pods of 4 KB, ${podCount} in all, 32 connections (goal: 3000/s)`);
  const names: string[] = [];
  const share = podCount / 4;
  for (const [round, version] of ([2, 1, 2, 1] as const).entries()) {
    const name = `pod-${round}`;
    const asking = { kind: 'create', version, connections: 32, count: share, name } as const;
    await measure(api, `HTTP/${version}`, asking);
    for (let index = 0; index < share; index++) names.push(`${name}-${index}`);
  }
  console.log(`  RSS with ${podCount} pods: ${rssMb(api)} MB at once`);
  await sleep(3_000);
  console.log(`  RSS with ${podCount} pods: ${rssMb(api)} MB after 3 s (goal: under 400)`);
  return names;
}

async function benchSingle(api: ApiProcess): Promise<void> {
  head('One create after the other, one connection (goal: p99 under 10 ms)');
  for (const version of [2, 1] as const) {
    const name = `single-${version}`;
    await measure(api, `HTTP/${version}`, {
      kind: 'create',
      version,
      connections: 1,
      count: 500,
      name,
    });
  }
}

async function benchGets(api: ApiProcess, names: readonly string[]): Promise<void> {
  head('GET of one pod of 4 KB (goal: 12000/s)');
  const asking = { kind: 'get', ms: 4_000, names } as const;
  await measure(api, 'HTTP/2, 32 connections', {
    ...asking,
    version: 2,
    connections: 32,
    streams: 1,
  });
  await measure(api, 'HTTP/2, 4 connections of 16 streams', {
    ...asking,
    version: 2,
    connections: 4,
    streams: 16,
  });
  await measure(api, 'HTTP/1.1, 32 connections', {
    ...asking,
    version: 1,
    connections: 32,
    streams: 1,
  });
}

async function benchList(api: ApiProcess, wire: Wire, names: readonly string[]): Promise<void> {
  head(`LIST of ${podCount} pods (goal: under 250 ms, others wait under 20 ms)`);
  const get = { kind: 'get', version: 2, connections: 1, streams: 1, names } as const;
  await measure(api, 'a GET of another client, nobody lists', { ...get, ms: 1_000 });
  await longestStall(wire);
  for (const version of [2, 1] as const) {
    const listing = { kind: 'list', version, rounds: 8, path: podsPath } as const;
    await measure(api, `HTTP/${version}`, listing);
  }
  console.log(`  the server's loop stood still for ${await longestStall(wire)} ms at most`);
  const other = load(api, { ...get, ms: 4_000 });
  await sleep(700);
  await measure(api, 'HTTP/2, while another client reads', {
    kind: 'list',
    version: 2,
    rounds: 8,
    path: podsPath,
  });
  row('its GETs meanwhile', await other.figures);
}

async function benchWatches(api: ApiProcess): Promise<void> {
  head('1000 watchers of pods, 500 changes/s: from asking for the change (goal: p99 under 50 ms)');
  for (const [index, { ofNode, connections, perSecond }] of [
    { ofNode: true, connections: 100, perSecond: 500 },
    // Each change to each watcher: 500/s would be 2 GB/s of TLS, which no two cores write and read.
    { ofNode: false, connections: 100, perSecond: 10 },
  ].entries()) {
    const ms = 6_000;
    const watching = {
      kind: 'watch',
      version: 2,
      watchers: 1_000,
      connections,
      ofNode,
      ms,
    } as const;
    const changing = {
      kind: 'change',
      nodes: 1_000,
      perSecond,
      name: `w${index}`,
      ms,
    } as const;
    const writer = load(api, changing);
    await writer.ready;
    const watchers = load(api, watching);
    await watchers.ready;
    const cpu = cpuSeconds(api);
    watchers.go();
    writer.go();
    const [seen, written] = await Promise.all([watchers.figures, writer.figures]);
    const title = ofNode ? 'each of one node' : 'each of all';
    row(`${title}: events`, seen, `CPU ${percent(cpuSeconds(api) - cpu, ms)}`);
    row(`${title}: the changes`, written);
    console.log(`    ${(seen.count / seen.seconds).toFixed(0)} events/s in all`);
  }
}

interface Load {
  readonly figures: Promise<Figures>;
  readonly ready: Promise<unknown>;
  go(): void;
}

function load({ port, credentials }: ApiProcess, asking: Asking): Load {
  const target = { port, ...credentials.call(api) };
  const child = fork(new URL('apiserver-load.ts', import.meta.url));
  child.send({ ...asking, target });
  return {
    figures: figuresOf(child),
    ready: once(child, 'message'),
    go: () => void child.send('go'),
  };
}

function figuresOf(child: ChildProcess): Promise<Figures> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (message !== 'ready') resolve(message as Figures);
    });
    child.once('exit', (code) => reject(new Error(`the clients ended with ${code}`)));
  });
}

async function measure(api: ApiProcess, title: string, asking: Asking): Promise<void> {
  const cpu = cpuSeconds(api);
  const figures = await load(api, asking).figures;
  const us = ((cpuSeconds(api) - cpu) / figures.count) * 1e6;
  row(title, figures, `${us.toFixed(0)} us CPU each`);
}

function head(title: string): void {
  const columns = ['/s', 'p50', 'p99', 'max'].map((each) => each.padStart(10));
  console.log(`\n${title}\n  ${''.padEnd(40)}${columns.join('')}`);
}

function row(title: string, { latencies, seconds, failures }: Figures, note = ''): void {
  const { p50, p99, count } = summarise(latencies);
  const most = latencies.reduce((a, b) => Math.max(a, b), 0);
  const cells = [
    (count / seconds).toFixed(0),
    ...[p50, p99, most].map((ms) => (ms ?? 0).toFixed(2)),
  ];
  console.log(`  ${title.padEnd(40)}${cells.map((cell) => cell.padStart(10)).join('')}  ${note}`);
  if (failures.length === 0) return;
  console.log(`    FAILED: ${failures.join('; ')}`);
  process.exitCode = 1;
}

/** Milliseconds since it was last asked, as the server itself measured it. */
async function longestStall(wire: Wire): Promise<string> {
  let text = '';
  wire.onData = (piece) => {
    text += piece;
  };
  await wire.ask({ method: 'GET', path: '/metrics' });
  wire.onData = undefined;
  const seconds = /^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1];
  return Math.max(0, Number(seconds) * 1000 - loopResolutionMs).toFixed(0);
}

function cpuSeconds({ pid }: ApiProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function rssMb({ pid }: ApiProcess): string {
  const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kb) / 1024).toFixed(0);
}

function percent(seconds: number, ms: number): string {
  return `${((seconds * 100_000) / ms).toFixed(0)} %`;
}
