/**
 * eBPF mode: nftables mode, and beside it programs on a cgroup that choose an endpoint when a
 * socket connects. What they do not know (affinity, SCTP, node ports, packets from outside) goes
 * the way of the packets. When this process ends, the programs end, and all goes that way.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError, wrapError } from '../../base/errors.ts';
import { attachToCgroup, type BpfMap, createMap, socketHooks } from '../../native/bpf.ts';
import { addressBytes, indexBytes, portBytes, protocolBytes } from '../nftables/bytes.ts';
import { type PortPlan, planService } from '../plan.ts';
import type { Family } from '../plan-address.ts';
import type { Rules, World } from '../world.ts';
import { answerProgram, chooseProgram, sizesOf } from './program.ts';

export interface ConnectRulesOptions {
  readonly family: Family;
  /** Path of a cgroup (v2) whose processes the programs see. */
  readonly cgroup: string;
  readonly packets: Rules;
  readonly world: World;
}

const entriesMax = 1 << 20;
const originsMax = 1 << 16;

/** One port as the tables have it. */
interface Written {
  readonly key: string;
  readonly id: number;
  readonly endpoints: readonly string[];
}

export class ConnectRules implements Rules {
  readonly #options: ConnectRulesOptions;
  readonly #written = new Map<string, readonly Written[]>(); // By Service.
  readonly #dirty = new Set<string>();
  #programs: Programs | undefined;
  #isAllDirty = true;
  #lastId = 0;

  constructor(options: ConnectRulesOptions) {
    this.#options = options;
  }

  touch(serviceKey: string): void {
    this.#dirty.add(serviceKey);
    this.#options.packets.touch(serviceKey);
  }

  touchAll(): void {
    this.#isAllDirty = true;
    this.#options.packets.touchAll();
  }

  /** @throws UsageError also where there are no cgroups of version 2 */
  async claim(): Promise<void> {
    ensureCgroup(this.#options.cgroup);
    await this.#options.packets.claim();
  }

  async write(): Promise<void> {
    await this.#options.packets.write();
    const { world, family, cgroup } = this.#options;
    this.#programs ??= attachPrograms(family, cgroup);
    const all = new Set([...this.#written.keys(), ...world.serviceKeys()]);
    const keys = this.#isAllDirty ? all : new Set(this.#dirty);
    this.#isAllDirty = false;
    this.#dirty.clear();
    for (const key of keys) this.#writeService(key);
  }

  audit(): Promise<void> {
    return this.#options.packets.audit();
  }

  look(): Promise<void> {
    return this.#options.packets.look();
  }

  close(): void {
    this.#programs?.close();
    this.#programs = undefined;
  }

  #writeService(key: string): void {
    const { world } = this.#options;
    const service = world.service(key);
    const ports = service
      ? planService(service, world.slices(key), world.node()).ports.filter(isKnown)
      : [];
    const before = new Map((this.#written.get(key) ?? []).map((each) => [each.key, each]));
    const after = ports.map((port) => this.#writePort(port, before));
    for (const gone of before.values()) this.#remove(gone);
    if (after.length > 0) this.#written.set(key, after);
    else this.#written.delete(key);
  }

  /**
   * New endpoints go under a new id before the front is turned to it, so that a choice always
   * finds one. Takes what stays out of `before`.
   */
  #writePort(port: PortPlan, before: Map<string, Written>): Written {
    const key = addressBytes(port.clusterIp) + frontEnd(port);
    const endpoints = listOf(port).map(({ address, port: number }) => {
      return addressBytes(address) + portBytes(number);
    });
    const old = before.get(key);
    before.delete(key);
    if (old && old.endpoints.join() === endpoints.join()) return old;
    const id = ++this.#lastId;
    endpoints.forEach((endpoint, index) => {
      this.#programs!.endpoints.set(bytes(indexBytes(id) + indexBytes(index)), bytes(endpoint));
    });
    this.#programs!.services.set(bytes(key), bytes(indexBytes(endpoints.length) + indexBytes(id)));
    if (old) this.#removeEndpoints(old);
    return { key, id, endpoints };
  }

  #remove(written: Written): void {
    this.#programs!.services.delete(bytes(written.key));
    this.#removeEndpoints(written);
  }

  #removeEndpoints({ id, endpoints }: Written): void {
    for (const index of endpoints.keys()) {
      this.#programs!.endpoints.delete(bytes(indexBytes(id) + indexBytes(index)));
    }
  }
}

const cgroup2Magic = 0x63677270;

/** Makes it if need be: pods may come later than we do. @throws UsageError */
function ensureCgroup(cgroup: string): void {
  if (statfsSync(dirname(cgroup)).type !== cgroup2Magic) {
    throw new UsageError(
      `eBPF mode cannot use ${cgroup}: it needs a cgroup of version 2 (--ebpf-cgroup), which ` +
        'this machine may not have; nftables mode works without',
    );
  }
  mkdirSync(cgroup, { recursive: true });
}

interface Programs {
  readonly services: BpfMap;
  readonly endpoints: BpfMap;
  close(): void;
}

/** Without entries they let everything pass. @throws Error that names the cgroup */
function attachPrograms(family: Family, cgroup: string): Programs {
  const sizes = sizesOf(family);
  const services = createMap('hash', { ...sizes.services, entriesMax });
  const endpoints = createMap('hash', { ...sizes.endpoints, entriesMax });
  const origins = createMap('leastRecentlyUsed', { ...sizes.origins, entriesMax: originsMax });
  const tables = { services: services.fd, endpoints: endpoints.fd, origins: origins.fd };
  const hooks = socketHooks[family];
  const open: { close(): void }[] = [services, endpoints, origins];
  const close = () => {
    for (const each of open.splice(0).reverse()) each.close();
  };
  try {
    for (const hook of [hooks.connect, hooks.send]) {
      open.push(attachToCgroup(cgroup, hook, chooseProgram(family, tables)));
    }
    open.push(attachToCgroup(cgroup, hooks.receive, answerProgram(family, tables)));
  } catch (error) {
    close();
    throw wrapError(`eBPF mode could not hang its programs on ${cgroup}`, error);
  }
  return { services, endpoints, close };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Port, protocol, zero: `portBytes` and `protocolBytes` pad to four bytes each. */
const frontEnd = ({ port, protocol }: PortPlan): string =>
  `${portBytes(port).slice(0, 2)}${protocolBytes(protocol)[0]}\0`;

const listOf = ({ internalPolicy, cluster, local }: PortPlan) =>
  internalPolicy === 'Local' ? local : cluster;

/** Nobody to go to is refused by the packets' rules, which can say so. */
const isKnown = (port: PortPlan): boolean =>
  port.protocol !== 'sctp' && port.affinitySeconds === undefined && listOf(port).length > 0;
