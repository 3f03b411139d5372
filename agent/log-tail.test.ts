import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readLogTail } from './log-tail.ts';

function tempOf(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), `wherry-tail-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

const time = '2026-11-22T10:00:00.000000001Z';
const log = `${time} stdout F one\n${time} stderr F oops\n${time} stdout P tw\n${time} stdout F o\n`;

const cases: { name: string; bytesMax: number; linesMax: number; want: string }[] = [
  { name: 'all of a short log', bytesMax: 100, linesMax: 80, want: 'one\noops\ntwo\n' },
  { name: 'at most so many lines', bytesMax: 100, linesMax: 3, want: 'oops\ntwo\n' },
  { name: 'at most so many bytes', bytesMax: 4, linesMax: 80, want: 'two\n' },
];

for (const { name, want, ...max } of cases) {
  test(`readLogTail gives ${name}`, (t) => {
    const path = join(tempOf(t), '0.log');
    writeFileSync(path, log);
    t.is(readLogTail(path, max), want);
  });
}

test('readLogTail finds the last lines of a long log', (t) => {
  const path = join(tempOf(t), '0.log');
  const lines = Array.from({ length: 5000 }, (_, index) => `line ${index} ${'x'.repeat(60)}\n`);
  writeFileSync(path, lines.map((line) => `${time} stdout F ${line}`).join(''));
  t.is(readLogTail(path, { bytesMax: 4096, linesMax: 2 }), lines.slice(-2).join(''));
});

test('readLogTail does not open a link: a pod may have put it there', (t) => {
  const path = join(tempOf(t), '0.log');
  symlinkSync('/etc/hostname', path);
  t.is(readLogTail(path, { bytesMax: 100, linesMax: 10 }), '');
});
