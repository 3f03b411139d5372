/**
 * The addon's face: one function per kernel operation, named after its man page.
 *
 * Every argument is checked in C++ (TypeError) before the kernel sees it. Failures are
 * SyscallErrors shaped as Node's own: `code: 'ENOENT'`, `syscall: 'umount2'`, `errno`.
 * Descriptors are O_CLOEXEC.
 */
export interface Kernel {
  /**
   * Starts `file` by clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD) and execve: Node is never forked.
   * `fds[n]` becomes descriptor n of the child (at least 3); everything else is closed.
   * Signal handlers and the signal mask start afresh.
   * `newSession`: setsid, so that a signal to our process group does not reach it.
   */
  spawn(options: SpawnOptions): { pid: number; pidfd: number };
  /** Waits (off Node's thread) for a child of ours and reaps it; closes nothing. Keeps Node alive. */
  waitPidfd(pidfd: number): Promise<ExitStatus>;
  /** Throws ESRCH when there is no such process. */
  pidfdOpen(pid: number): number;
  /**
   * Resolves when the process that `pidfd` names has ended, child of ours or not; reaps nothing.
   * Does not keep Node alive: an agent may stop while the pods that it watches run on.
   */
  pidfdEnded(pidfd: number): Promise<void>;
  pidfdSendSignal(pidfd: number, signal: number): void;

  /** Makes a network namespace on a fresh thread and pins it by a bind mount on `path`; lo is up. */
  createNetns(path: string): Promise<void>;
  /**
   * Writes a sysctl as the namespace pinned at `netnsPath` (absent: our own) sees it; what holds
   * the value already is not written. `name` as a path below /proc/sys: `net/ipv4/ip_forward`.
   */
  writeSysctl(name: string, value: string, netnsPath?: string): Promise<void>;
  /**
   * Connects to an IP address from inside the namespace pinned at `netnsPath` (absent: our own);
   * a thread waits for it. ETIMEDOUT when late.
   */
  connectTcp(address: string, port: number, timeoutMs: number, netnsPath?: string): Promise<number>;
  /** Opens a socket(2) born in the namespace pinned at `netnsPath` (absent: our own). */
  openSocket(domain: number, type: number, protocol: number, netnsPath?: string): Promise<number>;
  /** Sends a whole frame out of a link (by its index), on an AF_PACKET socket. */
  sendFrame(fd: number, index: number, frame: Uint8Array): void;
  /**
   * How much there is in a table of the older iptables (IPT_SO_GET_INFO), on a raw socket of that
   * family. Costs microseconds; loads the table's module if it is not there.
   */
  iptablesInfo(fd: number, isIpv6: boolean, table: string): { entries: number; bytes: number };
  /** Opens a netlink socket born in the namespace pinned at `netnsPath` (absent: our own). */
  openNetlink(protocol: number, netnsPath?: string): Promise<number>;
  /**
   * Sends `request` (one or more messages) and collects replies until every message with
   * NLM_F_ACK or NLM_F_DUMP is answered. Runs on a thread. The reply's errors are for the caller.
   * One call at a time for a socket: native/netlink-socket.ts sees to it. ETIMEDOUT when late.
   */
  netlinkTransact(fd: number, request: Uint8Array, timeoutMs: number): Promise<Uint8Array>;

  /** Hears what is told to a netlink group (NETLINK_ADD_MEMBERSHIP), besides replies. */
  netlinkJoin(fd: number, group: number): void;
  /** The next datagram that is there, without waiting; ENOBUFS when some were lost. */
  netlinkReceive(fd: number): Buffer | undefined;
  /** Resolves when there is something to read, or the other end is gone. Does not keep Node alive. */
  readable(fd: number): Promise<void>;

  /** Descriptors of bpf(2): a map, a program, a link. Each ends when its last descriptor does. */
  bpfMap(options: BpfMapOptions): number;
  bpfSet(map: number, key: Uint8Array, value: Uint8Array): void;
  /** Does nothing where the key is not there. */
  bpfDelete(map: number, key: Uint8Array): void;
  /** What the verifier says is the error's `path`. */
  bpfProgram(options: BpfProgramOptions): number;
  /** Hangs a program on a cgroup (v2) and all below it. */
  bpfAttach(options: BpfAttachOptions): number;

  mount(options: MountOptions): void;
  umount(path: string, flags: number): void;
  pipe(): { readFd: number; writeFd: number };
  close(fd: number): void;
}

export interface SpawnOptions {
  readonly file: string;
  readonly args: readonly string[]; // Without argv[0].
  readonly env: readonly string[]; // "NAME=value"
  readonly cwd?: string;
  readonly fds: readonly number[];
  readonly newSession?: boolean;
}

/** One of the two is set. */
export interface ExitStatus {
  readonly code?: number;
  readonly signal?: number;
}

/** Numbers as linux/bpf.h has them, in this and the next two. */
export interface BpfMapOptions {
  readonly type: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entriesMax: number;
  readonly flags: number;
}

export interface BpfProgramOptions {
  readonly type: number;
  readonly attachType: number;
  readonly instructions: Uint8Array; // Eight bytes each.
}

export interface BpfAttachOptions {
  readonly program: number;
  readonly cgroup: string;
  readonly attachType: number;
}

export interface MountOptions {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data?: string;
}
