/** Steps with their times, one a line: `✔ API server  212 ms`. */
import type { Surroundings } from './command.ts';

export interface Progress {
  /** Runs a step and prints it with its time; a failure is printed too, then thrown on. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  note(text: string): void;
}

const nameWidth = 28;

export function createProgress({ print, isTerminal }: Surroundings): Progress {
  const paint = (code: number, text: string) =>
    isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text;
  const line = (mark: string, name: string, began: number) => {
    const ms = Math.round(performance.now() - began);
    print(`  ${mark} ${name.padEnd(nameWidth)} ${String(ms).padStart(7)} ms`);
  };
  return {
    async step(name, work) {
      const began = performance.now();
      try {
        const result = await work();
        line(paint(32, '✔'), name, began);
        return result;
      } catch (error) {
        line(paint(31, '✘'), name, began);
        throw error;
      }
    },
    note: (text) => print(`  ${text}`),
  };
}
