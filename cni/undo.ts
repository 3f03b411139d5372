/** Each step's undo beside the step, run in reverse when a later one fails. */
import { runAll } from './error.ts';

/** Pushed right after what they take back. */
export type Undo = (() => Promise<void>)[];

/** The first failure is the one to tell; what cannot be undone is GC's. */
export async function withUndo<T>(work: (undo: Undo) => Promise<T>): Promise<T> {
  const undo: Undo = [];
  try {
    return await work(undo);
  } catch (error) {
    await runAll(undo.reverse()).catch(() => {});
    throw error;
  }
}

/** Waits for all: what is to be undone must not be under way any more. */
export async function runTogether(steps: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(steps)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
