/**
 * Runs levels of tests and counts them: `node test/run.ts unit api netns e2e [-- FILE…]`.
 *
 * ava speaks TAP here, so that failures can be shown and everything counted over all levels; the
 * last line is `N passed, N failed`. A level that ran no test fails: a green light must have
 * looked at something. A leak check stands around the levels that touch the kernel.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describeLeaks, snapshot } from './helpers/leak-check.ts';

interface Level {
  readonly files: (path: string) => boolean;
  readonly args: readonly string[];
  readonly touchesKernel: boolean;
}

const isOwnLevel = (path: string) => /^test\/(api|reliability|netns|e2e)\//.test(path);
const levels: Readonly<Record<string, Level>> = {
  unit: { files: (path) => !isOwnLevel(path), args: [], touchesKernel: false },
  // Real servers, etcd and clients, many processes to a file: one file at a time.
  api: {
    files: (path) => /^test\/(api|reliability)\//.test(path),
    args: ['--concurrency=1', '--timeout=240s'],
    touchesKernel: false,
  },
  netns: {
    files: (path) => path.startsWith('test/netns/'),
    args: ['--concurrency=2'],
    touchesKernel: true,
  },
  // One cluster at a time: two cores cannot start several and keep each test's patience.
  e2e: {
    files: (path) => path.startsWith('test/e2e/'),
    args: ['--concurrency=1', '--timeout=240s'],
    touchesKernel: true,
  },
};

const count = { passed: 0, failed: 0 };
const [names, only] = splitWords(process.argv.slice(2));
for (const name of names) await runLevel(name);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;

function splitWords(words: readonly string[]): [string[], string[]] {
  const end = words.indexOf('--');
  return end < 0 ? [[...words], []] : [words.slice(0, end), words.slice(end + 1)];
}

async function runLevel(name: string): Promise<void> {
  const level = levels[name];
  if (!level)
    throw new Error(`no such level: ${name}; there are ${Object.keys(levels).join(', ')}`);
  const files = globSync('**/*.test.ts', { exclude: ['node_modules', 'build', 'dist'] })
    .filter((path) => level.files(path) && (only.length === 0 || only.includes(path)))
    .sort();
  const before = level.touchesKernel ? await snapshot() : undefined;
  const passedBefore = count.passed;
  console.log(`# ${name}: ${files.length} files`);
  if (files.length > 0) await runAva(files, level.args);
  if (count.passed === passedBefore) fail(`${name}: no test passed`);
  if (before) await checkLeaks(name, before);
}

async function runAva(files: readonly string[], args: readonly string[]): Promise<void> {
  const child = spawn('node_modules/.bin/ava', ['--tap', ...args, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const failedBefore = count.failed;
  let showing = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, not, text = ''] = /^(not )?ok \d+ - (.*)$/.exec(line) ?? [];
    if (line.startsWith('not ok') || line.startsWith('ok')) {
      showing = not !== undefined;
      if (!showing && !/# SKIP/.test(text)) count.passed++;
      if (/# SKIP/.test(text)) console.log(`  skipped: ${text}`);
    }
    if (line.startsWith('not ok')) fail(text);
    else if (showing && line.startsWith(' ')) console.log(line);
  }
  const code =
    child.exitCode ?? (await new Promise<number>((r) => child.on('close', (c) => r(c ?? 1))));
  // ava also fails for what is not a test: an uncaught exception, a file without tests.
  if (code !== 0 && count.failed === failedBefore) fail(`ava ended with ${code}`);
}

async function checkLeaks(name: string, before: Awaited<ReturnType<typeof snapshot>>) {
  const leaks = await describeLeaks(before);
  if (leaks.length === 0) count.passed++;
  else fail(`${name}: left behind:\n    ${leaks.join('\n    ')}`);
}

function fail(what: string): void {
  count.failed++;
  console.log(`  ✘ ${what}`);
}
