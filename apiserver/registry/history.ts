/** The last changes of one resource: what a watch may begin in. */
import { StatusError } from '../../base/errors.ts';
import type { Stored } from './stored.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change of one object. Its JSON line is made once for all watchers. */
export class Change {
  readonly type: ChangeType;
  /** After the change; for DELETED the last state, with the delete's revision. */
  readonly current: Stored;
  readonly previous: Stored | undefined;
  readonly time: number; // Milliseconds since the epoch.
  #lines: Map<ChangeType, Buffer> | undefined; // Most changes are watched by nobody.

  constructor(type: ChangeType, current: Stored, previous: Stored | undefined, time: number) {
    this.type = type;
    this.current = current;
    this.previous = previous;
    this.time = time;
  }

  get revision(): number {
    return this.current.revision;
  }

  /** What an event of this type shows: an object that leaves a selector is shown as it was in it. */
  shown(type: ChangeType): Stored {
    const isLeft = type === 'DELETED' && this.type !== 'DELETED';
    return isLeft && this.previous ? this.previous.at(this.revision) : this.current;
  }

  /** One line of a watch. The type may differ from the change's own: see selectors. */
  line(type: ChangeType): Buffer {
    this.#lines ??= new Map();
    let line = this.#lines.get(type);
    if (!line) {
      line = eventLine(type, this.shown(type).bytes);
      this.#lines.set(type, line);
    }
    return line;
  }

  /** Once all who watch have it: who comes later is seldom, and lines take as much as the object. */
  forgetLines(): void {
    this.#lines = undefined;
  }
}

export const eventLine = (type: string, object: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, Buffer.from('}\n')]);

// Five minutes, and less where that would be too much: what is older is read from the store
// (replay.ts), which forgets nothing before its compaction.
const keepMs = 5 * 60_000;
const countMin = 1_000;
const countMax = 20_000;
const bytesMax = 32 * 1024 * 1024;

export class History {
  #changes: Change[] = [];
  #first = 0; // Index of the oldest change that counts.
  #bytes = 0;
  #oldest: number;

  /** `revision`: nothing before it is known. */
  constructor(revision: number) {
    this.#oldest = revision;
  }

  push(change: Change): void {
    this.#changes.push(change);
    this.#bytes += change.current.bytes.length;
    while (this.#isTooMuch(change.time)) {
      const dropped = this.#changes[this.#first]!;
      this.#bytes -= dropped.current.bytes.length;
      this.#oldest = dropped.revision;
      this.#first += 1;
    }
    // Moving the rest down costs its length: done only when as much is dropped at once.
    if (this.#first > 1024 && this.#first * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#first);
      this.#first = 0;
    }
  }

  /**
   * The changes after a revision.
   * @throws StatusError Expired when some of them are forgotten
   */
  since(revision: number): Change[] {
    if (revision < this.#oldest) throw tooOld(revision, this.#oldest);
    let low = this.#first;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#changes[middle]!.revision > revision) high = middle;
      else low = middle + 1;
    }
    return this.#changes.slice(low);
  }

  #isTooMuch(now: number): boolean {
    const count = this.#changes.length - this.#first;
    if (count > countMax || this.#bytes > bytesMax) return count > 1;
    return count > countMin && this.#changes[this.#first]!.time < now - keepMs;
  }
}

export const tooOld = (revision: number, oldest: number): StatusError =>
  new StatusError('Expired', `too old resource version: ${revision} (${oldest})`);
