/** Wires cluster DNS: informers → directory → responder → sockets. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { type ConfigOf, type Flag, list, port, text } from '../base/config.ts';
import { UsageError, wrapError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Client } from '../client/client.ts';
import { followDirectory } from './directory.ts';
import { Forwarder, parseResolvConf, parseUpstream, type Upstream } from './forward.ts';
import { startHealth } from './health.ts';
import { Responder } from './respond.ts';
import { keepListening, type Listening, tryListen } from './server.ts';

export const flags = {
  'listen-address': text('Where to answer; may be one that is yet to appear.', '0.0.0.0', 'IP'),
  port: port('Where to answer, by UDP and TCP.', 53),
  domain: text("The cluster's domain.", 'cluster.local', 'NAME'),
  upstream: list('Who knows all other names; absent: see --resolv-conf.', [], 'IP:PORT,IP'),
  'resolv-conf': text('Names the upstreams; empty: none.', '/etc/resolv.conf', 'FILE'),
  'healthz-address': text('Where /health and /ready are.', '127.0.0.1', 'IP'),
  'healthz-port': optionalPort('The port of /health and /ready; absent: off.'),
};

export type Config = ConfigOf<typeof flags>;

export interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface DnsRunning extends Running {
  /** The port in use; as asked for while the address is yet to appear. */
  readonly port: number;
  readonly healthzPort: number | undefined;
  /** Resolves once it answers: the address is there and the API has been listed. */
  readonly ready: Promise<void>;
}

/**
 * Resolves when it listens, or when its address does not exist yet: it goes on trying then.
 * Rejects when the address is somebody else's.
 */
export async function start(config: Config, deps: Deps): Promise<DnsRunning> {
  const { clock, log } = deps;
  const stop = new AbortController();
  const directory = followDirectory(deps);
  const responder = new Responder({
    zone: { domain: domainOf(config), serial: Math.floor(clock.now() / 1000) },
    directory,
    forwarder: new Forwarder({ upstreams: upstreamsOf(config) }),
  });
  const options = { address: config.listenAddress, port: config.port, responder, log };
  let listening: Listening | undefined;
  let isReady = false;
  const health =
    config.healthzPort === undefined
      ? undefined
      : await startHealth(
          { address: config.healthzAddress, port: config.healthzPort },
          () => isReady,
        );
  try {
    listening = await tryListen(options);
  } catch (error) {
    await health?.close();
    throw wrapError('Could not listen for DNS', error);
  }
  const bound = listening
    ? Promise.resolve()
    : keepListening(options, { clock, signal: stop.signal }).then((late) => {
        listening = late;
      });
  const ready = Promise.all([bound, follow(directory, responder)]).then(() => {
    if (stop.signal.aborted) return;
    isReady = true;
    log.info('Answering', { address: config.listenAddress, port: listening?.port });
  });
  directory.start(stop.signal);
  return {
    get port() {
      return listening?.port ?? config.port;
    },
    healthzPort: health?.port,
    ready,
    stop: async () => {
      stop.abort();
      await bound;
      const [dns, http] = [listening, health];
      listening = undefined;
      await Promise.all([dns?.close(), http?.close()]);
    },
  };
}

async function follow(
  directory: ReturnType<typeof followDirectory>,
  responder: Responder,
): Promise<void> {
  directory.onChange(() => responder.forget());
  await directory.synced;
  responder.setReady();
}

/** @throws UsageError */
function domainOf({ domain }: Config): string {
  const lower = domain.toLowerCase().replace(/\.$/, '');
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(lower)) {
    throw new UsageError(`--domain=${domain}: must be a domain such as cluster.local`);
  }
  return lower;
}

/** Ourselves left out: a question would go round for ever. */
function upstreamsOf({ upstream, resolvConf, listenAddress, port }: Config): Upstream[] {
  const given = upstream.map((item) => {
    const parsed = parseUpstream(item);
    if (!parsed) throw new UsageError(`--upstream=${item}: must be an address, or address:port`);
    return parsed;
  });
  const all = given.length > 0 || resolvConf === '' ? given : parseResolvConf(read(resolvConf));
  return all.filter((each) => each.address !== listenAddress || each.port !== port);
}

/** A machine without the file knows no other names. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function optionalPort(describe: string): Flag<number | undefined> {
  return { ...port(describe, 0), default: undefined };
}
