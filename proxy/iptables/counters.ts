/** Reads what the kernel has counted in a rule of ours. */
import type { Clock } from '../../base/clock.ts';
import type { Family } from '../plan-address.ts';
import type { Backend, Run } from './apply.ts';

/** Packets that KUBE-FORWARD dropped as INVALID; 0 where there is no such rule. */
export async function readInvalidDropped(
  run: Run,
  family: Family,
  backend: Backend,
): Promise<number> {
  const name = `${family === 'ipv4' ? 'iptables' : 'ip6tables'}${backend === 'auto' ? '' : `-${backend}`}`;
  const args = ['--wait', '5', '-t', 'filter', '-nvxL', 'KUBE-FORWARD'];
  return parseInvalidDropped((await run(name, args)).stdout);
}

/** Out of `   12   720 DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0  ctstate INVALID`. */
export function parseInvalidDropped(listed: string): number {
  const rule = listed.split('\n').find((line) => /\bDROP\b.*\bINVALID\b/.test(line));
  return Number(/^\s*(\d+)/.exec(rule ?? '')?.[1] ?? 0);
}

const freshMs = 10_000;

/**
 * To be called at each rendering, which cannot wait: what is told is as old as the rendering before,
 * and who never asks pays nothing.
 */
export function lazily(
  clock: Clock,
  read: () => Promise<number>,
  tell: (value: number) => void,
): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.now() - lastMs < freshMs) return;
    lastMs = clock.now();
    read().then(tell, () => {}); // The rules themselves tell when iptables does not work.
  };
}
