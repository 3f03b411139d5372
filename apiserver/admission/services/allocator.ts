/**
 * Gives Services their addresses and node ports, and takes them back.
 *
 * What is taken is read from the Services themselves and the writes under way; what is given out
 * is written with the Service as keys of its own, so that no other server can give it out too.
 */
import type { Block } from '../../../api/addresses.ts';
import { services } from '../../../api/resources/service.ts';
import type { Service, ServiceSpec } from '../../../api/types/core-v1.generated.ts';
import { invalidObject, invalidValue, tooManyValues } from '../../../api/validation/cause.ts';
import type { Clock } from '../../../base/clock.ts';
import { type StatusCause, StatusError } from '../../../base/errors.ts';
import type { AdmissionPlugin, AdmissionRequest, Reservation } from '../../request.ts';
import { pickFree, type Range, reservedAddresses, reservedPorts } from './bands.ts';
import {
  addressAt,
  canonical,
  describeBlocks,
  type Family,
  familyOfText,
  lastOffset,
  offsetOf,
  sizeOf,
} from './blocks.ts';
import { type ServiceLedger, type Taking, takingOf } from './ledger.ts';
import { planFamilies } from './plan-families.ts';
import {
  carryOver,
  clusterIpsOf,
  needsClusterIp,
  needsHealthCheckPort,
  needsNodePorts,
  portsOf,
} from './plan-service.ts';
import { giveBack, takeAll } from './reservations.ts';

export interface ServiceAllocatorOptions {
  readonly ledger: ServiceLedger;
  readonly ports: Range;
  readonly clock: Clock;
  readonly random?: () => number;
}

/** Comes after all other plugins that change a Service: it is for the Service as it is to be. */
export function createServiceAllocator(options: ServiceAllocatorOptions): AdmissionPlugin {
  const tools = { ...options, random: options.random ?? Math.random };
  return {
    name: 'ServiceAllocator',
    mutate(request) {
      const { resource, info, object, old } = request;
      if (resource.plural !== 'services' || resource.group !== '') return undefined;
      const before = old as Service | undefined;
      if (!object || info.subresource) return before && freeing(before);
      return new Allocation(request, tools).run();
    },
  };
}

/** A write that gives out nothing, but may be the Service's end. */
const freeing = (service: Service): Reservation => ({
  sideWrites: (isGone) => (isGone ? giveBack(takingOf(service)) : []),
  commit: () => {},
  rollback: () => {},
});

type Tools = Required<ServiceAllocatorOptions>;

/** All of a Service must fit into one transaction of the store, which takes 128 changes. */
const portsMax = 100;

/** One Service's turn. */
class Allocation {
  readonly #request: AdmissionRequest;
  readonly #service: Service;
  readonly #spec: ServiceSpec;
  readonly #tools: Tools;
  readonly #own: Taking; // What the Service has already.
  readonly #taken = { addresses: new Set<string>(), ports: new Set<number>() };
  readonly #causes: StatusCause[] = [];

  constructor(request: AdmissionRequest, tools: Tools) {
    this.#request = request;
    this.#service = request.object as Service;
    this.#spec = this.#service.spec ?? {};
    this.#tools = tools;
    this.#own = takingOf((request.old ?? {}) as Service);
  }

  /** @throws StatusError Invalid for what cannot be had, InternalError when nothing is left */
  run(): Reservation | undefined {
    const service = this.#service;
    if (!service.spec) return undefined;
    const asked = structuredClone(service.spec);
    const old = this.#request.old as Service | undefined;
    if (old) carryOver(this.#spec, old);
    this.#causes.push(...planFamilies(this.#spec, old, this.#tools.ledger.families));
    if (this.#causes.length === 0) this.#giveAddresses();
    this.#givePorts();
    const count = takingOf(service).ports.size;
    if (count > portsMax) this.#causes.push(tooManyValues('spec.ports', count, portsMax));
    if (this.#causes.length > 0) {
      throw invalidObject(services, service.metadata?.name ?? '', this.#causes);
    }
    return this.#reserve(asked);
  }

  #reserve(asked: ServiceSpec): Reservation {
    const release = this.#tools.ledger.promise(this.#taken);
    const service = this.#service;
    const now = takingOf(service);
    const freed = without(this.#own, now);
    return {
      sideWrites: (isGone) =>
        isGone
          ? giveBack(this.#own)
          : [...takeAll(service, this.#taken, this.#tools.clock), ...giveBack(freed)],
      // The ledger follows the Services themselves: it knows by now.
      commit: release,
      rollback: () => {
        release();
        // Tried again, the Service must not ask for what was only picked for it. What a dry run
        // picked is its answer.
        if (!this.#request.dryRun) service.spec = asked;
      },
    };
  }

  #giveAddresses(): void {
    const spec = this.#spec;
    if (!needsClusterIp(spec)) return;
    const requested = clusterIpsOf(spec).map(canonical);
    if (requested[0] === 'None') {
      setAddresses(spec, ['None']);
      return;
    }
    const given = (spec.ipFamilies as Family[]).map((family, index) => {
      const address = requested[index];
      if (address === undefined) return this.#pickAddress(family);
      if (!this.#own.addresses.has(address)) this.#requestAddress(address);
      return address;
    });
    setAddresses(spec, given);
  }

  #requestAddress(address: string): void {
    const blocks = this.#tools.ledger.blocksOf(familyOfText(address));
    const place = blocks.flatMap((block) => {
      const offset = offsetOf(block, address);
      return offset === undefined ? [] : [{ block, offset }];
    })[0];
    const refuse = (why: string) => {
      const detail = `failed to allocate IP ${address}: ${why}`;
      this.#causes.push(invalidValue('spec.clusterIPs', [address], detail));
    };
    if (!place) {
      refuse(
        `the provided IP (${address}) is not in the valid range. ` +
          `The range of valid IPs is ${describeBlocks(blocks)}`,
      );
    } else if (this.#isTaken(address, place.block, place.offset)) {
      refuse('provided IP is already allocated');
    } else {
      this.#taken.addresses.add(address);
    }
  }

  #pickAddress(family: Family): string {
    for (const block of this.#tools.ledger.blocksOf(family)) {
      const offset = pickFree(
        { min: 1, max: lastOffset(block) },
        {
          reserved: reservedAddresses(sizeOf(block)),
          isUsed: (each) => this.#isTaken(addressAt(block, each), block, each),
          random: this.#tools.random,
        },
      );
      if (offset === undefined) continue;
      const address = addressAt(block, offset);
      this.#taken.addresses.add(address);
      return address;
    }
    throw exhausted('failed to allocate a serviceIP: range is full');
  }

  #isTaken(address: string, block: Block, offset: number): boolean {
    if (this.#tools.ledger.hasAddress(address) || this.#taken.addresses.has(address)) return true;
    const isFirst = offset === 1 && block === this.#tools.ledger.first;
    return isFirst && !isKubernetesService(this.#service);
  }

  #givePorts(): void {
    const spec = this.#spec;
    // Those asked for by hand first, so that none of them is picked for another port.
    for (const [index, { nodePort }] of portsOf(spec).entries()) {
      if (nodePort) this.#requestPort(nodePort, `spec.ports[${index}].nodePort`);
    }
    if (this.#causes.length > 0) return;
    if (needsNodePorts(spec)) {
      // One service port over TCP and UDP (as DNS has it) shares one node port.
      const chosen = new Map(
        portsOf(spec).flatMap(({ port, nodePort }) => (nodePort ? [[port, nodePort]] : [])),
      );
      for (const port of portsOf(spec)) {
        port.nodePort ||= chosen.get(port.port) ?? this.#pickPort();
        chosen.set(port.port, port.nodePort);
      }
    }
    if (needsHealthCheckPort(spec)) {
      if (!spec.healthCheckNodePort) spec.healthCheckNodePort = this.#pickPort();
      else this.#requestPort(spec.healthCheckNodePort, 'spec.healthCheckNodePort');
    }
  }

  #requestPort(port: number, field: string): void {
    if (this.#own.ports.has(port) || this.#taken.ports.has(port)) return;
    const { min, max } = this.#tools.ports;
    if (!Number.isInteger(port) || port < min || port > max) {
      const detail = 'provided port is not in the valid range. ';
      const range = `The range of valid ports is ${min}-${max}`;
      this.#causes.push(invalidValue(field, port, detail + range));
    } else if (this.#tools.ledger.hasPort(port)) {
      this.#causes.push(invalidValue(field, port, 'provided port is already allocated'));
    } else {
      this.#taken.ports.add(port);
    }
  }

  #pickPort(): number {
    const { ports: range, random, ledger } = this.#tools;
    const isUsed = (port: number) =>
      ledger.hasPort(port) || this.#own.ports.has(port) || this.#taken.ports.has(port);
    const port = pickFree(range, { reserved: reservedPorts(range), isUsed, random });
    if (port === undefined) throw exhausted('failed to allocate a nodePort: range is full');
    this.#taken.ports.add(port);
    return port;
  }
}

function setAddresses(spec: ServiceSpec, addresses: string[]): void {
  spec.clusterIP = addresses[0]!;
  spec.clusterIPs = addresses;
}

const without = (a: Taking, b: Taking): Taking => ({
  addresses: new Set([...a.addresses].filter((each) => !b.addresses.has(each))),
  ports: new Set([...a.ports].filter((each) => !b.ports.has(each))),
});

const isKubernetesService = ({ metadata }: Service) =>
  metadata?.name === 'kubernetes' && metadata.namespace === 'default';

const exhausted = (message: string) =>
  new StatusError('InternalError', `Internal error occurred: ${message}`);
