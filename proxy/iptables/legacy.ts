/**
 * Hears of changes in the older iptables' tables, of which the kernel tells nobody: their sizes are
 * read twice a second, at the price of a few microseconds.
 */
import type { Clock } from '../../base/clock.ts';
import { kernel } from '../../native/index.ts';
import type { Family } from '../plan-address.ts';

export interface LegacyTablesDeps {
  readonly family: Family;
  /** Pins the network namespace; absent: our own. */
  readonly netnsPath?: string | undefined;
  readonly clock: Clock;
}

const pollMs = 500;
const tables = ['nat', 'filter'] as const;
const rawType = 3; // SOCK_RAW
const rawProtocol = 255; // IPPROTO_RAW

export class LegacyTables {
  readonly #deps: LegacyTablesDeps;
  readonly #socket: Promise<number>;
  #sizes = '';
  #generation = 0;
  #isClosed = false;

  constructor(deps: LegacyTablesDeps) {
    this.#deps = deps;
    const domain = deps.family === 'ipv4' ? 2 : 10; // AF_INET, AF_INET6
    this.#socket = kernel.openSocket(domain, rawType, rawProtocol, deps.netnsPath);
    this.#socket.catch(() => {}); // Whoever asks first is told.
  }

  /** A number that is raised by each change that shows in the tables' sizes. */
  async generation(): Promise<number> {
    const fd = await this.#socket;
    const isIpv6 = this.#deps.family === 'ipv6';
    const sizes = tables.map((table) => sizeOf(fd, isIpv6, table)).join();
    if (sizes !== this.#sizes) this.#generation++;
    this.#sizes = sizes;
    return this.#generation;
  }

  /** Calls back soon after each change, our own as well. Ends with the signal, and closes. */
  async follow(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let seen = await this.generation();
    while (!signal.aborted) {
      await clock.sleep(pollMs, signal);
      if (signal.aborted) break;
      const now = await this.generation();
      if (now !== seen) onChange();
      seen = now;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.then(kernel.close, () => {});
  }
}

function sizeOf(fd: number, isIpv6: boolean, table: string): string {
  try {
    const { entries, bytes } = kernel.iptablesInfo(fd, isIpv6, table);
    return `${entries}/${bytes}`;
  } catch {
    return 'none'; // Nobody has ever used it here.
  }
}
