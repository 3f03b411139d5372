/** What the kernel's table of connections must be set to. Pure. */
export interface SysctlWishes {
  /** How big the table is for each core, 0: as it is; and at least in all. */
  readonly maxPerCore: number;
  readonly min: number;
  /** In milliseconds; 0: as they are. */
  readonly tcpEstablishedMs: number;
  readonly tcpCloseWaitMs: number;
  readonly udpMs: number;
  readonly udpStreamMs: number;
  /** Packets outside of a connection's window pass. */
  readonly isTcpLiberal: boolean;
}

const prefix = 'net/netfilter/nf_conntrack_';
export const maxSysctl = `${prefix}max`;
export const countSysctl = `${prefix}count`;

/** Path below /proc/sys → value. The table is only ever made bigger. */
export function planSysctls(
  wishes: SysctlWishes,
  cores: number,
  read: (name: string) => string | undefined,
): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>();
  const max = wishes.maxPerCore === 0 ? 0 : Math.max(wishes.maxPerCore * cores, wishes.min);
  if (max > Number(read(maxSysctl) ?? Number.POSITIVE_INFINITY)) wanted.set(maxSysctl, `${max}`);
  const times = {
    tcp_timeout_established: wishes.tcpEstablishedMs,
    tcp_timeout_close_wait: wishes.tcpCloseWaitMs,
    udp_timeout: wishes.udpMs,
    udp_timeout_stream: wishes.udpStreamMs,
  };
  for (const [name, ms] of Object.entries(times)) {
    if (ms > 0) wanted.set(prefix + name, `${Math.ceil(ms / 1000)}`);
  }
  if (wishes.isTcpLiberal) wanted.set(`${prefix}tcp_be_liberal`, '1');
  for (const [name, value] of wanted) {
    const now = read(name);
    if (now === undefined || now === value) wanted.delete(name);
  }
  return wanted;
}

/** More of the table than this is told before it is full, once until it is below the other. */
const tellShare = 0.9;
const calmShare = 0.7;

/** Whether the table is filling up; between the two it is what it was. */
export function isFilling(was: boolean, count: number, max: number): boolean {
  if (max <= 0) return false;
  return count / max >= (was ? calmShare : tellShare);
}
