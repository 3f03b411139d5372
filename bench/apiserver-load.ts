/** The clients of the apiserver scenario, in a process of their own: one task in, its figures out. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { podOf, podsPath } from './apiserver-pod.ts';
import { openWire, type Target, type Wire } from './apiserver-wire.ts';

export type Task = { readonly target: Target } & (
  | {
      /** Creates pods NAME-0 … from many connections, each with one request at a time. */
      readonly kind: 'create';
      readonly version: 1 | 2;
      readonly connections: number;
      readonly count: number;
      readonly name: string;
    }
  | {
      /** Reads pods at random. `streams`: requests of one connection that are on their way. */
      readonly kind: 'get';
      readonly version: 1 | 2;
      readonly connections: number;
      readonly streams: number;
      readonly ms: number;
      readonly names: readonly string[];
    }
  | {
      readonly kind: 'list';
      readonly version: 1 | 2;
      readonly rounds: number;
      readonly path: string;
    }
  | {
      /** Each watcher is a stream. Events tell when they were asked for: see `change`. */
      readonly kind: 'watch';
      readonly version: 1 | 2;
      readonly watchers: number;
      readonly connections: number;
      /** Each watches the pods of its own node, as an agent does; else all watch all. */
      readonly ofNode: boolean;
      readonly ms: number;
    }
  | {
      /** Creates a pod for each node, then writes one after the other at this rate. */
      readonly kind: 'change';
      readonly nodes: number;
      readonly perSecond: number;
      readonly ms: number;
      readonly name: string;
    }
);

export interface Figures {
  /** Of each request or event, in milliseconds. */
  readonly latencies: readonly number[];
  readonly seconds: number;
  readonly count: number;
  /** What did not go as it should. */
  readonly failures: readonly string[];
}

/** A task that has to get ready first says so, and goes on when it hears anything. */
async function ready(): Promise<void> {
  process.send!('ready');
  await once(process, 'message');
}

process.once('message', (task: Task) => {
  run(task).then(
    (figures) => process.send!(figures, () => process.exit()),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});

function run(task: Task): Promise<Figures> {
  switch (task.kind) {
    case 'create':
      return create(task);
    case 'get':
      return get(task);
    case 'list':
      return list(task);
    case 'watch':
      return watch(task);
    case 'change':
      return change(task);
  }
}

type Of<K extends Task['kind']> = Extract<Task, { kind: K }>;

class Tally implements Figures {
  readonly latencies: number[] = [];
  readonly failures: string[] = [];
  seconds = 0;

  get count(): number {
    return this.latencies.length;
  }

  /** Runs the work and takes its time. */
  async over(work: () => Promise<unknown>): Promise<Figures> {
    const begun = performance.now();
    await work();
    this.seconds = (performance.now() - begun) / 1000;
    const { latencies, failures, seconds, count } = this;
    return { latencies, failures: failures.slice(0, 5), seconds, count };
  }

  async one(code: number, work: () => ReturnType<Wire['ask']>): Promise<number> {
    const begun = performance.now();
    const answered = await work();
    this.latencies.push(performance.now() - begun);
    if (answered.code !== code) this.failures.push(`answered ${answered.code}`);
    return answered.bytes;
  }
}

const openAll = ({ target, version, connections }: Of<'create' | 'get' | 'watch'>) =>
  Promise.all(Array.from({ length: connections }, () => openWire(target, version)));

async function create(task: Of<'create'>): Promise<Figures> {
  const wires = await openAll(task);
  const tally = new Tally();
  let next = 0;
  return tally.over(() =>
    Promise.all(
      wires.map(async (wire) => {
        while (next < task.count) {
          const body = JSON.stringify(podOf(`${task.name}-${next++}`));
          await tally.one(201, () => wire.ask({ method: 'POST', path: podsPath, body }));
        }
      }),
    ),
  );
}

async function get(task: Of<'get'>): Promise<Figures> {
  const wires = await openAll(task);
  const tally = new Tally();
  const end = performance.now() + task.ms;
  const ask = async (wire: Wire) => {
    while (performance.now() < end) {
      const name = task.names[Math.floor(Math.random() * task.names.length)];
      await tally.one(200, () => wire.ask({ method: 'GET', path: `${podsPath}/${name}` }));
    }
  };
  return tally.over(() =>
    Promise.all(wires.flatMap((wire) => Array.from({ length: task.streams }, () => ask(wire)))),
  );
}

async function list(task: Of<'list'>): Promise<Figures> {
  const wire = await openWire(task.target, task.version);
  const tally = new Tally();
  return tally.over(async () => {
    for (let round = 0; round < task.rounds; round++) {
      const bytes = await tally.one(200, () => wire.ask({ method: 'GET', path: task.path }));
      if (bytes < 1000) tally.failures.push(`a list of ${bytes} bytes`);
      await sleep(100);
    }
  });
}

const mark = '"example.com/at":"';
const nowMs = () => performance.timeOrigin + performance.now();
const nodeOf = (index: number) => `node-${index}`;
/** Of so many that watch all, one reads what it gets: reading all would be the bench's time. */
const readShare = 50;

async function watch(task: Of<'watch'>): Promise<Figures> {
  const wires = await openAll(task);
  const tally = new Tally();
  let lines = 0;
  for (const [index, wire] of wires.entries()) {
    const isRead = task.ofNode || index % readShare === 0;
    wire.onData = (piece) => {
      for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines += 1;
      if (!isRead) return;
      for (let at = piece.indexOf(mark); at >= 0; at = piece.indexOf(mark, at + 1)) {
        const begin = at + mark.length;
        const asked = Number(piece.toString('latin1', begin, piece.indexOf(0x22, begin)));
        if (asked > 0) tally.latencies.push(nowMs() - asked);
      }
    };
  }
  const from = await newest(task.target);
  for (let index = 0; index < task.watchers; index++) {
    const selector = task.ofNode ? `&fieldSelector=spec.nodeName%3D${nodeOf(index)}` : '';
    const path = `/api/v1/pods?watch=1&resourceVersion=${from}${selector}`;
    wires[index % wires.length]!.ask({ method: 'GET', path }).catch((error) => {
      tally.failures.push(error.message);
    });
  }
  await sleep(1_500);
  await ready();
  lines = 0;
  tally.latencies.length = 0;
  const figures = await tally.over(() => sleep(task.ms));
  return { ...figures, count: lines };
}

/** The newest resourceVersion. */
async function newest(target: Target): Promise<string> {
  const wire = await openWire(target, 2);
  let text = '';
  wire.onData = (piece) => {
    text += piece;
  };
  await wire.ask({ method: 'GET', path: '/api/v1/namespaces?limit=1' });
  wire.close();
  return /"resourceVersion":"(\d+)"/.exec(text)![1]!;
}

async function change(task: Of<'change'>): Promise<Figures> {
  const wires = await openAll({ ...task, kind: 'create', version: 2, connections: 8, count: 0 });
  const bodies = Array.from({ length: task.nodes }, (_, index) => {
    return JSON.stringify(podOf(`${task.name}-${index}`, { nodeName: nodeOf(index) }));
  });
  await Promise.all(
    wires.map(async (wire, first) => {
      for (let index = first; index < bodies.length; index += wires.length) {
        await wire.ask({ method: 'POST', path: podsPath, body: bodies[index]! });
      }
    }),
  );
  const tally = new Tally();
  await ready();
  const begun = performance.now();
  return tally.over(async () => {
    const asked: Promise<unknown>[] = [];
    for (let turn = 0; performance.now() - begun < task.ms; ) {
      const due = Math.floor(((performance.now() - begun) * task.perSecond) / 1000);
      for (; turn < due; turn++) {
        const index = (turn * 7) % task.nodes;
        const path = `${podsPath}/${task.name}-${index}`;
        const body = `{"metadata":{"annotations":{"example.com/at":"${nowMs().toFixed(2)}"}}}`;
        const wire = wires[turn % wires.length]!;
        asked.push(tally.one(200, () => wire.ask({ method: 'PATCH', path, body })));
      }
      await sleep(1);
    }
    await Promise.all(asked);
  });
}
