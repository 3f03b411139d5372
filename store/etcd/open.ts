/** The store on a real etcd: the same revisions, transactions and watches, shared by many servers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasReason, messageOf } from '../../base/errors.ts';
import {
  type Change,
  checkTransaction,
  closed,
  compacted,
  type Entry,
  type ListRequest,
  type ListResult,
  notReached,
  type Store,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchRequest,
} from '../store.ts';
import { Endpoints, parseServers } from './endpoints.ts';
import { isCompacted, isFuture, isTooLargeToReceive } from './errors.ts';
import { Names, nothing, type Prefix } from './names.ts';
import { type KeyValue, loadRpc, type RangeRequest, type RequestOp, type Tls } from './rpc.ts';
import { EtcdWatch } from './watch.ts';

export interface EtcdOptions {
  readonly servers: readonly string[]; // URLs.
  /** For https: whose certificates are trusted, and our own. */
  readonly tls?: Tls;
  /** Where in etcd the keys lie; absent: as they are. */
  readonly prefix?: Prefix;
  /** How long to wait for the first answer. */
  readonly connectMs?: number;
}

const connectMs = 10_000;
const pageMax = 1_000;

/** @throws UsageError for servers that are no URLs; Error when none of them answers in time */
export async function openEtcdStore(options: EtcdOptions): Promise<Store> {
  const urls = parseServers(options.servers);
  const connect = await loadRpc(options.tls ?? {});
  const endpoints = new Endpoints(urls.map(connect));
  const store = new EtcdStore(endpoints, new Names(options.prefix ?? { ours: '', theirs: '' }));
  const end = Date.now() + (options.connectMs ?? connectMs);
  for (;;) {
    try {
      await store.currentRevision();
      return store;
    } catch (error) {
      if (Date.now() < end && hasReason(error, 'ServiceUnavailable')) {
        await sleep(200);
        continue;
      }
      await store.close();
      throw new Error(`open etcd at ${options.servers.join(', ')}: ${messageOf(error)}`);
    }
  }
}

class EtcdStore implements Store {
  readonly #endpoints: Endpoints;
  readonly #names: Names;
  readonly #watches = new Set<EtcdWatch>();
  #asking: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  #isClosed = false;

  constructor(endpoints: Endpoints, names: Names) {
    this.#endpoints = endpoints;
    this.#names = names;
  }

  async get(key: string) {
    const { header, kvs } = await this.#endpoints.ask('range', { key: this.#names.toEtcd(key) });
    return { entry: kvs[0] && this.#toEntry(kvs[0]), revision: header.revision };
  }

  async list(request: ListRequest): Promise<ListResult> {
    const { prefix, limit = Infinity } = request;
    let { after, revision } = request;
    const entries: Entry[] = [];
    for (let page = pageMax; ; ) {
      const range = this.#names.range(prefix, after);
      const pageLimit = Math.min(page, limit - entries.length);
      // Before the first change etcd is at 1; its 0 would mean the newest.
      const at = revision === undefined ? {} : { revision: Math.max(revision, 1) };
      const answer = await this.#range({ ...range, ...at, limit: pageLimit }).catch((error) => {
        if (!isTooLargeToReceive(error) || pageLimit === 1) throw error;
        page = Math.ceil(pageLimit / 8);
        return undefined;
      });
      if (!answer) continue;
      revision ??= answer.header.revision;
      for (const kv of answer.kvs) entries.push(this.#toEntry(kv));
      const isEnough = entries.length >= limit;
      if (!answer.more || isEnough) return { entries, revision, more: answer.more };
      after = entries.at(-1)!.key;
    }
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    const { conditions, changes } = transaction;
    const { header, succeeded } = await this.#endpoints.change('txn', {
      compare: conditions.map(({ key, revision }) => {
        return { result: 0, target: 2, key: this.#names.toEtcd(key), modRevision: revision };
      }),
      success: changes.map((change) => this.#toOp(change)),
    });
    return { succeeded, revision: header.revision };
  }

  watch(request: WatchRequest): Watch {
    const ended = (error: Error) => {
      this.#watches.delete(watch);
      request.onError(error);
    };
    const watch = new EtcdWatch(this.#endpoints, this.#names, { ...request, onError: ended });
    this.#watches.add(watch);
    if (this.#isClosed) queueMicrotask(() => watch.fail(closed()));
    return {
      close: () => {
        this.#watches.delete(watch);
        watch.close();
      },
    };
  }

  async compact(revision: number): Promise<void> {
    if (revision <= 0) return;
    try {
      await this.#endpoints.ask('compact', { revision });
    } catch (error) {
      if (isFuture(error)) throw notReached(revision, await this.currentRevision());
      // Another API server was faster, or already further.
      if (!isCompacted(error)) throw error;
    }
  }

  /**
   * What a read must have seen, agreed on by the members. Many callers share one question; a call
   * that comes while one is asked shares the next, which is asked after all that was before it.
   */
  currentRevision(): Promise<number> {
    if (this.#next) return this.#next;
    if (!this.#asking) return this.#ask();
    const before = this.#asking.catch(() => {});
    this.#next = before.then(() => {
      this.#next = undefined;
      return this.#ask();
    });
    return this.#next;
  }

  async size(): Promise<number> {
    const { dbSizeInUse, dbSize } = await this.#endpoints.ask('status', {});
    return dbSizeInUse || dbSize;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const watch of this.#watches) watch.fail(closed());
    this.#endpoints.close();
  }

  #ask(): Promise<number> {
    const asking = this.#endpoints.ask('range', nothing).then(({ header }) => header.revision);
    this.#asking = asking;
    const ended = () => {
      if (this.#asking === asking) this.#asking = undefined;
    };
    asking.then(ended, ended);
    return asking;
  }

  async #range(request: RangeRequest) {
    const { revision = 0 } = request;
    try {
      return await this.#endpoints.ask('range', request);
    } catch (error) {
      if (isCompacted(error)) throw compacted(revision);
      if (isFuture(error)) throw notReached(revision, await this.currentRevision());
      throw error;
    }
  }

  #toEntry({ key, value, modRevision }: KeyValue): Entry {
    return { key: this.#names.fromEtcd(key)!, value, revision: modRevision };
  }

  #toOp({ key, value }: Change): RequestOp {
    const name = this.#names.toEtcd(key);
    if (!value) return { requestDeleteRange: { key: name } };
    return { requestPut: { key: name, value } };
  }
}
