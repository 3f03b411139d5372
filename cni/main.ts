/**
 * The plugins as one executable: `node cni/main.ts bridge`, environment and stdin as the CNI
 * specification says. `wherry-cni` starts it where no agent answers.
 */
import { readFileSync } from 'node:fs';
import { createHost } from './plugin.ts';
import { answerCall } from './protocol.ts';

const host = createHost();
const { status, stdout } = await answerCall(
  {
    plugin: process.argv[2] ?? '',
    env: process.env,
    stdin:
      process.env.CNI_COMMAND === 'VERSION' && process.stdin.isTTY ? '' : readFileSync(0, 'utf8'),
  },
  host,
);
host.close();
process.stdout.write(stdout);
process.exitCode = status;
