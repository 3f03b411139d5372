/**
 * Keeps processes of ours running: starts them in sessions of their own (a Ctrl-C at the terminal
 * reaches only us, so that we end them in order), restarts what ends with back-off, and ends them
 * one after the other. Each holds the other end of its standard input: if we die, they end too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { ProcessPlan } from './plan.ts';

const restartMinMs = 50;
const restartMaxMs = 10_000;
/** A process that ran this long has recovered: its next restart is quick again. */
const recoveredMs = 60_000;

export interface SupervisorOptions {
  readonly self: readonly [node: string, ...words: string[]];
  readonly logDir: string;
  readonly clock: Clock;
  /** Told of each start and each unwanted end. */
  readonly onChange: (event: ProcessEvent) => void;
}

export interface ProcessEvent {
  readonly name: string;
  readonly pid: number;
  readonly event: 'started' | 'ended';
  readonly detail?: string; // How it ended: "exit 1", "SIGKILL".
}

interface Supervised {
  readonly name: string;
  child: ChildProcess;
  readonly done: Promise<void>;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  readonly #processes: Supervised[] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Resolves once the process says that it is ready. @throws when it ends before that. */
  async start(plan: ProcessPlan): Promise<void> {
    const child = this.#spawn(plan);
    const supervised: Supervised = { name: plan.name, child, done: Promise.resolve() };
    this.#processes.push(supervised);
    this.#options.onChange({ name: plan.name, pid: child.pid ?? 0, event: 'started' });
    const ended = once(child, 'exit');
    const first = await Promise.race([readReady(child), ended.then(() => 'ended' as const)]);
    if (first === 'ended') {
      this.#processes.splice(this.#processes.indexOf(supervised), 1);
      const { logDir } = this.#options;
      throw new Error(`${plan.name} ended at start: see ${logDir}/${plan.name}.log`);
    }
    Object.assign(supervised, { done: this.#keep(plan, supervised) });
  }

  /** In the reverse order of their start; SIGKILL for what does not end in `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    for (const supervised of this.#processes.toReversed()) {
      const { child } = supervised;
      if (child.exitCode === null && child.signalCode === null) {
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
        child.kill('SIGTERM');
        await once(child, 'exit');
        clearTimeout(timer);
      }
      await supervised.done;
    }
  }

  pids(): Record<string, number> {
    return Object.fromEntries(this.#processes.map(({ name, child }) => [name, child.pid ?? 0]));
  }

  async #keep(plan: ProcessPlan, supervised: Supervised): Promise<void> {
    const { clock, onChange } = this.#options;
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const { child } = supervised;
      const began = clock.now();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      if (this.#stopping.signal.aborted) return;
      const detail = child.signalCode ?? `exit ${child.exitCode}`;
      onChange({ name: plan.name, pid: child.pid ?? 0, event: 'ended', detail });
      failures = clock.now() - began > recoveredMs ? 0 : failures + 1;
      const waitMs = Math.min(restartMinMs * 2 ** (failures - 1), restartMaxMs);
      await clock.sleep(waitMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      supervised.child = this.#spawn(plan);
      onChange({ name: plan.name, pid: supervised.child.pid ?? 0, event: 'started' });
    }
  }

  #spawn({ name, words }: ProcessPlan): ChildProcess {
    const { self, logDir } = this.#options;
    const [node, ...first] = self;
    const log = openSync(`${logDir}/${name}.log`, 'a', 0o600);
    const child = spawn(node, [...first, ...words, '--ready-fd=3', '--exit-with-parent'], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', log, log, 'pipe'],
    });
    closeSync(log);
    child.stdin?.on('error', () => {}); // It may end before it ever reads.
    return child;
  }
}

function readReady(child: ChildProcess): Promise<'ready' | 'ended'> {
  const pipe = child.stdio[3] as Readable;
  return new Promise((resolve) => {
    pipe.once('data', () => resolve('ready'));
    pipe.once('close', () => resolve('ended'));
    pipe.once('error', () => resolve('ended'));
  });
}
