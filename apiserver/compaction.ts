/**
 * How much of its past the store keeps: five minutes, as upstream, so that clients can resume their
 * watches and go on with their lists; less while it grows faster than its room allows.
 */
import type { Store } from '../store/store.ts';

export interface CompactionOptions {
  /** The past that is kept. */
  readonly keepMs: number;
  /** The past that is kept even when there is no room. */
  readonly keepMsMin: number;
  /** Between two compactions. */
  readonly everyMs: number;
  /** The past may take as much as the present, and this. */
  readonly roomBytes: number;
}

export const compactionDefaults: CompactionOptions = {
  keepMs: 5 * 60_000,
  keepMsMin: 10_000,
  everyMs: 60_000,
  roomBytes: 512 * 1024 * 1024,
};

interface Mark {
  readonly time: number;
  readonly revision: number;
}

export class Compactor {
  readonly #store: Store;
  readonly #options: CompactionOptions;
  #marks: Mark[] = []; // When which revision was the newest.
  #present: number | undefined; // Bytes after the last compaction.
  #compacted: Mark = { time: -Infinity, revision: 0 };

  constructor(store: Store, options = compactionDefaults) {
    this.#store = store;
    this.#options = options;
  }

  /** Called every few seconds, with the time in milliseconds. Says whether it compacted. */
  async tick(time: number): Promise<boolean> {
    const revision = await this.#store.currentRevision();
    // A clock that was set back would keep the past for ever.
    this.#marks = this.#marks.filter((mark) => mark.time <= time);
    if (revision !== this.#marks.at(-1)?.revision) this.#marks.push({ time, revision });
    const target = this.#findTarget(time, await this.#isCrowded());
    if (target === undefined) return false;
    await this.#store.compact(target);
    this.#marks = this.#marks.filter((mark) => mark.revision > target);
    this.#compacted = { time, revision: target };
    this.#present = await this.#store.size();
    return true;
  }

  #findTarget(time: number, isCrowded: boolean): number | undefined {
    const { keepMs, keepMsMin, everyMs } = this.#options;
    if (!isCrowded && time - this.#compacted.time < everyMs) return undefined;
    const keep = isCrowded ? keepMsMin : keepMs;
    const target = this.#marks.findLast((mark) => mark.time <= time - keep)?.revision ?? 0;
    return target > this.#compacted.revision ? target : undefined;
  }

  async #isCrowded(): Promise<boolean> {
    const bytes = await this.#store.size();
    this.#present ??= bytes;
    return bytes > this.#present * 2 + this.#options.roomBytes;
  }
}
