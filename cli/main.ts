/** `wherry`: the table of commands, and the one place that turns errors into exit codes. */
import { constants } from 'node:os';
import { describeFlags, parseFlags } from '../base/config.ts';
import { messageOf, UsageError } from '../base/errors.ts';
import type { Command, Surroundings } from './command.ts';
import { absentCommands, commands } from './commands.ts';

const surroundings: Surroundings = {
  self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
  env: process.env,
  print: (line) => process.stdout.write(`${line}\n`),
  isTerminal: process.stdout.isTTY === true,
  stopped: stopSignal(),
};

// Hostile input must never reach every object at once. Sealed, not frozen: on a frozen prototype no
// object of a library could have a toString of its own any more.
Object.seal(Object.prototype);

process.exitCode = await main(process.argv.slice(2));
// A command that returns is done: an idle connection must not hold the process.
if (process.stdout.writableLength === 0) process.exit();
process.stdout.once('drain', () => process.exit());

async function main([name = '--help', ...words]: readonly string[]): Promise<number> {
  try {
    if (name === '--help' || name === 'help' || name === '-h') return printHelp();
    if (name === '--version') return printVersion();
    return await runCommand(name, words);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`wherry ${name}: ${isUsage ? messageOf(error) : describe(error)}\n`);
    if (isUsage) process.stderr.write(`Try: wherry ${name} --help\n`);
    return isUsage ? 2 : 1;
  }
}

async function runCommand(name: string, words: readonly string[]): Promise<number> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    const absent = Object.hasOwn(absentCommands, name);
    throw new UsageError(absent ? 'this command is not there yet' : 'no such command');
  }
  const command = await entry.load();
  if (words.includes('--help') || words.includes('-h')) return printCommandHelp(name, command);
  if (command.runRaw) return await command.runRaw(words, surroundings);
  const { config, positionals } = parseFlags(command.flags, words);
  return await command.run(config as never, positionals, surroundings);
}

function printHelp(): number {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 2;
  const rows = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}${summary}`,
  );
  surroundings.print('wherry: real Kubernetes for Linux VMs and labs\n');
  surroundings.print(`${rows.join('\n')}\n\nwherry COMMAND --help tells a command's flags.`);
  surroundings.print(`Not there yet: ${Object.keys(absentCommands).join(', ')}.`);
  return 0;
}

function printCommandHelp(name: string, command: Command): number {
  surroundings.print(`wherry ${name} ${command.usage ?? '[flags]'}\n`);
  surroundings.print(describeFlags(command.flags));
  return 0;
}

async function printVersion(): Promise<number> {
  const { version } = await import('./version.ts');
  surroundings.print(version);
  return 0;
}

/** An error with what caused it, one a line; a bug also says where. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof TypeError || error instanceof RangeError)
    return error.stack ?? error.message;
  return error.message;
}

/** Resolves with the signal that asks us to end; a second one ends us at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(128 + constants.signals[signal]);
        asked = true;
        resolve(signal);
      });
    }
  });
}
