/**
 * Gives Services their cluster IP and node ports.
 *
 * What is taken is read from the Services themselves plus the writes under way, so there is no
 * second book that a crash could leave wrong, and deleting a Service gives back what it had.
 */
import { services } from '../../api/resources/service.ts';
import type { Service, ServiceSpec } from '../../api/types/core-v1.generated.ts';
import { invalidObject, invalidValue } from '../../api/validation/cause.ts';
import { type StatusCause, StatusError } from '../../base/errors.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { parsePortRange, pickFree, type Range, reservedAddresses, reservedPorts } from './bands.ts';
import { addressAt, type Cidr, lastOffset, offsetOf, parseCidr } from './ipv4-cidr.ts';
import {
  carryOver,
  clusterIpsOf,
  needsClusterIp,
  needsHealthCheckPort,
  needsNodePorts,
  portsOf,
} from './plan-service.ts';

export interface ServiceAllocatorOptions {
  readonly reader: ObjectReader;
  /** `10.43.0.0/16` */
  readonly serviceCidr: string;
  /** `30000-32767` */
  readonly nodePortRange: string;
  readonly random?: () => number;
}

/** Always the last: what comes before may still refuse, and later plugins must not change ports. */
export function createServiceAllocator(options: ServiceAllocatorOptions): AdmissionPlugin {
  const cidr = parseCidr(options.serviceCidr);
  const ports = parsePortRange(options.nodePortRange);
  const pending: Pending = { addresses: new Set(), ports: new Set() };
  return {
    name: 'ServiceAllocator',
    mutate({ resource, info, object, old }) {
      if (resource.plural !== 'services' || resource.group !== '' || info.subresource) return;
      const service = object as Service | undefined;
      if (!service?.spec) return;
      if (old) carryOver(service.spec, old as Service);
      const allocation = new Allocation(service, old as Service | undefined, {
        cidr,
        ports,
        pending,
        reader: options.reader,
        random: options.random ?? Math.random,
      });
      return allocation.run();
    },
  };
}

/** Promised to writes that are not in the reader yet. */
interface Pending {
  readonly addresses: Set<string>;
  readonly ports: Set<number>;
}

interface Space {
  readonly cidr: Cidr;
  readonly ports: Range;
  readonly pending: Pending;
  readonly reader: ObjectReader;
  readonly random: () => number;
}

/** One Service's turn. */
class Allocation {
  readonly #spec: ServiceSpec;
  readonly #service: Service;
  readonly #space: Space;
  readonly #own: ReturnType<typeof takenBy>;
  /** By all Services there are; looked up only when something must be found or checked. */
  #takenByAll: ReturnType<typeof takenBy> | undefined;
  readonly #reserved: Pending = { addresses: new Set(), ports: new Set() };
  readonly #causes: StatusCause[] = [];

  constructor(service: Service, old: Service | undefined, space: Space) {
    this.#service = service;
    this.#spec = service.spec!;
    this.#space = space;
    this.#own = takenBy(old ? [old] : []);
  }

  get #taken() {
    this.#takenByAll ??= takenBy(this.#space.reader.list(services));
    return this.#takenByAll;
  }

  /** @throws StatusError Invalid for what cannot be had, InternalError when nothing is left */
  run() {
    this.#giveAddress();
    this.#givePorts();
    if (this.#causes.length > 0) {
      throw invalidObject(services, this.#service.metadata?.name ?? '', this.#causes);
    }
    const { pending } = this.#space;
    const { addresses, ports } = this.#reserved;
    for (const address of addresses) pending.addresses.add(address);
    for (const port of ports) pending.ports.add(port);
    const release = () => {
      for (const address of addresses) pending.addresses.delete(address);
      for (const port of ports) pending.ports.delete(port);
    };
    // Once committed, the reader itself says that they are taken.
    return { commit: release, rollback: release };
  }

  #giveAddress(): void {
    const spec = this.#spec;
    if (!needsClusterIp(spec)) return;
    this.#checkFamilies();
    const requested = clusterIpsOf(spec);
    if (requested.length > 1) {
      const detail =
        'may only hold one value: this cluster is not configured for dual-stack services';
      this.#causes.push(invalidValue('spec.clusterIPs', requested, detail));
    }
    const [first] = requested;
    if (first === undefined) {
      if (this.#causes.length === 0) this.#setAddress(this.#pickAddress());
    } else if (first !== 'None' && !this.#own.addresses.has(first)) {
      this.#requestAddress(first);
    } else {
      this.#setAddress(first);
    }
  }

  #checkFamilies(): void {
    const { ipFamilies: families = [], ipFamilyPolicy } = this.#spec;
    if (ipFamilyPolicy === 'RequireDualStack') {
      const detail = 'this cluster is not configured for dual-stack services';
      this.#causes.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, detail));
    }
    for (const [index, family] of families.entries()) {
      if (family === 'IPv4') continue;
      const detail = 'not configured on this cluster';
      this.#causes.push(invalidValue(`spec.ipFamilies[${index}]`, family, detail));
    }
    this.#spec.ipFamilies ??= ['IPv4'];
    this.#spec.ipFamilyPolicy ??= 'SingleStack';
  }

  #requestAddress(address: string): void {
    const { cidr } = this.#space;
    const offset = offsetOf(cidr, address);
    const refuse = (why: string) => {
      const detail = `failed to allocate IP ${address}: ${why}`;
      this.#causes.push(invalidValue('spec.clusterIPs', [address], detail));
    };
    if (offset === undefined) {
      refuse(
        `the provided IP (${address}) is not in the valid range. ` +
          `The range of valid IPs is ${cidr.text}`,
      );
    } else if (this.#isAddressUsed(address, offset)) {
      refuse('provided IP is already allocated');
    } else {
      this.#reserved.addresses.add(address);
      this.#setAddress(address);
    }
  }

  #pickAddress(): string {
    const { cidr, random } = this.#space;
    const offset = pickFree(
      { min: 1, max: lastOffset(cidr) },
      {
        reserved: reservedAddresses(cidr.size),
        isUsed: (candidate) => this.#isAddressUsed(addressAt(cidr, candidate), candidate),
        random,
      },
    );
    if (offset === undefined) throw exhausted('failed to allocate a serviceIP: range is full');
    const address = addressAt(cidr, offset);
    this.#reserved.addresses.add(address);
    return address;
  }

  #isAddressUsed(address: string, offset: number): boolean {
    const { addresses } = this.#space.pending;
    if (this.#taken.addresses.has(address) || addresses.has(address)) return true;
    return offset === 1 && !isKubernetesService(this.#service);
  }

  #setAddress(address: string): void {
    this.#spec.clusterIP = address;
    this.#spec.clusterIPs = [address];
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
    if (this.#own.ports.has(port) || this.#reserved.ports.has(port)) return;
    const { min, max } = this.#space.ports;
    if (!Number.isInteger(port) || port < min || port > max) {
      const detail = 'provided port is not in the valid range. ';
      const range = `The range of valid ports is ${min}-${max}`;
      this.#causes.push(invalidValue(field, port, detail + range));
    } else if (this.#isPortUsed(port)) {
      this.#causes.push(invalidValue(field, port, 'provided port is already allocated'));
    } else {
      this.#reserved.ports.add(port);
    }
  }

  #pickPort(): number {
    const { ports: range, random } = this.#space;
    const isUsed = (port: number) =>
      this.#isPortUsed(port) || this.#own.ports.has(port) || this.#reserved.ports.has(port);
    const port = pickFree(range, { reserved: reservedPorts(range), isUsed, random });
    if (port === undefined) throw exhausted('failed to allocate a nodePort: range is full');
    this.#reserved.ports.add(port);
    return port;
  }

  #isPortUsed(port: number): boolean {
    return this.#taken.ports.has(port) || this.#space.pending.ports.has(port);
  }
}

function takenBy(list: readonly Service[]) {
  const [addresses, ports] = [new Set<string>(), new Set<number>()];
  for (const { spec } of list) {
    if (!spec) continue;
    for (const address of clusterIpsOf(spec)) addresses.add(address);
    for (const { nodePort } of portsOf(spec)) if (nodePort) ports.add(nodePort);
    if (spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort);
  }
  return { addresses, ports };
}

const isKubernetesService = ({ metadata }: Service) =>
  metadata?.name === 'kubernetes' && metadata.namespace === 'default';

const exhausted = (message: string) =>
  new StatusError('InternalError', `Internal error occurred: ${message}`);
