import { toggle } from '../../base/config.ts';
import { defineCommand } from '../command.ts';
import { examineMachine } from '../doctor.ts';

export const doctor = defineCommand({
  flags: { json: toggle('Print JSON.') },
  async run({ json }, _, { env, print }) {
    const findings = examineMachine(env.PATH ?? '');
    if (json) print(JSON.stringify(findings, undefined, 2));
    for (const { name, ok, detail, remedy } of json ? [] : findings) {
      print(`  ${ok ? '✔' : '✘'} ${name.padEnd(20)} ${detail}${remedy ? `: ${remedy}` : ''}`);
    }
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
});
