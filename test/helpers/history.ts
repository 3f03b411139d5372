/**
 * Judges what clients of a store saw: every write has a revision of its own, so the order of all is
 * known and strict serializability is a matter of sorting. Time is any clock that all share.
 */

export interface Write {
  readonly key: string;
  /** No two writes have the same; undefined = a delete. */
  readonly value: string | undefined;
  readonly start: number;
  readonly end: number;
  /** Acknowledged with it; undefined = nobody knows whether it happened. */
  readonly revision: number | undefined;
  /** It was conditional on this revision of the key; 0 = on there being none. */
  readonly basis?: number;
}

export interface Read {
  readonly key: string;
  readonly value: string | undefined;
  /** Of the state that was read. */
  readonly revision: number;
  readonly start: number;
  readonly end: number;
}

export interface SeenEvent {
  readonly key: string;
  readonly value: string | undefined;
  readonly revision: number;
}

/** One watcher's life, over all its connections. */
export interface Watched {
  readonly after: number;
  /** All up to here must have come. */
  readonly until: number;
  readonly events: readonly SeenEvent[];
}

export interface History {
  readonly writes: readonly Write[];
  readonly reads?: readonly Read[];
  readonly watches?: readonly Watched[];
  /** What was there in the end. */
  readonly final: readonly SeenEvent[];
}

/** Every violation as a sentence; none = the history is strictly serializable. O(n log n). */
export function judge(history: History): string[] {
  const problems: string[] = [];
  const log = orderEvents(history, problems);
  checkTime(history.writes, problems);
  checkConditions(history.writes, log, problems);
  checkFinal(history, log, problems);
  checkReads(history, log, problems);
  for (const [index, watched] of (history.watches ?? []).entries()) {
    checkWatch(watched, log, (problem) => problems.push(`watcher ${index} ${problem}`));
  }
  return problems;
}

type Log = ReadonlyMap<number, SeenEvent>;

/** All that is known to have happened, by revision: from acknowledgements, watches and the end. */
function orderEvents({ writes, watches = [], final }: History, problems: string[]): Log {
  const log = new Map<number, SeenEvent>();
  const issued = new Map(
    writes.filter(({ value }) => value !== undefined).map((w) => [w.value, w]),
  );
  for (const { key, value, revision } of writes) {
    if (revision === undefined) continue;
    if (log.has(revision)) problems.push(`revision ${revision} was given twice`);
    log.set(revision, { key, value, revision });
  }
  for (const event of [...watches.flatMap(({ events }) => events), ...final]) {
    const { key, value, revision } = event;
    const known = log.get(revision);
    if (known && (known.key !== key || known.value !== value)) {
      problems.push(`revision ${revision} was ${show(known)} to one and ${show(event)} to another`);
    } else if (!known) {
      const write = value === undefined ? undefined : issued.get(value);
      if (value !== undefined && write?.key !== key) problems.push(`${show(event)} is a phantom`);
      log.set(revision, event);
    }
  }
  return new Map([...log].sort(([a], [b]) => a - b));
}

/** What ended before another began has the smaller revision. */
function checkTime(writes: readonly Write[], problems: string[]): void {
  const acknowledged = writes
    .filter((write): write is Write & { revision: number } => write.revision !== undefined)
    .sort((a, b) => a.revision - b.revision);
  let latestStart = -Infinity;
  for (const { end, start, revision } of acknowledged) {
    if (end < latestStart) problems.push(`revision ${revision} is later than one begun after it`);
    latestStart = Math.max(latestStart, start);
  }
}

/** A conditional write follows exactly the one that it names. */
function checkConditions(writes: readonly Write[], log: Log, problems: string[]): void {
  const basisOf = new Map(writes.map(({ revision, basis }) => [revision, basis]));
  const last = new Map<string, SeenEvent>();
  for (const [revision, event] of log) {
    const basis = basisOf.get(revision);
    const before = last.get(event.key);
    const found = before?.value === undefined ? 0 : before.revision;
    if (basis !== undefined && basis !== found) {
      problems.push(`revision ${revision} was to follow ${basis} and followed ${found}`);
    }
    last.set(event.key, event);
  }
}

/** Nothing acknowledged is lost, nothing is there that nobody wrote. */
function checkFinal({ final }: History, log: Log, problems: string[]): void {
  const last = new Map<string, SeenEvent>();
  for (const event of log.values()) last.set(event.key, event);
  const found = new Map(final.map((event) => [event.key, event]));
  if (found.size < final.length) problems.push('a key is there twice in the end');
  for (const event of last.values()) {
    const end = found.get(event.key);
    if (event.value !== end?.value) problems.push(`${show(event)} was lost: ${end && show(end)}`);
  }
}

/** A read shows its revision's state, and that is not older than what was acknowledged before. */
function checkReads({ reads = [], writes }: History, log: Log, problems: string[]): void {
  const byKey = Map.groupBy(log.values(), ({ key }) => key);
  const ended = writes
    .filter(({ revision }) => revision !== undefined)
    .sort((a, b) => a.end - b.end);
  let next = 0;
  let newest = 0;
  for (const { key, value, revision, start } of [...reads].sort((a, b) => a.start - b.start)) {
    for (; next < ended.length && ended[next]!.end < start; next++) {
      newest = Math.max(newest, ended[next]!.revision!);
    }
    if (revision < newest) problems.push(`a read at ${revision} came after ${newest} was written`);
    const events = byKey.get(key) ?? [];
    const state = events[countUpTo(events, revision) - 1]?.value;
    if (state !== value)
      problems.push(`a read of ${key} at ${revision} gave ${value}, not ${state}`);
  }
}

/** Ordered, unique, reliable: each event once, in order, none missing. */
function checkWatch(watched: Watched, log: Log, report: (problem: string) => void): void {
  const { after, until, events } = watched;
  let last = after;
  for (const { revision } of events) {
    if (revision === last) report(`saw revision ${revision} twice, or what it had before`);
    else if (revision < last) report(`saw revision ${revision} after ${last}`);
    last = Math.max(last, revision);
  }
  const seen = new Set(events.map(({ revision }) => revision));
  for (const revision of log.keys()) {
    if (revision > after && revision <= until && !seen.has(revision)) {
      report(`missed revision ${revision}`);
    }
  }
}

/** How many of the events, which are in order, have at most this revision. */
function countUpTo(events: readonly SeenEvent[], revision: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

const show = ({ key, value, revision }: SeenEvent) => `${key}=${value ?? 'deleted'}@${revision}`;
