/**
 * The power goes at any call that a store makes of its files. The calls of a real run are noted by
 * a shim around it, and what may be on the disk after each is made from them and opened.
 *
 * WHERRY_POWER_CUTS=10000 cuts at more points than the few hundred of an ordinary run.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { RevisionDatabase } from '../../store/sqlite/database.ts';
import { DiskModel, type Luck, lucky, torn, unlucky } from './disk-model.ts';
import { type Ack, buildShim, type Call, parseAcks, readLog, runStore } from './io-shim.ts';

const cuts = Number(process.env.WHERRY_POWER_CUTS ?? 150);
const writes = 1_500;

let folder: string;
let calls: readonly Call[];

test.before(async (t) => {
  folder = mkdtempSync(join(tmpdir(), `wherry-power-${process.pid}-`));
  mkdirSync(join(folder, 'live'));
  const log = join(folder, 'log');
  const shim = buildShim(folder);
  const options = { shim, folder: join(folder, 'live'), count: writes, log };
  const { code, text } = await runStore(options);
  t.is(code, 0, text);
  calls = readLog(log);
});

test.after.always(() => rmSync(folder, { recursive: true }));

test('reliability E2: a power cut at any write or sync loses no acknowledged write', async (t) => {
  t.timeout(60_000 + cuts * 300);
  const chosen = chooseCuts();
  const { problems, times } = await cutAt(chosen, () => true);
  const slowest = Math.max(...times).toFixed(0);
  t.log(
    `${times.length} cuts of ${calls.length * 3}, ${writes} writes: ${problems.length} problems; ` +
      `recovered within ${slowest} ms`,
  );
  t.deepEqual(problems.slice(0, 5), []);
  t.true(times.length >= cuts * 3);
});

test('the cuts find out a store that acknowledges before it syncs', async (t) => {
  t.timeout(60_000 + cuts * 300);
  const some = new Set([...chooseCuts()].filter((index) => index % 5 === 0));
  const isTold = ({ type, path }: Call) => !(type === 's' && path.endsWith('-wal'));
  const { problems } = await cutAt(some, isTold);
  t.true(problems.length > some.size / 2, `${problems.length} of ${some.size}`);
});

/** `isTold`: whether the disk is told of a call at all. */
async function cutAt(chosen: ReadonlySet<number>, isTold: (call: Call) => boolean) {
  const disk = new DiskModel(join(folder, 'live'));
  const acked = new Map<string, Ack>();
  // Memory, where there is some: the files of a cut are read once and thrown away.
  const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : folder, 'wherry-cut-'));
  const problems: string[] = [];
  const times: number[] = [];
  for (const [index, call] of calls.entries()) {
    if (call.path.endsWith('.acks')) {
      for (const ack of parseAcks(call.bytes.toString())) acked.set(ack.key, ack);
    } else if (isTold(call)) disk.take(call);
    if (!chosen.has(index)) continue;
    await setImmediate(); // The runner must hear that this goes on.
    for (const luck of [unlucky, lucky, torn(index)]) {
      const began = performance.now();
      const found = recover(place, { disk, luck, acked });
      times.push(performance.now() - began);
      problems.push(...found.map((problem) => `cut ${index}, ${luck.name}: ${problem}`));
    }
  }
  rmSync(place, { recursive: true, force: true });
  return { problems, times };
}

/** All turns of events that are rare, and of the rest an even share. */
function chooseCuts(): Set<number> {
  const isRare = ({ type, path }: Call) => type !== 'w' && !(type === 's' && /-wal$/.test(path));
  const chosen = new Set(calls.flatMap((call, index) => (isRare(call) ? [index, index - 1] : [])));
  chosen.delete(-1);
  const step = Math.max(1, calls.length / cuts);
  for (let at = 0; at < calls.length; at += step) chosen.add(Math.floor(at));
  return chosen;
}

interface Cut {
  readonly disk: DiskModel;
  readonly luck: Luck;
  readonly acked: ReadonlyMap<string, Ack>;
}

/** Opens what is left, compares it with what was acknowledged, and writes once more. */
function recover(place: string, { disk, luck, acked }: Cut): string[] {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  disk.materialize(place, luck);
  let database: RevisionDatabase;
  try {
    database = new RevisionDatabase(join(place, 'state.db'));
  } catch (error) {
    return [`does not open: ${(error as Error).message}`];
  }
  const problems: string[] = [];
  const { rows, revision } = database.list({ prefix: '' });
  const found = new Map(
    rows.map(({ key, value }) => [key, Number.parseInt(Buffer.from(value!).toString(), 10)]),
  );
  for (const { key, index, revision: own } of acked.values()) {
    const now = found.get(key);
    // The next write of the same key may have been on its way.
    if (now !== index && now !== index + 10) problems.push(`${key} is ${now}, not ${index}`);
    if (own > revision) problems.push(`it went back to ${revision}, before ${own}`);
  }
  const change = { key: 'after', value: Buffer.from('x') };
  database.group(() => database.transact({ conditions: [], changes: [change] }));
  if (database.revision !== revision + 1) problems.push('the next revision does not follow');
  database.close();
  return problems;
}
