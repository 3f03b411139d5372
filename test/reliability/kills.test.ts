/**
 * An API server is killed at any moment while clients write and watch; what they saw is judged as
 * one history. WHERRY_KILLS=200 kills more often than an ordinary run.
 */
import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { ask } from '../../apiserver/testing.ts';
import { type ApiProcess, createApiProcess } from '../helpers/api-process.ts';
import { startEtcd } from '../helpers/etcd.ts';
import { judge, type Read, type SeenEvent, type Write } from '../helpers/history.ts';

const kills = Number(process.env.WHERRY_KILLS ?? 4);
const writers = 8;
const watchers = 4;
const path = '/api/v1/namespaces/default/configmaps';

interface Item {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: { readonly value?: string };
}

const seen = ({ metadata, data }: Item): SeenEvent => ({
  key: metadata.name,
  value: data?.value,
  revision: Number(metadata.resourceVersion),
});

/** What all clients saw, and whether they should go on. */
class Run {
  readonly api: ApiProcess;
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  readonly expired: string[] = [];
  isOver = false;
  #values = 0;

  constructor(api: ApiProcess) {
    this.api = api;
  }

  nextValue(): string {
    this.#values += 1;
    return `v${this.#values}`;
  }
}

/** A client that connects again whenever it has to. */
class Client {
  readonly #api: ApiProcess;
  #session: ClientHttp2Session | undefined;

  constructor(api: ApiProcess) {
    this.#api = api;
  }

  /** Undefined when there was no answer: nobody knows what became of it. */
  async ask(line: string, body?: unknown) {
    if (!this.#session || this.#session.destroyed || this.#session.closed) {
      this.#session = this.#api.connect();
    }
    try {
      const answer = await ask(this.#session, line, body);
      if (answer.code > 0 && answer.code < 500 && answer.body !== '') return answer;
    } catch {
      // As no answer.
    }
    this.#session.destroy();
    await sleep(20);
    return undefined;
  }

  /** Asks until there is an answer. */
  async insist(line: string) {
    for (;;) {
      const answer = await this.ask(line);
      if (answer) return answer;
    }
  }

  close(): void {
    this.#session?.destroy();
  }
}

/** Makes and changes its own objects, each change on the version that it knows. */
async function write(run: Run, writer: number): Promise<void> {
  const client = new Client(run.api);
  const known = new Map<string, number>(); // Versions; 0 = there is none.
  for (let turn = 0; !run.isOver; turn++) {
    const key = `w${writer}-${turn % 5}`;
    const basis = known.get(key) ?? 0;
    const value = run.nextValue();
    const metadata = { name: key, ...(basis > 0 && { resourceVersion: String(basis) }) };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } };
    const start = performance.now();
    const line = basis > 0 ? `PUT ${path}/${key}` : `POST ${path}`;
    const answer = await client.ask(line, object);
    const end = performance.now();
    if (answer && answer.code < 300) {
      const revision = Number(answer.body.metadata.resourceVersion);
      run.writes.push({ key, value, start, end, revision, basis });
      known.set(key, revision);
      continue;
    }
    // Refused because an earlier one without an answer had happened after all; or no answer now.
    if (!answer) run.writes.push({ key, value, start, end, revision: undefined, basis });
    known.set(key, await read(run, client, key));
  }
  client.close();
}

/** The version of an object now; the read itself is judged too. */
async function read(run: Run, client: Client, key: string): Promise<number> {
  const start = performance.now();
  const { body } = await client.insist(`GET ${path}?fieldSelector=metadata.name=${key}`);
  const item: Item | undefined = body.items[0];
  const revision = Number(body.metadata.resourceVersion);
  run.reads.push({ key, value: item?.data?.value, revision, start, end: performance.now() });
  return Number(item?.metadata.resourceVersion ?? 0);
}

/** Watches from `after` on, over all cuts, until it has seen `until` when the run is over. */
async function watch(run: Run, after: number, until: () => number): Promise<SeenEvent[]> {
  const events: SeenEvent[] = [];
  let last = after;
  while (!run.isOver || last < until()) {
    const session = run.api.connect();
    const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${last}`;
    const stream = session.request({ ':path': `${path}?${query}` }).setEncoding('utf8');
    const timer = setInterval(() => run.isOver && last >= until() && stream.close(), 20);
    try {
      let text = '';
      for await (const chunk of stream) {
        const lines = (text + chunk).split('\n');
        text = lines.pop()!;
        for (const line of lines) {
          const { type, object } = JSON.parse(line);
          if (type === 'ERROR') run.expired.push(`${last}: ${object.message}`);
          else if (type !== 'BOOKMARK') events.push(seen(object));
          last = Number(object.metadata?.resourceVersion ?? last);
        }
      }
    } catch {
      // Cut: it goes on where it was.
    }
    clearInterval(timer);
    session.destroy();
    await sleep(20);
  }
  return events;
}

const percentile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]!;

for (const backend of ['SQLite', 'etcd'] as const) {
  const title = `reliability E1, E5: killed API servers on ${backend} lose no write and no event`;
  test.serial(title, async (t) => {
    t.timeout(60_000 + kills * 10_000);
    const etcd = backend === 'etcd' ? await startEtcd() : undefined;
    if (etcd) t.teardown(() => etcd.remove());
    const api = await createApiProcess(etcd ? [`--etcd-servers=${etcd.urls.join()}`] : []);
    t.teardown(() => api.remove());
    await api.start();
    const run = new Run(api);
    const client = new Client(api);
    t.teardown(() => client.close());
    const { body } = await client.insist(`GET ${path}`);
    const after = Number(body.metadata.resourceVersion);
    let until = Infinity;
    const watching = Array.from({ length: watchers }, () => watch(run, after, () => until));
    const writing = Array.from({ length: writers }, (_, writer) => write(run, writer));
    const readyMs: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await sleep(300 + Math.random() * 700);
      await api.kill();
      const began = performance.now();
      await api.start();
      readyMs.push(performance.now() - began);
    }
    await sleep(300);
    run.isOver = true;
    await Promise.all(writing);
    const { body: end } = await client.insist(`GET ${path}`);
    const items: Item[] = end.items;
    const final = items.map(seen).filter(({ key }) => key.startsWith('w'));
    until = Math.max(...final.map(({ revision }) => revision));
    const events = await Promise.all(watching);
    const own = events.map((each) => each.filter(({ key }) => key.startsWith('w')));
    const watches = own.map((each) => ({ after, until, events: each }));
    const { writes, reads } = run;
    const problems = judge({ writes, reads, watches, final });
    const acknowledged = writes.filter(({ revision }) => revision !== undefined).length;
    t.log(
      `${kills} kills, ${acknowledged} acknowledged writes, ${writes.length - acknowledged} without ` +
        `an answer, ${own.flat().length} events, ${problems.length} problems; ` +
        `ready within ${percentile(readyMs, 0.99).toFixed(0)} ms`,
    );
    t.deepEqual(problems.slice(0, 10), []);
    t.deepEqual(run.expired, [], 'nobody was away for longer than the past that is kept');
    t.true(acknowledged > 100);
    t.true(own.every((each) => each.length > 100));
  });
}
