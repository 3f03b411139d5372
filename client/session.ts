/**
 * One HTTP/2 connection, made when it is first needed and made again after it was lost. While the
 * server is away, attempts are spaced by a back-off and every waiting request shares the same one.
 */
import * as http2 from 'node:http2';
import type { Clock } from '../base/clock.ts';
import { messageOf, StatusError } from '../base/errors.ts';

const retryMsMin = 50;
const retryMsMax = 1000;
const connectMsMax = 10_000;
const pingMs = 30_000;
const pingMsMax = 15_000;
// Lists are megabytes: with the default 64 KiB every list would wait for window updates.
const streamWindowBytes = 1 << 20;
const sessionWindowBytes = 1 << 24;

export interface SessionOptions {
  readonly server: string;
  readonly tls: { ca?: string; cert?: string; key?: string; servername?: string };
  readonly insecure: boolean;
  readonly clock: Clock;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #closing = new AbortController();
  #current: http2.ClientHttp2Session | undefined;
  #attempt: Promise<http2.ClientHttp2Session> | undefined;
  #failures = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** A session that was open a moment ago. Rejects with ServiceUnavailable. */
  async open(): Promise<http2.ClientHttp2Session> {
    if (this.#closing.signal.aborted) throw this.unreachable('the client was closed');
    if (this.#current) return this.#current;
    this.#attempt ??= this.#connect().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  close(): void {
    this.#closing.abort();
    this.#current?.destroy();
    this.#current = undefined;
  }

  unreachable(why: unknown): StatusError {
    const message = `Could not reach ${this.#options.server}: ${messageOf(why)}`;
    return new StatusError('ServiceUnavailable', message, { cause: why });
  }

  async #connect(): Promise<http2.ClientHttp2Session> {
    const { clock } = this.#options;
    if (this.#failures > 0) {
      const waitMs = Math.min(retryMsMin * 2 ** (this.#failures - 1), retryMsMax);
      await clock.sleep(waitMs, this.#closing.signal);
    }
    if (this.#closing.signal.aborted) throw this.unreachable('the client was closed');
    try {
      const session = await this.#dial();
      this.#failures = 0;
      this.#adopt(session);
      return session;
    } catch (error) {
      this.#failures++;
      throw this.unreachable(error);
    }
  }

  #dial(): Promise<http2.ClientHttp2Session> {
    const { server, tls, insecure } = this.#options;
    return new Promise((resolve, reject) => {
      const session = http2.connect(server, {
        ...tls,
        rejectUnauthorized: !insecure,
        settings: { initialWindowSize: streamWindowBytes, enablePush: false },
      });
      const timer = setTimeout(() => session.destroy(new Error('timed out')), connectMsMax);
      const stop = () => session.destroy(new Error('the client was closed'));
      this.#closing.signal.addEventListener('abort', stop, { once: true });
      const settle = () => {
        clearTimeout(timer);
        this.#closing.signal.removeEventListener('abort', stop);
      };
      session.once('error', (error) => {
        settle();
        reject(error);
      });
      session.once('close', () => {
        settle();
        reject(new Error('connection closed'));
      });
      session.once('connect', () => {
        settle();
        session.setLocalWindowSize(sessionWindowBytes);
        resolve(session);
      });
    });
  }

  #adopt(session: http2.ClientHttp2Session): void {
    this.#current = session;
    const forget = () => {
      clearInterval(timer);
      if (this.#current === session) this.#current = undefined;
    };
    // A peer that vanished without a FIN would otherwise leave every watch waiting for ever.
    const timer = setInterval(() => ping(session), pingMs);
    timer.unref();
    session.on('error', forget); // Each stream gets the error as well; nothing is lost here.
    session.on('close', forget);
    session.on('goaway', forget); // Running streams end in peace, new ones get a new session.
  }
}

function ping(session: http2.ClientHttp2Session): void {
  if (session.closed || session.destroyed) return;
  const timer = setTimeout(() => session.destroy(new Error('no answer to ping')), pingMsMax);
  timer.unref();
  session.once('close', () => clearTimeout(timer));
  session.ping((error) => {
    clearTimeout(timer);
    if (error) session.destroy();
  });
}
