/**
 * A watch that outlives its connections: after each break it goes on, at whichever member answers,
 * right behind the last revision that was handed out.
 *
 * It asks for all keys of etcd and keeps its own. A revision is the whole etcd's: only who sees
 * every one of them can tell that it has seen all up to it, and reads wait for just that. (etcd's
 * own progress answers could overtake events until 3.4.25 and 3.5.8.)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasReason, StatusError } from '../../base/errors.ts';
import { compacted, type StoreEvent, type Watch, type WatchRequest } from '../store.ts';
import type { Endpoints } from './endpoints.ts';
import { isCompacted, isFuture } from './errors.ts';
import { everything, type Names } from './names.ts';
import type { WatchResponse, WatchStream } from './rpc.ts';

const pauseMsMin = 50;
const pauseMsMax = 1_000;

export class EtcdWatch implements Watch {
  readonly #endpoints: Endpoints;
  readonly #names: Names;
  readonly #request: WatchRequest;
  #last: number; // All up to this revision has been handed out.
  #held: WatchResponse['events'][number][] = []; // The revision that is not complete yet.
  #isOpen = true;
  #isResumed = false;
  #stream: WatchStream | undefined;

  constructor(endpoints: Endpoints, names: Names, request: WatchRequest) {
    this.#endpoints = endpoints;
    this.#names = names;
    this.#request = request;
    // An etcd that was never written to is at 1, which no event ever had.
    this.#last = Math.max(request.after, 1);
    void this.#run();
  }

  close(): void {
    this.#isOpen = false;
    this.#stream?.cancel();
  }

  fail(error: Error): void {
    if (!this.#isOpen) return;
    this.close();
    this.#request.onError(error);
  }

  async #run(): Promise<void> {
    for (let pauseMs = pauseMsMin; this.#isOpen; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
      const before = this.#last;
      try {
        await this.#checkStart();
        if (!this.#isOpen) return;
        this.#request.onProgress?.(this.#last);
        await this.#follow();
      } catch (error) {
        if (isFinal(error)) this.fail(error as Error);
      }
      this.#isResumed = true;
      if (this.#last > before) pauseMs = pauseMsMin;
      if (this.#isOpen) await sleep(pauseMs, undefined, { ref: false });
    }
  }

  /**
   * etcd refuses only starts before its oldest revision; of that one itself the deletes are gone
   * too. A state of it can be read exactly when nothing after it is missing.
   */
  async #checkStart(): Promise<void> {
    const question = { ...everything, revision: this.#last, limit: 1, keysOnly: true };
    try {
      await this.#endpoints.ask('range', question);
    } catch (error) {
      if (isCompacted(error)) throw compacted(this.#last);
      if (!isFuture(error)) throw error;
      if (!this.#isResumed) return;
      const message = `etcd has gone back to before revision ${this.#last}: was it restored?`;
      throw new StatusError('Expired', message);
    }
  }

  /** Resolves when the connection ends. @throws StatusError Expired */
  #follow(): Promise<void> {
    const { stream, giveUp } = this.#endpoints.watch();
    this.#stream = stream;
    this.#held = [];
    return new Promise((resolve, reject) => {
      stream.on('data', (response: WatchResponse) => {
        if (response.compactRevision > 0) reject(compacted(this.#last, response.compactRevision));
        if (response.canceled) stream.cancel();
        else if (this.#isOpen) this.#receive(response);
      });
      stream.on('error', () => {
        giveUp();
        resolve();
      });
      stream.on('end', resolve);
      const startRevision = this.#last + 1;
      stream.write({ createRequest: { ...everything, startRevision, fragment: true } });
    });
  }

  #receive({ events, fragment }: WatchResponse): void {
    if (events.length === 0) return;
    const all = this.#held.length > 0 ? [...this.#held, ...events] : events;
    const newest = all.at(-1)!.kv.modRevision;
    // Large answers come in pieces: the last revision of a piece may go on in the next one.
    const isWhole = (event: (typeof all)[number]) => !fragment || event.kv.modRevision < newest;
    this.#held = all.filter((event) => !isWhole(event));
    const whole = this.#held.length > 0 ? all.filter(isWhole) : all;
    if (whole.length === 0) return;
    this.#last = whole.at(-1)!.kv.modRevision;
    const own = whole.flatMap((event) => this.#toOwn(event));
    if (own.length > 0) this.#request.onEvents(own);
    this.#request.onProgress?.(this.#last);
  }

  #toOwn({ type, kv }: WatchResponse['events'][number]): StoreEvent[] {
    const key = this.#names.fromEtcd(kv.key);
    if (!key?.startsWith(this.#request.prefix)) return [];
    return [{ key, value: type === 0 ? kv.value : undefined, revision: kv.modRevision }];
  }
}

/** Anything else is about the way to etcd, and passes. */
const isFinal = (error: unknown) => hasReason(error, 'Expired');
