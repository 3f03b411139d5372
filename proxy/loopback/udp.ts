/** Carries datagrams from a loopback address to endpoints and back, one session a client. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { formatIp, parseIp } from '../../base/ip-address.ts';
import type { Endpoint } from '../plan-endpoints.ts';
import type { Listener, ListenOptions } from './tcp.ts';

export interface UdpOptions extends ListenOptions {
  /** Whether a session may go on: its endpoint is still one. */
  readonly isTarget: (endpoint: Endpoint) => boolean;
  /** A session that is silent for so long is over. */
  readonly silentMs?: number;
}

interface Session {
  readonly socket: Socket;
  readonly picked: Endpoint;
  readonly to: Endpoint;
  readonly timer: NodeJS.Timeout;
}

const sessionsMax = 1024;
/** As the kernel's nf_conntrack_udp_timeout_stream. */
const silentMsDefault = 120_000;

/** Rejects when the port cannot be had. */
export async function listenUdp(options: UdpOptions): Promise<Listener> {
  const { address, port } = options;
  const server = createSocket({ type: typeOf(address), ipv6Only: address.includes(':') });
  const sessions = new Sessions(server, options);
  server.on('message', (data, { address: host, port: from }) => {
    const session = sessions.of(host, from);
    session?.socket.send(data, session.to.port, session.to.address);
  });
  server.bind({ address, port, exclusive: true });
  await once(server, 'listening');
  server.on('error', () => {}); // What a client's own host refuses is no matter of ours.
  return {
    close: async () => {
      sessions.close();
      server.close();
    },
  };
}

class Sessions {
  readonly #server: Socket;
  readonly #options: UdpOptions;
  readonly #all = new Map<string, Session>(); // The one that was silent for longest is first.

  constructor(server: Socket, options: UdpOptions) {
    this.#server = server;
    this.#options = options;
  }

  of(host: string, port: number): Session | undefined {
    const key = `${host} ${port}`;
    let session = this.#all.get(key);
    if (session && !this.#options.isTarget(session.picked)) {
      this.#end(key);
      session = undefined;
    }
    session ??= this.#begin(key, host, port);
    if (!session) return undefined;
    session.timer.refresh();
    this.#all.delete(key);
    this.#all.set(key, session);
    return session;
  }

  close(): void {
    for (const key of [...this.#all.keys()]) this.#end(key);
  }

  #begin(key: string, host: string, port: number): Session | undefined {
    const picked = this.#options.pick();
    if (!picked) return undefined;
    // As answers will spell it.
    const to = { ...picked, address: formatIp(parseIp(picked.address)) };
    this.#options.onAccepted();
    const [oldest] = this.#all.keys();
    if (this.#all.size >= sessionsMax && oldest !== undefined) this.#end(oldest);
    const socket = createSocket(typeOf(to.address));
    const { silentMs = silentMsDefault } = this.#options;
    const timer = setTimeout(() => this.#end(key), silentMs);
    timer.unref();
    socket.on('message', (data, from) => {
      if (from.address !== to.address || from.port !== to.port) return; // A stranger's.
      timer.refresh();
      this.#server.send(data, port, host);
    });
    socket.on('error', () => this.#end(key)); // The next datagram begins anew.
    return { socket, picked, to, timer };
  }

  #end(key: string): void {
    const session = this.#all.get(key);
    if (!session) return;
    this.#all.delete(key);
    clearTimeout(session.timer);
    session.socket.close();
  }
}

const typeOf = (address: string) => (address.includes(':') ? 'udp6' : 'udp4');
