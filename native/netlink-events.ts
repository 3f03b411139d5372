/** Hears what the kernel tells a netlink group, e.g. that somebody has changed a ruleset. */
import { hasCode } from '../base/errors.ts';
import { kernel } from './addon.ts';

export const netlinkGroups = {
  /** NETLINK_NETFILTER: every transaction of nf_tables. */
  nftables: 7,
} as const;

export interface EventSource {
  readonly protocol: number;
  readonly group: number;
  /** Absent: our own network namespace. */
  readonly netnsPath?: string | undefined;
}

/**
 * Calls `onEvents` each time there has been something, once for all that came together; what it
 * was is not told, nor whether some of it was lost; and once at first. Ends with the signal.
 */
export async function followNetlink(
  { protocol, group, netnsPath }: EventSource,
  onEvents: () => void,
  signal: AbortSignal,
): Promise<void> {
  const fd = await kernel.openNetlink(protocol, netnsPath);
  try {
    kernel.netlinkJoin(fd, group);
    onEvents(); // Nobody has told what came before.
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!signal.aborted) {
      await Promise.race([kernel.readable(fd), stopped]);
      if (signal.aborted) break;
      drain(fd);
      onEvents();
    }
  } finally {
    kernel.close(fd);
  }
}

function drain(fd: number): void {
  for (;;) {
    try {
      if (kernel.netlinkReceive(fd) === undefined) return;
    } catch (error) {
      // Some were lost; those that fit are still there to be taken.
      if (!hasCode(error, 'ENOBUFS')) throw error;
    }
  }
}
