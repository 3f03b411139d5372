/** Signal names as images and specs write them, to numbers. */
import { constants } from 'node:os';

const realTimeMin = 34; // glibc's and musl's SIGRTMIN; signal(7).

/** `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`. An unknown name counts as SIGTERM, as it must stop. */
export function signalNumber(name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const full = name.toUpperCase().startsWith('SIG')
    ? name.toUpperCase()
    : `SIG${name.toUpperCase()}`;
  const realTime = /^SIGRTMIN\+(\d+)$/.exec(full);
  if (realTime) return realTimeMin + Number(realTime[1]);
  const known: Readonly<Record<string, number>> = constants.signals;
  return Object.hasOwn(known, full) ? known[full]! : constants.signals.SIGTERM;
}
