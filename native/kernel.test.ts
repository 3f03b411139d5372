import { readFileSync } from 'node:fs';
import test from 'ava';
import { kernel } from './index.ts';

test('the interface in kernel.ts names what the addon exports', (t) => {
  const source = readFileSync(new URL('./kernel.ts', import.meta.url), 'utf8');
  const body = source.slice(source.indexOf('interface Kernel {'), source.indexOf('\n}\n'));
  const names = [...body.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);
  t.true(names.length >= 12);
  t.deepEqual(Object.keys(kernel).sort(), names.sort());
});
