/** The main thread's side of the SQLite store. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { StatusError } from '../../base/errors.ts';
import {
  type Change,
  checkTransaction,
  closed,
  compacted,
  type Entry,
  notReached,
  type Store,
  type WatchRequest,
} from '../store.ts';
import { Watchers } from '../watchers.ts';
import {
  type Answer,
  type FromDatabase,
  pack,
  type Question,
  type Refusal,
  type Rows,
  type ToDatabase,
  unpack,
} from './protocol.ts';

export interface SqliteOptions {
  readonly file: string; // Made when it is not there; its directory must be.
  /** The disk failed or the thread died: what is on disk is unknown, so the process must end. */
  readonly onFatal: (error: Error) => void;
}

/** Resolves once the file is open; rejects when it is held by another process or unreadable. */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  // The process's own flags (--eval, --import) are not for this thread.
  const worker = new Worker(workerFile(), { workerData: { file: options.file }, execArgv: [] });
  const opened = await new Promise<FromDatabase>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if (opened.kind !== 'opened') {
    await worker.terminate();
    throw new Error(`open ${options.file}: ${opened.kind === 'fatal' ? opened.message : 'no'}`);
  }
  return new SqliteStore(worker, opened.revision, options.onFatal);
}

/** A bundle has the thread's code beside it as a file of its own; the source tree as TypeScript. */
function workerFile(): URL {
  const bundled = new URL('./store-worker.js', import.meta.url);
  return existsSync(fileURLToPath(bundled)) ? bundled : new URL('./worker.ts', import.meta.url);
}

interface Asked {
  readonly changes: readonly Change[];
  readonly onAnswer: (answer: Answer, entries: readonly Entry[]) => void;
  readonly reject: (error: Error) => void;
}

class SqliteStore implements Store {
  readonly #worker: Worker;
  readonly #watchers = new Watchers();
  readonly #asked = new Map<number, Asked>();
  #questions: { id: number; question: Question }[] = [];
  #values: (Uint8Array | undefined)[] = [];
  #lastId = 0;
  #revision: number;
  #end: Error | undefined; // Why no more questions are taken.

  constructor(worker: Worker, revision: number, onFatal: (error: Error) => void) {
    this.#worker = worker;
    this.#revision = revision;
    worker.on('message', (message: FromDatabase) => {
      if (message.kind === 'answers') this.#receive(message);
      if (message.kind === 'fatal') this.#fail(new Error(`store: ${message.message}`), onFatal);
    });
    worker.on('error', (error) => this.#fail(error as Error, onFatal));
    worker.on('exit', () => {
      if (!this.#end) this.#fail(new Error('store: its thread ended'), onFatal);
    });
  }

  async get(key: string) {
    const { answer, entries } = await this.#ask({ kind: 'get', key });
    if (answer.kind !== 'rows') throw unexpected(answer);
    return { entry: entries[0], revision: answer.revision };
  }

  async list(request: Parameters<Store['list']>[0]) {
    const { answer, entries } = await this.#ask({ kind: 'list', request });
    if (answer.kind !== 'rows') throw unexpected(answer);
    return { entries, revision: answer.revision, more: answer.more };
  }

  async transact(transaction: Parameters<Store['transact']>[0]) {
    checkTransaction(transaction);
    const { conditions, changes } = transaction;
    const keys = changes.map(({ key }) => key);
    const { answer } = await this.#ask({ kind: 'transact', conditions, keys }, changes);
    if (answer.kind !== 'transact') throw unexpected(answer);
    return { succeeded: answer.succeeded, revision: answer.revision };
  }

  watch(request: WatchRequest) {
    const watcher = this.#watchers.add(request);
    const { prefix, after } = request;
    this.#send(
      { kind: 'history', prefix, after },
      {
        changes: [],
        reject: (error) => this.#watchers.fail(watcher, error),
        // Inside the answer's turn: no later commit may be handed out before the past.
        onAnswer: (answer, entries) => {
          const { revision } = answer as { revision: number };
          this.#watchers.caughtUp(watcher, entries, revision);
        },
      },
    );
    return { close: () => this.#watchers.remove(watcher) };
  }

  async compact(revision: number): Promise<void> {
    let more = true;
    while (more) {
      const { answer } = await this.#ask({ kind: 'compact', revision });
      if (answer.kind !== 'compact') throw unexpected(answer);
      more = answer.more;
    }
  }

  async currentRevision(): Promise<number> {
    if (this.#end) throw this.#end;
    return this.#revision;
  }

  async size(): Promise<number> {
    const { answer } = await this.#ask({ kind: 'size' });
    if (answer.kind !== 'size') throw unexpected(answer);
    return answer.bytes;
  }

  async close(): Promise<void> {
    if (this.#end) return;
    const last = this.#ask({ kind: 'close' });
    this.#end = closed();
    await last;
    this.#watchers.failAll(closed());
    await this.#worker.terminate();
  }

  #ask(
    question: Question,
    changes: readonly Change[] = [],
  ): Promise<{ answer: Answer; entries: readonly Entry[] }> {
    return new Promise((resolve, reject) => {
      const onAnswer = (answer: Answer, entries: readonly Entry[]) => resolve({ answer, entries });
      this.#send(question, { changes, onAnswer, reject });
    });
  }

  /** Questions of one turn of the event loop go to the thread, and so to the disk, together. */
  #send(question: Question, asked: Asked): void {
    if (this.#end) {
      const error = this.#end;
      queueMicrotask(() => asked.reject(error));
      return;
    }
    if (this.#questions.length === 0) setImmediate(() => this.#flush());
    this.#lastId += 1;
    this.#asked.set(this.#lastId, asked);
    this.#questions.push({ id: this.#lastId, question });
    for (const { value } of asked.changes) this.#values.push(value);
  }

  #flush(): void {
    const values = pack(this.#values);
    const message: ToDatabase = { questions: this.#questions, values };
    this.#questions = [];
    this.#values = [];
    this.#worker.postMessage(message, [values.bytes.buffer]);
  }

  #receive({ answers, values }: Extract<FromDatabase, { kind: 'answers' }>): void {
    const nextValue = unpack(values);
    for (const { id, answer } of answers) {
      const asked = this.#asked.get(id)!;
      this.#asked.delete(id);
      if (answer.kind === 'refused') asked.reject(errorOf(answer.refusal));
      else {
        if (answer.kind === 'transact') this.#committed(asked.changes, answer);
        asked.onAnswer(answer, answer.kind === 'rows' ? entriesOf(answer, nextValue) : []);
      }
    }
  }

  #committed(changes: readonly Change[], answer: Extract<Answer, { kind: 'transact' }>): void {
    const { succeeded, revision, absent } = answer;
    const events = changes
      .filter(({ key }) => absent.length === 0 || !absent.includes(key))
      .map(({ key, value }) => ({ key, value, revision }));
    if (!succeeded || events.length === 0) return;
    this.#revision = revision;
    this.#watchers.dispatch(events);
  }

  #fail(error: Error, onFatal: (error: Error) => void): void {
    if (this.#end) return;
    this.#end = error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
    this.#watchers.failAll(error);
    onFatal(error);
  }
}

function entriesOf({ keys, revisions }: Rows, nextValue: () => Uint8Array | undefined): Entry[] {
  return keys.map((key, index) => {
    // A history's deletes have no value; lists have no deletes.
    return { key, value: nextValue() as Uint8Array, revision: revisions[index]! };
  });
}

function errorOf(refusal: Refusal): StatusError {
  switch (refusal.why) {
    case 'compacted':
      return compacted(refusal.asked, refusal.known);
    case 'notReached':
      return notReached(refusal.asked, refusal.known);
    case 'diskFull':
      return new StatusError('InternalError', `store: ${refusal.message}`);
  }
}

const unexpected = (answer: Answer) => new TypeError(`store: unexpected answer ${answer.kind}`);
