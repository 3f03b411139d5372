/** Behaviours of plugins hold in process and through the executables alike: each is a test twice. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLogger } from '../../base/log.ts';
import { installPlugins, serveCni } from '../../cni/index.ts';
import { run } from '../../native/run.ts';
import { type CallOptions, createLab, environmentOf, type Lab } from './cni-lab.ts';

type Body = (t: ExecutionContext, lab: Lab) => Promise<void>;

/** The lab's `call` is the one or the other. */
export function inBothWays(title: string, body: Body): void {
  test(`${title} (in process)`, async (t) => body(t, await createLab(t)));
  test(`${title} (executable)`, async (t) => {
    const lab = await createLab(t);
    const socket = join(lab.dir, 'run', 'cni.sock');
    const running = await serveCni(socket, { log: silentLogger });
    t.teardown(() => running.stop());
    const dir = join(lab.dir, 'plugins');
    installPlugins(dir);
    const call = async (plugin: string, command: string, options: CallOptions) => {
      const file = join(dir, plugin);
      if (!existsSync(file)) throw new Error(`${plugin} was not installed`);
      const path = options.path === undefined ? dir : `${dir}:${options.path}`;
      const { code, stdout } = await run('nsenter', [`--net=${lab.hostPath}`, file], {
        input: JSON.stringify(options.conf),
        env: { ...environmentOf(command, { ...options, path }), WHERRY_CNI_SOCKET: socket },
      });
      return { status: code, body: stdout.trim() === '' ? undefined : JSON.parse(stdout) };
    };
    await body(t, { ...lab, call });
  });
}
