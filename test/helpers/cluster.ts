/** A real cluster on a host of its own, driven by stock kubectl. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { createHost, type Host, type RunOptions } from './host.ts';

const wherry = resolve('bin/wherry');
const kubectl = resolve('.setup/bin/kubectl');
const startMs = 60_000;

export interface TestCluster {
  readonly host: Host;
  readonly name: string;
  readonly root: string;
  /** Runs stock kubectl as the administrator; resolves with what it printed. */
  kubectl(words: string, options?: RunOptions): Promise<string>;
  /** The same, for a command that goes on: logs -f, get -w, port-forward. */
  kubectlSpawn(words: string): ChildProcess;
  wherry(words: string): Promise<string>;
  /** The pid of a component's process, as `up` recorded it. */
  pidOf(component: string): number;
  /** Starts it (again). Resolves with what `up` printed until it was ready. */
  up(): Promise<string>;
  /** Ends `up` with SIGINT, as Ctrl-C does; resolves with all that it printed. */
  interrupt(): Promise<string>;
  /** Ends everything and removes every trace, also after a failure. */
  remove(): Promise<void>;
}

let count = 0;

export function createCluster(flags: readonly string[] = []): TestCluster {
  const host = createHost();
  const name = `t${process.pid.toString(36)}${(count++).toString(36)}`;
  const root = `${host.dir}/state`;
  const instance = [`--root=${root}`, `--name=${name}`];
  const env = { KUBECONFIG: `${root}/admin.kubeconfig`, HOME: host.dir };
  let running: { child: ChildProcess; output: () => string } | undefined;

  const cluster: TestCluster = {
    host,
    name,
    root,
    kubectl: (words, options) =>
      host.run(kubectl, splitWords(words), { ...options, env: { ...env, ...options?.env } }),
    kubectlSpawn: (words) => host.spawn(kubectl, splitWords(words), env),
    wherry: (words) => host.run(wherry, [...splitWords(words), ...instance]),
    pidOf(component) {
      const { processes } = JSON.parse(readFileSync(`/run/${name}/up.json`, 'utf8'));
      return processes.find((each: { name: string }) => each.name === component).pid;
    },
    async up() {
      const child = host.spawn(wherry, ['up', ...instance, '--node-name=node-1', ...flags]);
      let text = '';
      const collect = (data: Buffer) => {
        text += data;
      };
      child.stdout?.on('data', collect);
      child.stderr?.on('data', collect);
      running = { child, output: () => text };
      await waitUntil(() => {
        if (child.exitCode !== null) throw new Error(`up ended with ${child.exitCode}:\n${text}`);
        return /^ready in \d+ ms$/m.test(text);
      }, startMs);
      return text;
    },
    async interrupt() {
      const { child, output } = running!;
      running = undefined;
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        await once(child, 'exit');
      }
      return output();
    },
    async remove() {
      if (running) await cluster.interrupt();
      await cluster.wherry('reset');
      host.remove();
    },
  };
  return cluster;
}

/** Polls: only tests may, and only because they watch from outside. */
export async function waitUntil(
  isTrue: () => boolean | Promise<boolean>,
  patienceMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${isTrue}`);
    await systemClock.sleep(50);
  }
}

/** As a shell would: by spaces, but quoted parts stay whole. */
function splitWords(words: string): string[] {
  return (words.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ''));
}
