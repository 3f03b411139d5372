/**
 * One CNI call that ends by SIGKILL before its Nth step: `node cni-steps-child.ts N CALL`. A step is
 * a message to the kernel or a change of a file. Prints `done` when there were fewer.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const last = Number(process.argv[2]);
const { kind, options, spec } = JSON.parse(process.argv[3] ?? '{}');
let steps = 0;
const step = () => {
  if (++steps >= last) process.kill(process.pid, 'SIGKILL');
};

/** Before the first import of whoever uses it. */
function countCalls(target: object, names: readonly string[]): void {
  for (const name of names) {
    const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
    const counting = (...args: unknown[]) => {
      step();
      return original.apply(target, args);
    };
    Reflect.set(target, name, counting);
  }
}

const { kernel } = await import('../../native/index.ts');
const { silentLogger } = await import('../../base/log.ts');
const { createNetworkRunner } = await import('../../cni/index.ts');
const counted = ['linkSync', 'unlinkSync', 'renameSync', 'writeFileSync', 'mkdirSync', 'rmSync'];
countCalls(fs, counted);
syncBuiltinESMExports();
countCalls(kernel, ['netlinkTransact', 'writeSysctl']);
const runner = createNetworkRunner({ ...options, kernel, log: silentLogger });
if (kind === 'add') await runner.add(spec);
else await runner.del(spec);
runner.close();
console.log('done');
