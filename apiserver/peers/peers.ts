/**
 * The API servers on one store know of each other: each keeps a Lease in kube-system, and
 * default/kubernetes names all that are alive.
 */
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { KubeObject, Resource } from '../../api/resource.ts';
import { endpointSlices, endpoints, leases } from '../../api/resources.ts';
import type { Lease } from '../../api/types/coordination-v1.generated.ts';
import type { Endpoints } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { toMicroTime } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Machinery } from '../call.ts';
import { ensure } from '../ensure.ts';
import {
  type Address,
  addressesOf,
  type Found,
  look,
  planLive,
  planSlices,
  planSubsets,
  type Sightings,
} from './plan.ts';

const roundMs = 10_000;
/** As upstream: so long after its last renewal a server's Lease is removed. */
const leaseSeconds = 3_600;
const leaveMs = 2_000;
const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' };
const addressAnnotation = 'wherry.dev/advertise-address';
/** On slices beside `kubernetes`, so that those of nobody can be told from a user's. */
const ownLabel = { 'endpointslice.kubernetes.io/managed-by': 'apiserver.wherry.dev' };

export interface PeerOptions {
  readonly address: Address;
  /** Other servers may use the same store. */
  readonly isShared: boolean;
  readonly log: Logger;
}

/** Resolves once this server is in default/kubernetes. `leave` takes it out again, for good. */
export async function joinPeers(
  server: Machinery,
  options: PeerOptions,
): Promise<{ leave(): Promise<void> }> {
  const peers = new Peers(server, options);
  await peers.turn();
  const stop = new AbortController();
  server.stopping.addEventListener('abort', () => stop.abort(), { once: true });
  const turning = repeat(peers, server, { signal: stop.signal, log: options.log });
  return {
    async leave() {
      stop.abort();
      if (!options.isShared) return;
      // A store that does not answer must not hold up the end: the others find out by themselves.
      const wait = new AbortController();
      const leaving = turning.then(() => peers.leave()).catch(() => {});
      await Promise.race([leaving, server.clock.sleep(leaveMs, wait.signal)]);
      wait.abort();
    },
  };
}

async function repeat(
  peers: Peers,
  { clock }: Machinery,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<void> {
  for (;;) {
    await clock.sleep(roundMs, signal);
    if (signal.aborted) return;
    try {
      await peers.turn();
    } catch (error) {
      if (!signal.aborted) log.error('Could not tell the other API servers of this one', error);
    }
  }
}

class Peers {
  readonly #server: Machinery;
  readonly #options: PeerOptions;
  readonly #name: string;
  readonly #holder: string;
  #sightings: Sightings = new Map();
  #round = 0;

  constructor(server: Machinery, options: PeerOptions) {
    this.#server = server;
    this.#options = options;
    const identity = `${hostname()} ${options.address.ip}`;
    const hash = createHash('sha256').update(identity).digest('hex').slice(0, 26);
    this.#name = `apiserver-${hash}`;
    this.#holder = `${this.#name}_${randomUUID()}`;
  }

  /** One round: still here, and who else is. */
  async turn(): Promise<void> {
    await this.#renew();
    const { registry } = this.#server;
    await registry.fresh();
    this.#round += 1;
    this.#sightings = look(this.#sightings, await this.#findOthers(), this.#round);
    await this.#publish();
  }

  async leave(): Promise<void> {
    const { registry } = this.#server;
    const stored = registry.cacheOf(generic(leases)).get(`kube-system/${this.#name}`);
    if (stored) await registry.remove(generic(leases), stored);
    await this.#publish(false);
  }

  async #renew(): Promise<void> {
    const { ip, port } = this.#options.address;
    const now = toMicroTime(this.#server.clock.now());
    const annotations = { [addressAnnotation]: JSON.stringify({ ip, port }) };
    const lease: Lease = {
      metadata: {
        name: this.#name,
        namespace: 'kube-system',
        labels: { ...labels, 'kubernetes.io/hostname': hostname() },
        annotations,
      },
      spec: {
        holderIdentity: this.#holder,
        leaseDurationSeconds: leaseSeconds,
        acquireTime: now,
        renewTime: now,
      },
    };
    await ensure<Lease>(this.#server, leases, lease, (draft) => {
      draft.metadata = { ...draft.metadata, annotations };
      const isOurs = draft.spec?.holderIdentity === this.#holder;
      draft.spec = isOurs ? { ...draft.spec, renewTime: now } : lease.spec!;
    });
  }

  /** Removes on the way the Leases of servers that are long gone. */
  async #findOthers(): Promise<Found[]> {
    const { registry, clock } = this.#server;
    const found: Found[] = [];
    for (const stored of registry.cacheOf(generic(leases)).list('kube-system/')) {
      const { metadata, spec } = stored.object as Lease;
      const { name = '', annotations = {} } = metadata ?? {};
      const isServer = Object.entries(labels).every(([key, value]) => {
        return metadata?.labels?.[key] === value;
      });
      if (!isServer || name === this.#name) continue;
      const { renewTime = '', leaseDurationSeconds = leaseSeconds } = spec ?? {};
      const isOver = Date.parse(renewTime) + leaseDurationSeconds * 1000 < clock.now();
      const address = parseAddress(annotations[addressAnnotation]);
      if (isOver || !this.#options.isShared) await registry.remove(generic(leases), stored);
      else if (address) found.push({ name, address, renewTime });
    }
    return found;
  }

  async #publish(isHere = true): Promise<void> {
    const { address: own } = this.#options;
    // Nobody but this machine could follow it there; the API refuses it in Endpoints.
    if (own.ip.startsWith('127.') || own.ip === '::1') return;
    const metadata = { name: 'kubernetes', namespace: 'default' };
    const liveNow = (named: readonly Address[]) => {
      const question = { sightings: this.#sightings, round: this.#round, own, named };
      return planLive(question).filter((each) => isHere || each.ip !== own.ip);
    };
    const skipMirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
    let live = liveNow([]);
    const endpoint: Endpoints = {
      metadata: { ...metadata, labels: skipMirror },
      subsets: planSubsets(live),
    };
    await ensure<Endpoints>(this.#server, endpoints, endpoint, (draft) => {
      live = liveNow(addressesOf(draft));
      draft.subsets = planSubsets(live);
    });
    await this.#publishSlices(live);
  }

  async #publishSlices(live: readonly Address[]): Promise<void> {
    const planned = planSlices(live);
    for (const { name, addressType, endpoints: own, ports } of planned) {
      const isFirst = name === 'kubernetes';
      const sliceLabels = { 'kubernetes.io/service-name': 'kubernetes', ...(!isFirst && ownLabel) };
      const slice: EndpointSlice = {
        metadata: { name, namespace: 'default', labels: sliceLabels },
        addressType,
        endpoints: own,
        ports,
      };
      await ensure<EndpointSlice>(this.#server, endpointSlices, slice, (draft) => {
        draft.endpoints = own;
        draft.ports = ports;
      });
    }
    const { registry } = this.#server;
    for (const stored of registry.cacheOf(generic(endpointSlices)).list('default/kubernetes-')) {
      const { name = '', labels: found = {} } = stored.object.metadata ?? {};
      const isOwn = Object.entries(ownLabel).every(([key, value]) => found[key] === value);
      if (!isOwn || planned.some((each) => each.name === name)) continue;
      await registry.remove(generic(endpointSlices), stored);
    }
  }
}

function parseAddress(text: string | undefined): Address | undefined {
  try {
    const { ip, port } = JSON.parse(text ?? '') as Partial<Address>;
    return typeof ip === 'string' && Number.isInteger(port) ? { ip, port: port! } : undefined;
  } catch {
    return undefined; // Of a server that keeps it elsewhere: upstream's have no such annotation.
  }
}

const generic = <T extends KubeObject>(resource: Resource<T>) => resource as unknown as Resource;
