/** One line of a CRI log: `2026-11-22T10:00:00.123456789Z stdout F text`. Pure. */

export interface CriLine {
  readonly timestamp: string; // RFC 3339 with nanoseconds.
  readonly stream: 'stdout' | 'stderr';
  /** P: the line goes on in the next one. */
  readonly isPartial: boolean;
  readonly text: Buffer; // Without the newline.
}

const space = 0x20;

/** Undefined for what is no such line: a crash may have cut the file's last one short. */
export function parseCriLine(line: Buffer): CriLine | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const timestamp = line.toString('latin1', 0, first);
  const stream = line.toString('latin1', first + 1, second);
  const tag = line.toString('latin1', second + 1, third);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  if (!/^[FP](:|$)/.test(tag) || !/^\d{4}-\d\d-\d\dT/.test(timestamp)) return undefined;
  return { timestamp, stream, isPartial: tag.startsWith('P'), text: line.subarray(third + 1) };
}

/** Cuts a stream of bytes into lines; what follows the last newline waits for the next bytes. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): Buffer[] {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
      lines.push(data.subarray(start, end));
      start = end + 1;
    }
    // A copy: the bytes may be the reader's own buffer, to be filled again.
    this.#rest = Buffer.from(data.subarray(start));
    return lines;
  }
}
