/** When a Job that has ended goes. Pure. */
import type { Job } from '../../api/types/batch-v1.generated.ts';
import { conditionOf } from '../job/verdict.ts';

/** Milliseconds from now, 0: it is time; undefined: it stays, or is not at its end. */
export function expiresInMs(
  { metadata, spec, status = {} }: Job,
  nowMs: number,
): number | undefined {
  const seconds = spec?.ttlSecondsAfterFinished;
  if (seconds === undefined || metadata?.deletionTimestamp) return undefined;
  const end = conditionOf(status, 'Complete') ?? conditionOf(status, 'Failed');
  if (!end?.lastTransitionTime) return undefined;
  return Math.max(0, Date.parse(end.lastTransitionTime) + seconds * 1000 - nowMs);
}
