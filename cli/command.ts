/** What a command is, and what it may know of the process it runs in. */
import type { ConfigOf, FlagTable } from '../base/config.ts';

export interface Surroundings {
  /** How to run ourselves again: Node's path and the script's. */
  readonly self: readonly [node: string, ...words: string[]]; // Flags of Node, and the script.
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  readonly isTerminal: boolean;
  /** Resolves when SIGINT or SIGTERM asks us to end. */
  readonly stopped: Promise<NodeJS.Signals>;
}

export interface Command {
  readonly flags: FlagTable;
  readonly usage?: string;
  /** Resolves with the exit code. @throws UsageError, or anything with a message to print. */
  run(config: never, positionals: readonly string[], surroundings: Surroundings): Promise<number>;
  /** Instead of `run`, for commands that take their words apart themselves. */
  runRaw?(words: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** Ties a table of flags to the function that takes its values. */
export function defineCommand<T extends FlagTable>(command: {
  readonly flags: T;
  readonly usage?: string;
  run(
    config: ConfigOf<T>,
    positionals: readonly string[],
    surroundings: Surroundings,
  ): Promise<number>;
}): Command {
  return command as Command;
}
