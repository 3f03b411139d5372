import test from 'ava';
import fc from 'fast-check';
import { LineSplitter, parseCriLine } from './cri-line.ts';

const parse = (text: string) => {
  const line = parseCriLine(Buffer.from(text));
  return line && { ...line, text: String(line.text) };
};

test('a full line', (t) => {
  t.deepEqual(parse('2026-11-22T10:00:00.123456789Z stdout F hello  world'), {
    timestamp: '2026-11-22T10:00:00.123456789Z',
    stream: 'stdout',
    isPartial: false,
    text: 'hello  world',
  });
});

test('a partial line, an empty line, and a tag that carries more', (t) => {
  t.true(parse('2026-11-22T10:00:00Z stderr P half')?.isPartial);
  t.is(parse('2026-11-22T10:00:00Z stdout F ')?.text, '');
  t.false(parse('2026-11-22T10:00:00Z stdout F:more x')?.isPartial ?? true);
});

for (const text of [
  '',
  'x',
  '2026-11-22T10:00:00Z stdout',
  '2026-11-22T10:00:00Z stdin F x',
  'no stdout F x',
]) {
  test(`"${text}" is no line`, (t) => t.is(parse(text), undefined));
}

test('lines come out the same wherever the stream is cut', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.nat(40)), (texts, cuts) => {
      const lines = texts.map((text) => text.replaceAll('\n', ' '));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const splitter = new LineSplitter();
      const seen: string[] = [];
      let start = 0;
      for (const cut of [...cuts, bytes.length]) {
        const end = Math.min(bytes.length, start + cut);
        seen.push(...splitter.push(bytes.subarray(start, end)).map(String));
        start = end;
      }
      t.deepEqual(seen, lines);
    }),
  );
});
