/** What watchers that never read do to an API server and to those that do read. */
import { readFileSync } from 'node:fs';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../apiserver/testing.ts';
import { type ApiProcess, createApiProcess } from './api-process.ts';

export interface SlowOptions {
  readonly slow: number;
  readonly fast: number;
  readonly events: number;
  readonly bytes: number; // Of each.
  /** What Node runs; absent: the source. */
  readonly program?: readonly string[];
}

export interface SlowFigures {
  /** Resident memory at most: without the slow ones, and with them. */
  readonly rssMb: { readonly without: number; readonly with: number };
  /** From asking for a change to reading it, by those that read, in milliseconds. */
  readonly latencies: { readonly without: number[]; readonly with: number[] };
  readonly closed: number; // Of the slow ones, by the server.
  readonly problems: string[];
}

const path = '/api/v1/namespaces/default/configmaps';
const objects = 50;
const writers = 8;
const perSession = 50;

export async function runSlowWatchers(options: SlowOptions): Promise<SlowFigures> {
  const api = await createApiProcess([], options.program);
  try {
    await api.start();
    return await measure(api, options);
  } finally {
    await api.remove();
  }
}

async function measure(api: ApiProcess, options: SlowOptions): Promise<SlowFigures> {
  const sessions = Array.from({ length: writers }, () => api.connect());
  const writing = { api, options, sessions };
  for (let index = 0; index < objects; index++) await write(writing, index);
  const problems: string[] = [];
  const phase = async () => {
    const readers = Array.from({ length: options.fast }, (_, index) =>
      follow(sessions[index % writers]!, options.events),
    );
    await sleep(300);
    const rssMb = await change(writing);
    const seen = await Promise.all(readers);
    for (const { revisions } of seen) {
      if (revisions.length !== options.events) problems.push(`a reader got ${revisions.length}`);
      if (!isAscending(revisions)) problems.push('a reader got events out of order');
    }
    return { rssMb, latencies: seen.flatMap((each) => each.latencies), all: seen[0]!.revisions };
  };
  await phase(); // The server's memory grows until it has done the work once.
  const without = await phase();
  const idle = openIdle(api, options.slow, without.all.at(-1)!);
  await sleep(1_000);
  const crowded = await phase();
  await sleep(500);
  const closed = idle.filter(({ stream }) => stream.closed).length;
  for (const { stream } of idle) problems.push(...(await checkRest(stream, crowded.all)));
  problems.push(...(await checkRelist(sessions[0]!, crowded.all)));
  for (const session of [...sessions, ...idle.map((each) => each.session)]) session.destroy();
  return {
    rssMb: { without: without.rssMb, with: crowded.rssMb },
    latencies: { without: without.latencies, with: crowded.latencies },
    closed,
    problems,
  };
}

const isAscending = (values: readonly number[]) =>
  values.every((value, index) => index === 0 || value > values[index - 1]!);

interface Writing {
  readonly api: ApiProcess;
  readonly options: SlowOptions;
  readonly sessions: readonly ClientHttp2Session[];
}

async function write({ options, sessions }: Writing, turn: number): Promise<void> {
  const name = `big-${turn % objects}`;
  const text = 'x'.repeat(options.bytes - 300);
  const data = { at: String(performance.now()), text };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
  const session = sessions[turn % writers]!;
  const line = turn < objects ? `POST ${path}` : `PUT ${path}/${name}`;
  const { code } = await ask(session, line, object);
  if (code >= 300) throw new Error(`${line}: ${code}`);
}

/** Writes all events; the most memory that the server had meanwhile. */
async function change(writing: Writing): Promise<number> {
  let most = 0;
  let next = objects;
  const timer = setInterval(() => {
    most = Math.max(most, residentMb(writing.api));
  }, 50);
  await Promise.all(
    writing.sessions.map(async () => {
      while (next < objects + writing.options.events) await write(writing, next++);
    }),
  );
  clearInterval(timer);
  return Math.max(most, residentMb(writing.api));
}

function residentMb({ pid }: ApiProcess): number {
  const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** Reads until it has seen so many changes. */
async function follow(session: ClientHttp2Session, count: number) {
  const { body } = await ask(session, `GET ${path}?limit=1`);
  const from = body.metadata.resourceVersion;
  const stream = session.request({ ':path': `${path}?watch=1&resourceVersion=${from}` });
  const revisions: number[] = [];
  const latencies: number[] = [];
  for await (const line of linesOf(stream)) {
    const { object } = JSON.parse(line);
    revisions.push(Number(object.metadata.resourceVersion));
    latencies.push(performance.now() - Number(object.data.at));
    if (revisions.length === count) break;
  }
  stream.close();
  return { revisions, latencies };
}

async function* linesOf(stream: ClientHttp2Stream): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (text + chunk).split('\n');
    text = lines.pop()!;
    yield* lines;
  }
}

interface Idle {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
}

/** Watches that nobody reads: not even what the client's own buffers have taken. */
function openIdle(api: ApiProcess, count: number, from: number): Idle[] {
  let session: ClientHttp2Session;
  return Array.from({ length: count }, (_, index) => {
    if (index % perSession === 0) session = api.connect();
    const stream = session.request({ ':path': `${path}?watch=1&resourceVersion=${from}` });
    stream.on('error', () => {});
    return { session, stream };
  });
}

/** What it got before it was closed has no gap. */
async function checkRest(stream: ClientHttp2Stream, all: readonly number[]): Promise<string[]> {
  if (!stream.closed) return ['a watcher that does not read was not closed'];
  const text: string = stream.setEncoding('utf8').read() ?? '';
  const lines = text.split('\n').slice(0, -1); // The last one was cut.
  const own = lines
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'MODIFIED')
    .map(({ object }) => Number(object.metadata.resourceVersion));
  const isPrefix = own.every((revision, index) => revision === all[index]);
  return isPrefix ? [] : ['a watcher that was closed had missed a change'];
}

/** Whoever was closed lists again, and has all. */
async function checkRelist(session: ClientHttp2Session, all: readonly number[]): Promise<string[]> {
  const { body } = await ask(session, `GET ${path}`);
  const found: string[] = body.items
    .filter(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith('big-'))
    .map(({ metadata }: { metadata: { resourceVersion: string } }) => metadata.resourceVersion);
  const newest = found.map(Number).sort((a, b) => a - b);
  const wanted = all.slice(-newest.length);
  const isSame = newest.length === objects && newest.at(-1) === all.at(-1);
  return isSame ? [] : [`a new list has ${newest.at(-1)}, the last change was ${wanted.at(-1)}`];
}
