/**
 * The members of an etcd cluster, as one: a request goes to the one that answered last, and to the
 * next when that one does not.
 */
import { UsageError } from '../../base/errors.ts';
import { closed } from '../store.ts';
import { isCutOff, isUnsent, toStoreError } from './errors.ts';
import type { Calls, Member, WatchStream } from './rpc.ts';

/** How long one request may take, all members together. */
const requestMs = 10_000;
/** With others to ask, nobody waits longer than this for one member's answer to a question. */
const attemptMs = 3_000;

/** `http://10.0.0.1:2379`, one a member. @throws UsageError that tells all that is wrong */
export function parseServers(servers: readonly string[]): URL[] {
  const problems: string[] = [];
  const urls = servers.flatMap((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isPlain = url && url.pathname === '/' && url.search === '' && url.username === '';
    if (!isPlain || !['http:', 'https:'].includes(url.protocol)) {
      problems.push(`--etcd-servers: ${text}: must be like https://10.0.0.1:2379`);
      return [];
    }
    if (url.port === '') url.port = '2379';
    return [url];
  });
  if (servers.length === 0) problems.push('--etcd-servers: names no server');
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return urls;
}

interface Patience {
  /** Whether another member may be sent the same after this error. */
  readonly mayRepeat: (error: unknown) => boolean;
  /** For one member's answer, while there are others. */
  readonly waitMs: number;
}

export class Endpoints {
  readonly #members: readonly Member[];
  #current = 0;
  #isClosed = false;

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** A question: it may be asked again elsewhere. @throws StatusError */
  async ask<N extends keyof Calls>(name: N, request: Calls[N]['request']) {
    return this.#call(name, request, { mayRepeat: isCutOff, waitMs: attemptMs });
  }

  /** A change: sent to another member only when it certainly did not leave here. */
  async change<N extends keyof Calls>(name: N, request: Calls[N]['request']) {
    return this.#call(name, request, { mayRepeat: isUnsent, waitMs: requestMs });
  }

  /** A watch at the current member, and what to call when that one turns out not to answer. */
  watch(): { readonly stream: WatchStream; readonly giveUp: () => void } {
    const index = this.#current;
    return { stream: this.#members[index]!.watch(), giveUp: () => this.#moveOn(index) };
  }

  close(): void {
    this.#isClosed = true;
    for (const member of this.#members) member.close();
  }

  async #call<N extends keyof Calls>(
    name: N,
    request: Calls[N]['request'],
    { mayRepeat, waitMs }: Patience,
  ): Promise<Calls[N]['response']> {
    const last = Date.now() + requestMs;
    for (let attempt = 1; ; attempt++) {
      if (this.#isClosed) throw closed();
      const index = this.#current;
      const isLast = attempt >= this.#members.length;
      const deadline = isLast ? last : Math.min(last, Date.now() + waitMs);
      try {
        return await this.#members[index]!.call(name, request, deadline);
      } catch (error) {
        if (this.#isClosed) throw closed();
        if (isCutOff(error)) this.#moveOn(index);
        if (isLast || !mayRepeat(error)) throw toStoreError(error, name);
      }
    }
  }

  /** Only the first of many that failed at the same member moves. */
  #moveOn(from: number): void {
    if (this.#current === from) this.#current = (from + 1) % this.#members.length;
  }
}
