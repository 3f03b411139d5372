import test from 'ava';
import { type History, judge, type SeenEvent, type Write } from './history.ts';

const count = 400;
const range = Array.from({ length: count }, (_, index) => index);

/** Three clients write in turn, each write begun before the last one ended; all is seen by two. */
function makeHistory(): { -readonly [K in keyof Required<History>]: Required<History>[K] } {
  const writes: Write[] = range.map((index) => ({
    key: `k${index % 7}`,
    value: index % 11 === 5 ? undefined : `v${index}`,
    start: index * 10,
    end: index * 10 + 15,
    revision: index + 1,
  }));
  const events = writes.map(({ key, value, revision }) => ({ key, value, revision: revision! }));
  const last = new Map<string, SeenEvent>();
  for (const event of events) last.set(event.key, event);
  const reads = range.map((index) => {
    const at = events.slice(0, index + 1).findLast(({ key }) => key === 'k3');
    const start = index * 10 + 16;
    return { key: 'k3', value: at?.value, revision: index + 1, start, end: start + 1 };
  });
  const watches = [0, 200].map((after) => ({ after, until: count, events: events.slice(after) }));
  return { writes, reads, watches, final: [...last.values()].filter(({ value }) => value) };
}

test('a history that is as it should be has no problem', (t) => {
  t.deepEqual(judge(makeHistory()), []);
});

test('a write that nobody knows of may have happened or not', (t) => {
  const history = makeHistory();
  const unknown = { key: 'x', value: 'unknown', start: 0, end: 9_999, revision: undefined };
  t.deepEqual(judge({ ...history, writes: [...history.writes, unknown] }), []);
  const final = [...history.final, { key: 'x', value: 'unknown', revision: count + 1 }];
  t.deepEqual(judge({ ...history, final, writes: [...history.writes, unknown] }), []);
});

type Mutable = ReturnType<typeof makeHistory>;

const bugs: Readonly<Record<string, readonly [(history: Mutable) => void, RegExp]>> = {
  'a lost write': [(h) => (h.final = h.final.slice(1)), /was lost/],
  'an old value in the end': [
    (h) => (h.final = [{ ...h.final[0]!, value: 'v0', revision: 1 }, ...h.final.slice(1)]),
    /was lost/,
  ],
  'a phantom': [
    (h) => (h.final = [...h.final, { key: 'y', value: 'never written', revision: 999 }]),
    /is a phantom/,
  ],
  'a revision twice': [
    (h) => (h.writes = h.writes.map((w, i) => (i === 100 ? { ...w, revision: 100 } : w))),
    /was given twice/,
  ],
  'an order against time': [
    (h) =>
      (h.writes = h.writes.map((w, i) => (i === 100 ? { ...w, start: 3_000, end: 3_001 } : w))),
    /later than one begun after it/,
  ],
  'a condition that did not hold': [
    (h) => (h.writes = h.writes.map((w, i) => (i === 100 ? { ...w, basis: 5 } : w))),
    /was to follow 5 and followed/,
  ],
  'a stale read': [
    (h) =>
      (h.reads = h.reads.map((r, i) => (i === 300 ? { ...h.reads[100]!, start: r.start } : r))),
    /a read at 101 came after/,
  ],
  'a read of another value': [
    (h) => (h.reads = h.reads.map((r, i) => (i === 300 ? { ...r, value: 'v3' } : r))),
    /gave v3, not/,
  ],
  'a missed event': [(h) => change(h, (events) => events.toSpliced(50, 1)), /missed revision 51/],
  'an event twice': [
    (h) => change(h, (events) => events.toSpliced(50, 0, events[49]!)),
    /saw revision 50 twice/,
  ],
  'events out of order': [
    (h) => change(h, (events) => events.toSpliced(50, 2, events[51]!, events[50]!)),
    /saw revision 51 after 52/,
  ],
  'an event with another value': [
    (h) => change(h, (events) => events.with(50, { ...events[50]!, value: 'v1' })),
    /to one and .* to another/,
  ],
};

function change(history: Mutable, edit: (events: SeenEvent[]) => SeenEvent[]): void {
  const [first, ...others] = history.watches;
  history.watches = [{ ...first!, events: edit([...first!.events]) }, ...others];
}

for (const [name, [plant, message]] of Object.entries(bugs)) {
  test(`the judge finds ${name}`, (t) => {
    const history = makeHistory();
    plant(history);
    t.regex(judge(history).join('\n'), message);
  });
}
