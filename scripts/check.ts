/** `npm run check`: everything that can be known without running the product, side by side. */
import { spawn } from 'node:child_process';

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', '.'],
  ['dead code', 'knip', '--no-progress', '--no-config-hints'],
  ['architecture', 'ava', 'test/tidy.test.ts'],
];

const results = await Promise.all(checks.map(run));
for (const { name, code, output } of results) {
  console.log(`${code === 0 ? '✔' : '✘'} ${name}`);
  if (code !== 0) console.log(output);
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

function run([name, command, ...args]: (typeof checks)[number]) {
  return new Promise<{ name: string; code: number; output: string }>((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('close', (code) => resolve({ name, code: code ?? 1, output }));
  });
}
