/** `npm run bench [-- SCENARIO…]`: each scenario is a file here, run in a process of its own. */
import { spawnSync } from 'node:child_process';

const scenarios: Readonly<Record<string, readonly string[]>> = {
  // crun refuses the hybrid cgroup layout: both sides run where cgroup2 is out of sight.
  sandbox: [
    'unshare',
    '-m',
    'sh',
    '-c',
    'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$0" bench/sandbox.ts',
  ],
  cni: ['unshare', '-n', 'sh', '-c', 'ip link set lo up; exec "$0" bench/cni.ts'],
  cluster: ['sh', '-c', 'exec "$0" bench/cluster.ts'],
  proxy: ['sh', '-c', 'exec "$0" --max-semi-space-size=16 bench/proxy.ts'],
  policy: ['sh', '-c', 'exec "$0" bench/policy.ts'],
  apiserver: ['sh', '-c', 'exec "$0" bench/apiserver.ts'],
};

const chosen = process.argv.slice(2).filter((word) => word !== '--');
for (const name of chosen.length > 0 ? chosen : Object.keys(scenarios)) {
  const words = scenarios[name];
  if (!words)
    throw new Error(`no such scenario: ${name}; there are ${Object.keys(scenarios).join(', ')}`);
  const { status } = spawnSync(words[0]!, [...words.slice(1), process.execPath], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
