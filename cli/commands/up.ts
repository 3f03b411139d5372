import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type ConfigOf, integer } from '../../base/config.ts';
import { defineCommand, type Surroundings } from '../command.ts';
import { instanceOf } from '../instance.ts';
import { isAlive, readRecord } from '../process-record.ts';
import { createProgress } from '../progress.ts';
import { startCluster } from '../up/cluster.ts';
import type { ClusterSettings } from '../up/plan.ts';
import { settle, upFlags } from '../up/settings.ts';

const flags = {
  ...upFlags,
  'ready-fd': integer('Write a line to this descriptor once ready; -1: none.', -1, { min: -1 }),
};

export const up = defineCommand({
  flags,
  async run(config, _, surroundings) {
    const instance = instanceOf(config);
    const record = readRecord(instance);
    if (record && isAlive(record.up)) {
      throw new Error(`instance ${instance.name} is running already (pid ${record.up.pid})`);
    }
    if (config.detach) return runDetached(config, surroundings);
    return runHere(await settle(config), config.readyFd, surroundings);
  },
});

async function runHere(settings: ClusterSettings, readyFd: number, surroundings: Surroundings) {
  const { print, stopped } = surroundings;
  const began = performance.now();
  const progress = createProgress(surroundings);
  const cluster = await startCluster(settings, progress, surroundings);
  print(`ready in ${Math.round(performance.now() - began)} ms\n`);
  print(whatToTypeNext(settings));
  if (readyFd >= 0) writeSync(readyFd, 'ready\n');
  await stopped;
  print('\nStopping');
  await cluster.stop(progress);
  print(`stopped; the state stays in ${settings.instance.root}`);
  return 0;
}

function whatToTypeNext({ instance }: ClusterSettings): string {
  return [
    `  export KUBECONFIG=${instance.adminKubeconfig}`,
    '  kubectl get nodes',
    '  kubectl apply -f examples/hello.yaml',
    '  kubectl logs -f client',
    '',
    `Ctrl-C stops the cluster and keeps its state; logs are in ${instance.logDir}.`,
  ].join('\n');
}

/** The same command again, without --detach, in a session of its own. */
async function runDetached(config: ConfigOf<typeof flags>, { self, print }: Surroundings) {
  const { logDir } = instanceOf(config);
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const log = openSync(`${logDir}/up.log`, 'a', 0o600);
  const [node, ...first] = self;
  const child = spawn(node, [...first, 'up', ...wordsOf(config), '--ready-fd=3'], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log, 'pipe'],
  });
  if (config.wait) {
    const isReady = await Promise.race([
      once(child.stdio[3] as Readable, 'data').then(() => true),
      once(child, 'exit').then(() => false),
    ]);
    if (!isReady) throw new Error(`the cluster did not start: see ${logDir}/up.log`);
  }
  child.unref();
  print(`running in the background (pid ${child.pid}); its words are in ${logDir}/up.log`);
  return 0;
}

function wordsOf(config: ConfigOf<typeof flags>): string[] {
  const own = new Set(['detach', 'wait', 'ready-fd']);
  return Object.keys(flags)
    .filter((name) => !own.has(name))
    .flatMap((name) => {
      const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const value = (config as Readonly<Record<string, unknown>>)[key];
      return value === undefined ? [] : [`--${name}=${String(value)}`];
    });
}
