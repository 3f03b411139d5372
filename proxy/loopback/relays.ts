/**
 * Node ports on 127.0.0.1 and ::1. The kernel turns packets away from loopback only with
 * route_localnet, which opens the node's own daemons to its neighbours (CVE-2020-8558): so this
 * process carries them.
 */
import { hasCode, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Recorder } from '../../client/events.ts';
import { planService } from '../plan.ts';
import type { Endpoint } from '../plan-endpoints.ts';
import type { World } from '../world.ts';
import { planRelays, type Relay } from './plan.ts';
import { type Listener, listenTcp } from './tcp.ts';
import { listenUdp } from './udp.ts';

export interface RelaysDeps {
  /** One for each family. */
  readonly worlds: readonly World[];
  /** Loopback addresses. */
  readonly addresses: readonly string[];
  readonly recorder: Recorder;
  readonly log: Logger;
  /** A connection, or the first datagram of a session, was taken. */
  readonly onAccepted?: () => void;
  /** From 0 to 1. */
  readonly random?: () => number;
}

interface Open {
  targets: readonly Endpoint[];
  readonly listener: Listener;
}

export class Relays {
  readonly #deps: RelaysDeps;
  readonly #open = new Map<string, Map<string, Open>>(); // Service → `tcp 127.0.0.1:30080` → it.
  #last: Promise<void> = Promise.resolve();

  constructor(deps: RelaysDeps) {
    this.#deps = deps;
  }

  onService(key: string): void {
    const hasPorts = this.#service(key)?.spec?.ports?.some(({ nodePort }) => nodePort);
    if (!hasPorts && !this.#open.has(key)) return;
    // One after the other: a port that moves to another Service is free before it is taken.
    this.#last = this.#last.then(() => this.#update(key));
  }

  onEndpoints(key: string): void {
    this.onService(key);
  }

  async stop(): Promise<void> {
    await this.#last;
    const all = [...this.#open.values()].flatMap((each) => [...each.values()]);
    this.#open.clear();
    await Promise.all(all.map(({ listener }) => listener.close('all')));
  }

  #service(key: string) {
    return this.#deps.worlds[0]?.service(key);
  }

  async #update(key: string): Promise<void> {
    const wanted = this.#plan(key);
    const open = this.#open.get(key) ?? new Map<string, Open>();
    for (const [id, { listener }] of open) {
      if (wanted.has(id)) continue;
      open.delete(id);
      await listener.close('new');
    }
    for (const [id, relay] of wanted) {
      const known = open.get(id);
      if (known) known.targets = relay.targets;
      else {
        const made = await this.#listen(key, relay);
        if (made) open.set(id, made);
      }
    }
    if (open.size > 0) this.#open.set(key, open);
    else this.#open.delete(key);
  }

  #plan(key: string): ReadonlyMap<string, Relay> {
    const { worlds, addresses } = this.#deps;
    const service = this.#service(key);
    if (!service) return new Map();
    const plans = worlds.map((world) => planService(service, world.slices(key), world.node()));
    return planRelays(plans, addresses);
  }

  async #listen(key: string, relay: Relay): Promise<Open | undefined> {
    const { address, port, protocol } = relay;
    const { random = Math.random, onAccepted = () => {} } = this.#deps;
    const open = { targets: relay.targets };
    const pick = () => open.targets[Math.floor(random() * open.targets.length)];
    const isTarget = (endpoint: Endpoint) =>
      open.targets.some((each) => each.address === endpoint.address && each.port === endpoint.port);
    const options = { address, port, pick, isTarget, onAccepted };
    try {
      const listener = await (protocol === 'tcp' ? listenTcp : listenUdp)(options);
      return Object.assign(open, { listener });
    } catch (error) {
      // A machine without IPv6 has no ::1.
      if (!hasCode(error, 'EADDRNOTAVAIL')) this.#report(key, relay, messageOf(error));
      return undefined;
    }
  }

  #report(key: string, { address, port }: Relay, reason: string): void {
    const { recorder, log } = this.#deps;
    log.info('Could not answer on loopback', { service: key, address, port, reason });
    const service = this.#service(key);
    if (!service) return;
    const about = { ...service, apiVersion: 'v1', kind: 'Service' };
    const message = `node port ${port} does not answer on ${address}: ${reason}`;
    recorder.event(about, 'Warning', 'FailedToListenOnLoopback', message);
  }
}
