import { rmSync } from 'node:fs';
import { integer } from '../../base/config.ts';
import { defineCommand } from '../command.ts';
import { instanceFlags, instanceOf } from '../instance.ts';
import { createProgress } from '../progress.ts';
import { stopInstance } from '../stop.ts';

export const reset = defineCommand({
  flags: {
    ...instanceFlags,
    timeout: integer('Seconds until what has not ended is killed.', 60, { min: 1 }),
  },
  async run({ timeout, ...config }, _, surroundings) {
    const instance = instanceOf(config);
    const progress = createProgress(surroundings);
    await stopInstance(instance, progress, timeout * 1000);
    await progress.step('Files', async () => {
      for (const path of [instance.root, instance.runDir]) {
        rmSync(path, { recursive: true, force: true });
      }
    });
    surroundings.print(`instance ${instance.name} is gone`);
    return 0;
  },
});
