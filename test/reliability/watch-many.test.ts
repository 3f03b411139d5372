/**
 * Many watchers of one API server while their connections are cut, the server is killed and the store
 * is compacted under it. WHERRY_WATCHERS=1000 and WHERRY_WATCH_SECONDS=60 make it as large as the
 * checklist has it.
 */
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { ask } from '../../apiserver/testing.ts';
import { openEtcdStore } from '../../store/etcd/open.ts';
import { type ApiProcess, createApiProcess } from '../helpers/api-process.ts';
import { startEtcd } from '../helpers/etcd.ts';
import { judge, type SeenEvent, type Watched, type Write } from '../helpers/history.ts';

const watchers = Number(process.env.WHERRY_WATCHERS ?? 64);
const seconds = Number(process.env.WHERRY_WATCH_SECONDS ?? 5);
const perSession = 16;
const writers = 3;
const keptRevisions = 40;
const path = '/api/v1/namespaces/default/configmaps';

class World {
  readonly api: ApiProcess;
  readonly writes: Write[] = [];
  readonly resumedMs: number[] = [];
  readonly wrong: string[] = [];
  readonly sessions: (ClientHttp2Session | undefined)[] = [];
  compacted = 0;
  expired = 0;
  isOver = false;
  last = Infinity;

  constructor(api: ApiProcess) {
    this.api = api;
  }

  /** A connection that some watchers share; anew when it was cut. */
  session(place: number): ClientHttp2Session {
    const known = this.sessions[place];
    if (known && !known.destroyed && !known.closed) return known;
    this.sessions[place] = this.api.connect();
    return this.sessions[place];
  }

  cut(): void {
    this.sessions[Math.floor(Math.random() * this.sessions.length)]?.destroy();
  }
}

interface Item {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data: { readonly value: string };
}

const seen = ({ metadata, data }: Item): SeenEvent => {
  return { key: metadata.name, value: data.value, revision: Number(metadata.resourceVersion) };
};

/** Creates objects, each once: one without an answer may be there or not. */
async function write(world: World, writer: number): Promise<void> {
  for (let turn = 0; !world.isOver; turn++) {
    const key = `w${writer}-${turn}`;
    const object = { metadata: { name: key }, data: { value: key } };
    const start = performance.now();
    let revision: number | undefined;
    try {
      const { code, body } = await ask(world.session(writer), `POST ${path}`, object);
      if (code === 201) revision = Number(body.metadata.resourceVersion);
    } catch {
      await sleep(20);
    }
    world.writes.push({ key, value: key, start, end: performance.now(), revision, basis: 0 });
    await sleep(5);
  }
}

/** Whatever happens, until it has seen the last change; each list begins a new life. */
async function follow(world: World, place: number): Promise<Watched[]> {
  const lives: { after: number; until: number; events: SeenEvent[] }[] = [];
  let isFresh = true;
  let left: number | undefined; // When it was cut.
  while (!world.isOver || isFresh || lives.at(-1)!.until < world.last) {
    try {
      if (isFresh) {
        const { body } = await ask(world.session(place), `GET ${path}?limit=1`);
        const after = Number(body.metadata.resourceVersion);
        lives.push({ after, until: after, events: [] });
        isFresh = false;
      }
      const life = lives.at(-1)!;
      const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${life.until}`;
      const stream = world.session(place).request({ ':path': `${path}?${query}` });
      stream.once('response', () => {
        if (left !== undefined) world.resumedMs.push(performance.now() - left);
      });
      isFresh = await read(world, stream, life);
    } catch {
      // Cut, or there is no server.
    }
    left = performance.now();
    if (!world.isOver) await sleep(Math.random() * 200);
  }
  return lives;
}

/** True when the server has forgotten what this watcher had not seen yet. */
async function read(world: World, stream: ClientHttp2Stream, life: Watched & { until: number }) {
  const timer = setInterval(() => {
    if (world.isOver && life.until >= world.last) stream.close();
  }, 50);
  try {
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      const lines = (text + chunk).split('\n');
      text = lines.pop()!;
      for (const line of lines) {
        const { type, object } = JSON.parse(line);
        if (type === 'ERROR') {
          world.expired += 1;
          if (object.code !== 410) world.wrong.push(`${object.code}: ${object.message}`);
          if (life.until >= world.compacted)
            world.wrong.push(`at ${life.until}: ${object.message}`);
          return true;
        }
        if (type === 'ADDED') (life.events as SeenEvent[]).push(seen(object));
        life.until = Number(object.metadata.resourceVersion);
      }
    }
  } finally {
    clearInterval(timer);
  }
  return false;
}

test('reliability E5: many watchers of an API server, over cuts, kills and compaction', async (t) => {
  t.timeout(120_000 + seconds * 2_000);
  const etcd = await startEtcd();
  t.teardown(() => etcd.remove());
  const store = await openEtcdStore({ servers: etcd.urls });
  t.teardown(() => store.close());
  const api = await createApiProcess([`--etcd-servers=${etcd.urls.join()}`]);
  t.teardown(() => api.remove());
  await api.start();
  const world = new World(api);
  const following = Array.from({ length: watchers }, (_, index) =>
    follow(world, writers + Math.floor(index / perSession)),
  );
  const writing = Array.from({ length: writers }, (_, writer) => write(world, writer));
  const end = performance.now() + seconds * 1_000;
  let kills = 0;
  for (let turn = 1; performance.now() < end; turn++) {
    await sleep(50);
    world.cut();
    if (turn % 10 === 0) {
      const target = (await store.currentRevision()) - keptRevisions;
      world.compacted = Math.max(world.compacted, target);
      await store.compact(target);
    }
    if (turn % 40 !== 0) continue;
    await api.kill();
    await api.start();
    kills += 1;
  }
  world.isOver = true;
  await Promise.all(writing);
  const { body } = await ask(world.session(0), `GET ${path}`);
  const final = (body.items as Item[]).map(seen).filter(({ key }) => key.startsWith('w'));
  world.last = Math.max(...final.map(({ revision }) => revision));
  const watches = (await Promise.all(following)).flat();
  for (const session of world.sessions) session?.destroy();
  const own = watches.map((each) => {
    return { ...each, events: each.events.filter(({ key }) => key.startsWith('w')) };
  });
  const problems = judge({ writes: world.writes, watches: own, final });
  const resumed = world.resumedMs.sort((a, b) => a - b);
  const events = own.reduce((sum, each) => sum + each.events.length, 0);
  t.log(
    `${watchers} watchers, ${world.writes.length} writes, ${events} events, ${resumed.length} ` +
      `resumed, ${kills} kills, ${world.expired} expired, ${problems.length} problems; resumed ` +
      `within ${resumed[Math.floor(resumed.length * 0.99)]?.toFixed(0)} ms (p99)`,
  );
  t.deepEqual(problems.slice(0, 10), []);
  t.deepEqual(world.wrong.slice(0, 10), []);
  t.true(events > watchers * 50);
  t.true(resumed.length > watchers && kills > 0);
});
