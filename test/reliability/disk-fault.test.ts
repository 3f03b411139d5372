/**
 * The disk fails at the Nth call: an error, a write cut short, a sync that did not happen, no space
 * for a while. WHERRY_DISK_FAULTS=500 fails at more places than an ordinary run.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { RevisionDatabase } from '../../store/sqlite/database.ts';
import { buildShim, parseAcks, runStore } from './io-shim.ts';

const places = Number(process.env.WHERRY_DISK_FAULTS ?? 6);
const writes = 120;

const folder = mkdtempSync(join(tmpdir(), `wherry-fault-${process.pid}-`));
let shim: string;
let calls: number; // Of a run without faults, about.
test.before(() => {
  shim = buildShim(folder);
  calls = writes * 4;
});
test.after.always(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly at: number;
  readonly code: number;
  readonly text: string;
  readonly acked: number;
  readonly lost: readonly string[];
}

/** One run that fails at a place; then what was acknowledged must be there. */
async function runOnce(kind: string, at: number): Promise<Outcome> {
  const live = join(folder, `${kind}-${at}`);
  mkdirSync(live);
  const { code, text } = await runStore({
    shim,
    folder: live,
    count: writes,
    fail: `${at}:${kind}`,
  });
  const file = join(live, 'state.db');
  const acked = parseAcks(readAcks(file));
  const database = new RevisionDatabase(file);
  const { rows } = database.list({ prefix: '' });
  database.close();
  const found = new Map(rows.map(({ key, value }) => [key, Buffer.from(value!).toString()]));
  const newest = new Map(acked.map((ack) => [ack.key, ack]));
  const lost = [...newest.values()]
    .filter(({ key, index }) => {
      const now = Number.parseInt(found.get(key) ?? '', 10);
      return now !== index && now !== index + 10; // The next may have been on its way.
    })
    .map(
      ({ key, index }) =>
        `${kind} at ${at}: ${key} is ${found.get(key)?.slice(0, 5)}, not ${index}`,
    );
  rmSync(live, { recursive: true });
  return { at, code, text, acked: acked.length, lost };
}

function readAcks(file: string): string {
  try {
    return readFileSync(`${file}.acks`, 'utf8');
  } catch {
    return ''; // It failed before the first.
  }
}

/** Places spread over the run, each another one: `spread(100, 3)` is about 12, 45, 79. */
const spread = (max: number) =>
  Array.from({ length: places }, (_, index) => 1 + Math.floor(((index + 0.37) * max) / places));

async function runAll(kind: string, max: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const at of new Set(spread(max))) outcomes.push(await runOnce(kind, at));
  return outcomes;
}

const summary = (kind: string, outcomes: readonly Outcome[]) => {
  const lost = outcomes.flatMap((each) => each.lost).length;
  const ended = outcomes.filter(({ code }) => code === 7).length;
  const acked = outcomes.reduce((sum, each) => sum + each.acked, 0);
  return `${kind}: ${outcomes.length} runs, ${acked} acknowledged, ${lost} lost, ${ended} ended`;
};

const lostIn = (outcomes: readonly Outcome[]) => outcomes.flatMap(({ lost }) => lost);
const ways = (outcomes: readonly Outcome[]) =>
  outcomes.filter(({ code }) => code !== 0 && code !== 7).map(({ text }) => text);

test.serial(
  'reliability E3: after a sync that failed the process ends, and nothing is lost',
  async (t) => {
    t.timeout(60_000 + places * 3_000);
    const outcomes = await runAll('fsync', 40);
    t.log(summary('fsync', outcomes));
    t.deepEqual(lostIn(outcomes), []);
    t.deepEqual(ways(outcomes), []);
    t.true(
      outcomes.every(({ code, acked }) => code === 7 || acked === writes),
      'either the sync did not come any more, or it ended the process',
    );
    t.true(outcomes.filter(({ code }) => code === 7).length > places / 2);
  },
);

test.serial(
  'reliability E3: a write that fails or is cut short is never acknowledged',
  async (t) => {
    t.timeout(60_000 + places * 3_000);
    for (const kind of ['eio', 'short']) {
      const outcomes = await runAll(kind, calls);
      t.log(summary(kind, outcomes));
      t.deepEqual(lostIn(outcomes), []);
      t.deepEqual(ways(outcomes), []);
      t.true(outcomes.every(({ code, acked }) => code === 7 || acked === writes));
    }
  },
);

test.serial('reliability E3: when there is space again writes go on by themselves', async (t) => {
  t.timeout(60_000 + places * 3_000);
  const outcomes = await runAll('enospc', calls);
  t.log(summary('enospc', outcomes));
  t.deepEqual(lostIn(outcomes), []);
  t.deepEqual(ways(outcomes), []);
  // A disk that is full before there is a store is an error of the start.
  const later = outcomes.filter(({ at }) => at > 40);
  t.true(
    later.every(({ code, acked }) => code === 0 && acked === writes),
    JSON.stringify(later),
  );
});
