import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type LogOptions, parseLogOptions } from './options.ts';
import { openLog } from './read.ts';

const lines = [
  '2026-11-22T10:00:00.000000001Z stdout F one',
  '2026-11-22T10:00:01.000000000Z stderr F two',
  '2026-11-22T10:00:02.000000000Z stdout P thr',
  '2026-11-22T10:00:02.000000001Z stdout F ee',
  '2026-11-22T10:00:03.000000000Z stdout F four',
];

function makeLog(t: ExecutionContext, content: readonly string[] = lines): string {
  const dir = mkdtempSync(join(tmpdir(), 'wherry-log-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const path = join(dir, '0.log');
  writeFileSync(path, content.map((line) => `${line}\n`).join(''));
  return path;
}

async function read(path: string, query: string): Promise<string> {
  const options = parseLogOptions(new URLSearchParams(query), Date.parse('2026-11-22T10:00:03.5Z'));
  const still = { signal: new AbortController().signal, ended: Promise.resolve() };
  const pieces: Buffer[] = [];
  for await (const piece of await openLog(path, options, still)) pieces.push(piece);
  return String(Buffer.concat(pieces));
}

const cases: { query: string; want: string }[] = [
  { query: '', want: 'one\ntwo\nthree\nfour\n' },
  { query: 'tailLines=1', want: 'four\n' },
  { query: 'tailLines=0', want: '' },
  { query: 'tailLines=99', want: 'one\ntwo\nthree\nfour\n' },
  { query: 'sinceTime=2026-11-22T10:00:02Z', want: 'three\nfour\n' },
  { query: 'sinceSeconds=1', want: 'four\n' },
  { query: 'limitBytes=5', want: 'one\nt' },
  { query: 'stream=Stderr', want: 'two\n' },
  { query: 'tailLines=1&timestamps=true', want: '2026-11-22T10:00:03.000000000Z four\n' },
  {
    query: 'timestamps=true&sinceTime=2026-11-22T10:00:02Z',
    want: '2026-11-22T10:00:02.000000000Z three\n2026-11-22T10:00:03.000000000Z four\n',
  },
];
for (const { query, want } of cases) {
  test(`openLog with "${query}"`, async (t) => t.is(await read(makeLog(t), query), want));
}

test('openLog finds the tail of a file of many blocks', async (t) => {
  const many = Array.from({ length: 5000 }, (_, i) => `2026-11-22T10:00:00Z stdout F line ${i}`);
  t.is(await read(makeLog(t, many), 'tailLines=3'), 'line 4997\nline 4998\nline 4999\n');
  t.is((await read(makeLog(t, many), 'tailLines=4000')).split('\n').length, 4001);
});

test('openLog passes over a last line that a crash has cut short', async (t) => {
  const path = makeLog(t);
  appendFileSync(path, '2026-11-22T10:00:04Z stdo');
  t.is(await read(path, ''), 'one\ntwo\nthree\nfour\n');
});

test('openLog follows until the container has ended, and loses no line', async (t) => {
  const path = makeLog(t, []);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const options: LogOptions = { follow: true, previous: false, timestamps: false };
  const seen: string[] = [];
  const reading = (async () => {
    const signal = new AbortController().signal;
    for await (const piece of await openLog(path, options, { signal, ended }))
      seen.push(String(piece));
  })();
  for (let i = 0; i < 200; i++) {
    appendFileSync(path, `2026-11-22T10:00:00Z stdout F ${i}\n`);
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  end();
  await reading;
  t.deepEqual(
    seen,
    Array.from({ length: 200 }, (_, i) => `${i}\n`),
  );
});

test('openLog stops following when the reader has gone', async (t) => {
  const gone = new AbortController();
  const never = new Promise<void>(() => {});
  const options: LogOptions = { follow: true, previous: false, timestamps: false };
  const seen: string[] = [];
  for await (const piece of await openLog(makeLog(t), options, {
    signal: gone.signal,
    ended: never,
  })) {
    seen.push(String(piece));
    if (seen.length === 5) gone.abort();
  }
  t.is(seen.length, 5);
});

test('R15: openLog follows no link', async (t) => {
  const path = makeLog(t);
  symlinkSync('/etc/passwd', `${path}.link`);
  await t.throwsAsync(read(`${path}.link`, ''), { code: 'ELOOP' });
});

for (const query of [
  'tailLines=-1',
  'limitBytes=0',
  'sinceSeconds=x',
  'sinceTime=soon',
  'stream=x',
]) {
  test(`"${query}" is refused`, (t) => {
    t.throws(() => parseLogOptions(new URLSearchParams(query), 0), { name: 'StatusError' });
  });
}
