import { integer } from '../../base/config.ts';
import { defineCommand } from '../command.ts';
import { instanceFlags, instanceOf } from '../instance.ts';
import { createProgress } from '../progress.ts';
import { stopInstance } from '../stop.ts';

export const down = defineCommand({
  flags: {
    ...instanceFlags,
    timeout: integer('Seconds until what has not ended is killed.', 60, { min: 1 }),
  },
  async run({ timeout, ...config }, _, surroundings) {
    const instance = instanceOf(config);
    await stopInstance(instance, createProgress(surroundings), timeout * 1000);
    surroundings.print(`stopped; the state stays in ${instance.root}`);
    return 0;
  },
});
