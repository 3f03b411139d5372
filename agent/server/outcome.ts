/** How a remote command ended, in the words that clients read its exit code from. Pure. */
import type { Status } from '../../base/errors.ts';

export type Outcome = Partial<Status>;

export const success: Outcome = { metadata: {}, status: 'Success' };

export function exited(exitCode: number): Outcome {
  if (exitCode === 0) return success;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** It could not be run at all, or its end is not known. */
export const failed = (why: string): Outcome => ({
  metadata: {},
  status: 'Failure',
  message: `Internal error occurred: ${why}`,
  reason: 'InternalError',
  details: { causes: [{ reason: '', message: why }] },
  code: 500,
});

/** What goes over the error stream. */
export function outcomeText(outcome: Outcome, tellsStatus: boolean): string {
  if (tellsStatus) return JSON.stringify(outcome);
  return outcome.status === 'Success' ? '' : (outcome.message ?? 'unknown error');
}
