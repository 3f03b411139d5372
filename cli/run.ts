/**
 * Runs components in this process until it is asked to end. Several are joined by `+`:
 * `wherry scheduler --kubeconfig A + proxy --kubeconfig A`.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';
import {
  type ConfigOf,
  type FlagTable,
  integer,
  oneOf,
  optionalText,
  parseFlags,
  toggle,
} from '../base/config.ts';
import { UsageError } from '../base/errors.ts';
import { createLogger, type Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Command, Surroundings } from './command.ts';
import { components } from './components.ts';

const commonFlags = {
  kubeconfig: optionalText('How to reach the API server.', 'FILE'),
  'log-level': oneOf('The least that is logged.', ['error', 'info', 'debug'], 'info'),
  'ready-fd': integer('Write a line to this descriptor once everything is up; -1: none.', -1, {
    min: -1,
  }),
  'exit-with-parent': toggle('End in order when standard input is closed.'),
} satisfies FlagTable;

type CommonConfig = ConfigOf<typeof commonFlags>;

/** The command that runs one component, or several in one process. */
export async function componentCommand(name: string): Promise<Command> {
  const { flags } = await components[name]!.load();
  return {
    flags: { ...flags, ...commonFlags },
    usage: '[flags] [+ COMPONENT [flags] ...]',
    run: () => Promise.reject(new Error('takes its words apart itself')),
    runRaw: (words, surroundings) => runGroups(splitGroups([name, ...words]), surroundings),
  };
}

/** `['a', '--x=1', '+', 'b']` → `[['a', '--x=1'], ['b']]` */
export function splitGroups(words: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  for (const word of words) {
    if (word === '+') groups.push([]);
    else groups.at(-1)!.push(word);
  }
  return groups;
}

async function runGroups(groups: readonly string[][], { stopped }: Surroundings): Promise<number> {
  const running: Running[] = [];
  const lost = Promise.withResolvers<never>(); // Leadership: others act now, we must not.
  // Asked to end while a component still waits for its API server: then it need not start at all.
  const common = await Promise.race([
    startGroups(groups, running, lost.reject),
    stopped.then(() => undefined),
  ]);
  if (common) {
    const { readyFd, exitWithParent } = common;
    if (readyFd >= 0) writeSync(readyFd, 'ready\n');
    await Promise.race([stopped, lost.promise, ...(exitWithParent ? [parentEnded()] : [])]);
  }
  for (const each of running.reverse()) await each.stop();
  return 0;
}

/** Starts them one after the other; `running` holds what is up so far. None: all is done. */
async function startGroups(
  groups: readonly string[][],
  running: Running[],
  onLost: (error: unknown) => void,
): Promise<CommonConfig | undefined> {
  let common: CommonConfig | undefined;
  for (const [name = '', ...words] of groups) {
    const component = Object.hasOwn(components, name) ? components[name] : undefined;
    if (!component) throw new UsageError(`no such component: ${name}`);
    const { flags, start, runOnce, expand } = await component.load();
    const table = { ...flags, ...commonFlags };
    const { config, positionals } = parseFlags(table, expand?.(words) ?? words);
    if (positionals.length > 0) throw new UsageError(`unexpected: ${positionals.join(' ')}`);
    const once = runOnce?.(config as never);
    if (once) {
      await once;
      continue;
    }
    common = config as unknown as CommonConfig;
    const deps = { ...(await depsOf(name, common)), ...(await policyDeps(config)), onLost };
    running.push(await start(config as never, deps as never));
  }
  return common;
}

/** What rooms are handed: only the API server works without a client, only nodes with a kernel. */
async function depsOf(name: string, { kubeconfig, logLevel }: CommonConfig) {
  const base = { clock: systemClock, log: loggerOf(name, logLevel) };
  if (name === 'apiserver') return base;
  if (kubeconfig === undefined) throw new UsageError('--kubeconfig is needed');
  const { connect } = await import('../client/connect.ts');
  const client = connect({ kubeconfig });
  if (name !== 'agent' && name !== 'proxy') return { ...base, client };
  const { kernel } = await import('../native/index.ts');
  return { ...base, client, kernel };
}

/** The agent may not read pods elsewhere; whoever puts policies in force must. */
async function policyDeps(config: object) {
  const { networkPolicyKubeconfig: kubeconfig } = config as { networkPolicyKubeconfig?: string };
  if (kubeconfig === undefined) return {};
  const { connect } = await import('../client/connect.ts');
  return { policyClient: connect({ kubeconfig }) };
}

/** Log lines go to standard error, which `up` points at the component's file. */
function loggerOf(component: string, level: CommonConfig['logLevel']): Logger {
  return createLogger({ component, level, write: (line) => void process.stderr.write(line) });
}

/** `up` holds the other end of our standard input: when it dies, however it dies, this resolves. */
function parentEnded(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.resume().once('close', resolve).once('end', resolve);
  });
}
