/** What a probe's results add up to. Pure: thresholds, delays and upstream's defaults. */
import type { Container, Probe } from '../../api/types/core-v1.generated.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeTimes {
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export function timesOf(probe: Probe): ProbeTimes {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    periodMs: (probe.periodSeconds || 10) * 1000,
    timeoutMs: (probe.timeoutSeconds || 1) * 1000,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

export interface Count {
  readonly isSuccess: boolean;
  readonly inRow: number;
}

/** The count after one more result. */
export function addResult(count: Count | undefined, isSuccess: boolean): Count {
  const inRow = count?.isSuccess === isSuccess ? count.inRow + 1 : 1;
  return { isSuccess, inRow };
}

/** `true` and `false` once the threshold is reached, undefined while it is not. */
export function verdictOf({ isSuccess, inRow }: Count, times: ProbeTimes): boolean | undefined {
  const needed = isSuccess ? times.successThreshold : times.failureThreshold;
  return inRow >= needed ? isSuccess : undefined;
}

/** A port by number, or by the name that the container gives it. */
export function portOf(port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}
