/**
 * Watches of a store while connections are cut, etcd is killed and the past is compacted: each event
 * once, in order, none missing, and Expired only for who was behind what was compacted.
 * WHERRY_WATCH_SECONDS=60 goes on for longer than an ordinary run.
 */
import { createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { hasReason } from '../../base/errors.ts';
import { openEtcdStore } from '../../store/etcd/open.ts';
import type { Store } from '../../store/store.ts';
import { startEtcd } from '../helpers/etcd.ts';
import { judge, type SeenEvent, type Watched, type Write } from '../helpers/history.ts';

const seconds = Number(process.env.WHERRY_WATCH_SECONDS ?? 4);
const watchers = 8;
const writers = 4;
const keptRevisions = 60;

/** Passes everything on to a server until `cut` ends all connections at once. */
async function startProxy(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cut,
    close() {
      cut();
      server.close();
    },
  };
}

interface World {
  readonly writes: Write[];
  compacted: number;
  isOver: boolean;
  /** The last revision, once all writers have ended. */
  last: number;
}

async function write(store: Store, world: World, writer: number): Promise<void> {
  for (let turn = 0; !world.isOver; turn++) {
    const key = `/k/w${writer}-${turn % 4}`;
    const value = turn % 9 === 8 ? undefined : `${writer}-${turn}`;
    const start = performance.now();
    let revision: number | undefined;
    try {
      const changes = [{ key, value: value === undefined ? undefined : Buffer.from(value) }];
      const before = await store.get(key);
      if (value === undefined && !before.entry) continue; // It would be no event.
      revision = (await store.transact({ conditions: [], changes })).revision;
    } catch {
      await sleep(20);
    }
    world.writes.push({ key, value, start, end: performance.now(), revision });
  }
}

/** Watches until the end; whenever it is Expired it begins anew, with what is then the newest. */
async function follow(store: Store, world: World): Promise<{ lives: Watched[]; wrong: string[] }> {
  const lives: Watched[] = [];
  const wrong: string[] = [];
  for (let isDone = false; !isDone; ) {
    const after = await newest(store);
    const events: SeenEvent[] = [];
    let last = after;
    const error = await new Promise<Error | undefined>((resolve) => {
      const check = () => {
        if (!world.isOver || last < world.last || world.last === 0) return;
        clearInterval(timer);
        watching.close();
        resolve(undefined);
      };
      const timer = setInterval(check, 20);
      const watching = store.watch({
        prefix: '/k/',
        after,
        onEvents: (some) => {
          for (const { key, value, revision } of some) {
            events.push({ key, value: value && Buffer.from(value).toString(), revision });
          }
        },
        onProgress: (revision) => {
          last = revision;
        },
        onError: (problem) => {
          clearInterval(timer);
          resolve(problem);
        },
      });
    });
    lives.push({ after, until: last, events });
    isDone = error === undefined;
    if (error && !hasReason(error, 'Expired')) wrong.push(error.message);
    if (error && last >= world.compacted) wrong.push(`at ${last}: ${error.message}`);
  }
  return { lives, wrong };
}

async function newest(store: Store): Promise<number> {
  for (;;) {
    try {
      return await store.currentRevision();
    } catch {
      await sleep(20);
    }
  }
}

test('reliability E5: watches over cuts, kills and compaction miss nothing and repeat nothing', async (t) => {
  t.timeout(60_000 + seconds * 2_000);
  const etcd = await startEtcd();
  t.teardown(() => etcd.remove());
  const proxy = await startProxy(etcd.urls[0]!);
  t.teardown(() => proxy.close());
  const direct = await openEtcdStore({ servers: etcd.urls });
  const cutOff = await openEtcdStore({ servers: [proxy.url] });
  t.teardown(() => Promise.all([direct.close(), cutOff.close()]));
  const world: World = { writes: [], compacted: 0, isOver: false, last: 0 };
  const following = Array.from({ length: watchers }, () => follow(cutOff, world));
  const writing = Array.from({ length: writers }, (_, writer) => write(direct, world, writer));
  const counts = { cuts: 0, compactions: 0, kills: 0 };
  const end = performance.now() + seconds * 1_000;
  for (let turn = 0; performance.now() < end; turn++) {
    await sleep(20 + Math.random() * 80);
    if (turn % 3 === 0) {
      proxy.cut();
      counts.cuts += 1;
    }
    if (turn % 5 === 4) {
      const target = (await newest(direct)) - keptRevisions;
      // Noted first: a watch may be told of it before we are.
      world.compacted = Math.max(world.compacted, target);
      await direct.compact(target).catch(() => {});
      counts.compactions += 1;
    }
    if (turn % 30 === 20) {
      await etcd.kill();
      await etcd.restart();
      counts.kills += 1;
    }
  }
  world.isOver = true;
  await Promise.all(writing);
  world.last = await newest(direct);
  const followed = await Promise.all(following);
  const { entries } = await direct.list({ prefix: '/k/' });
  const final = entries.map(({ key, value, revision }) => {
    return { key, value: Buffer.from(value).toString(), revision };
  });
  const watches = followed.flatMap(({ lives }) => lives);
  const problems = judge({ writes: world.writes, watches, final });
  const events = watches.reduce((sum, each) => sum + each.events.length, 0);
  t.log(
    `${watchers} watchers, ${events} events, ${counts.cuts} cuts, ${counts.kills} kills, ` +
      `${counts.compactions} compactions, ${watches.length - watchers} expired, ` +
      `${problems.length} problems`,
  );
  t.deepEqual(problems.slice(0, 10), []);
  t.deepEqual(
    followed.flatMap(({ wrong }) => wrong),
    [],
  );
  t.true(events > 500);
  t.true(counts.cuts > 5 && counts.compactions > 3);
});
