/** `--config FILE`: the flags that the file stands for, in its place. */
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { messageOf, UsageError } from '../base/errors.ts';
import { fileFlags, readConfigFile } from './plan-config-file.ts';

/**
 * Words of the command line → words without `--config`. What the file has fields for counts as the
 * file says, or by default; a node's name and how to reach the API may still be given beside it.
 * @throws UsageError with every problem of the file
 */
export function expandConfigFile(words: readonly string[]): readonly string[] {
  const { file, rest } = takeConfig(words);
  if (file === undefined) return words;
  const { words: own, problems } = readConfigFile(readYaml(file));
  if (problems.length > 0) {
    throw new UsageError(problems.map((each) => `--config=${file}: ${each}`).join('\n'));
  }
  // Flags win over the file where both may speak: the later word counts.
  return [...own, ...rest];
}

function takeConfig(words: readonly string[]): { file: string | undefined; rest: string[] } {
  let file: string | undefined;
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(words[at]!) ?? [];
    const next = words[at + 1];
    const isApart = value === undefined && next !== undefined && !next.startsWith('--');
    const both = isApart ? [words[at]!, next] : [words[at]!];
    if (isApart) at++;
    if (name === 'config') file = value ?? next;
    else rest.push(...both);
  }
  const isKept = (word: string) => !fileFlags.has(/^--(?:no-)?([^=]+)/.exec(word)?.[1] ?? '');
  if (file === undefined) return { file, rest };
  return { file, rest: rest.filter((word, at) => isKept(word) && isKept(lead(rest, at))) };
}

/** A value apart from its flag goes with the flag. */
const lead = (words: readonly string[], at: number): string =>
  words[at]!.startsWith('--') ? words[at]! : (words[at - 1] ?? '');

function readYaml(file: string): unknown {
  try {
    return load(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--config=${file}: ${messageOf(error)}`);
  }
}
