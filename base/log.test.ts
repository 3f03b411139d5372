import test from 'ava';
import { createLogger } from './log.ts';

function capture(level: 'error' | 'info' | 'debug') {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  return { lines, log: createLogger({ component: 'proxy', level, write, now: () => 0 }) };
}

test('a line has time, level, component, sentence and fields', (t) => {
  const { lines, log } = capture('info');
  log.info('Wrote rules', { services: 12, ms: 4 });
  t.deepEqual(lines, ['1970-01-01T00:00:00.000Z INFO proxy Wrote rules {"services":12,"ms":4}\n']);
});

test('a level hides what is below it', (t) => {
  const { lines, log } = capture('error');
  log.info('Not shown');
  log.debug('Not shown');
  log.error('Shown', new Error('why'));
  t.deepEqual(
    lines.map((line) => line.slice(25)),
    ['ERROR proxy Shown {"error":"why"}\n'],
  );
});

test('a hostile value cannot forge a line or steer a terminal', (t) => {
  const { lines, log } = capture('info');
  log.info('Named', { name: 'a\n1970 INFO forged\u001b[2J\u009b\u202e\u007f' });
  t.is(lines.length, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  t.notRegex(lines[0]!.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
});

test('a child names its part', (t) => {
  const { lines, log } = capture('info');
  log.child('images').info('Imported');
  t.regex(lines[0]!, / INFO proxy\.images Imported/);
});
