/**
 * Which addresses and node ports are taken, as this server knows it: by Services and IPAddresses
 * in its memory, and by the writes under way. Another server may know more; the keys that are
 * written with each Service (see reservations.ts) find that out.
 */
import { type Block, containsBlock, parseBlock } from '../../../api/addresses.ts';
import { ipAddresses } from '../../../api/resources/ip-address.ts';
import { services } from '../../../api/resources/service.ts';
import { serviceCidrs } from '../../../api/resources/service-cidr.ts';
import type { Service } from '../../../api/types/core-v1.generated.ts';
import type { ServiceCIDR } from '../../../api/types/networking-v1.generated.ts';
import type { Follow } from '../../authorization/follow.ts';
import { canonical, type Family, familyOf } from './blocks.ts';
import { clusterIpsOf, nodePortsOf } from './plan-service.ts';

export interface Taking {
  readonly addresses: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

export class ServiceLedger {
  /** Those of the flags, the cluster's own family first. */
  readonly #own: readonly Block[];
  readonly #byCidr = new Map<string, readonly Block[]>();
  readonly #byService = new Map<string, Taking>();
  readonly #objects = new Set<string>(); // Of IPAddresses, by name.
  /** How many Services and writes under way hold each. */
  readonly #addresses = new Map<string, number>();
  readonly #ports = new Map<number, number>();

  constructor(own: readonly Block[], follow: Follow) {
    this.#own = own;
    follow(services, (key, service) => this.#setService(key, service));
    follow(ipAddresses, (name, object) => {
      if (object) this.#objects.add(name);
      else this.#objects.delete(name);
    });
    follow(serviceCidrs, (name, object) => this.#setCidr(name, object));
  }

  /** The cluster's own first. */
  get families(): Family[] {
    return this.#own.map(familyOf);
  }

  /** The block whose first address is that of the API itself. */
  get first(): Block {
    return this.#own[0]!;
  }

  /** Where new addresses of a family come from, in the order in which they are used up. */
  blocksOf(family: Family): Block[] {
    const own = this.#own.filter((block) => familyOf(block) === family);
    const more = [...this.#byCidr]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, blocks]) => blocks)
      .filter((block) => familyOf(block) === family)
      .filter((block) => !own.some((each) => containsBlock(each, block)));
    return [...own, ...more];
  }

  hasAddress(address: string): boolean {
    return this.#addresses.has(address) || this.#objects.has(address);
  }

  hasPort(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Promises them to a write; the returned function ends that, also when called twice. */
  promise(taking: Taking): () => void {
    this.#countAll(taking, 1);
    let isDone = false;
    return () => {
      if (!isDone) this.#countAll(taking, -1);
      isDone = true;
    };
  }

  #setService(key: string, service: Service | undefined): void {
    const before = this.#byService.get(key);
    if (before) this.#countAll(before, -1);
    this.#byService.delete(key);
    if (!service?.spec) return;
    const taking = takingOf(service);
    if (taking.addresses.size + taking.ports.size === 0) return;
    this.#byService.set(key, taking);
    this.#countAll(taking, 1);
  }

  #setCidr(name: string, object: ServiceCIDR | undefined): void {
    this.#byCidr.delete(name);
    if (!object || object.metadata?.deletionTimestamp || !isReady(object)) return;
    this.#byCidr.set(name, blocksIn(object));
  }

  #countAll({ addresses, ports }: Taking, by: number): void {
    for (const address of addresses) addTo(this.#addresses, address, by);
    for (const port of ports) addTo(this.#ports, port, by);
  }
}

function addTo<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

/** What a Service has: addresses as IPAddresses are named, and ports each once. */
export const takingOf = ({ spec }: Service): Taking => ({
  addresses: new Set(
    clusterIpsOf(spec ?? {})
      .filter((address) => address !== 'None')
      .map(canonical),
  ),
  ports: new Set(nodePortsOf(spec ?? {})),
});

const isReady = ({ status }: ServiceCIDR) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

/** Those that can be read. */
export const blocksIn = ({ spec }: ServiceCIDR): Block[] =>
  (spec?.cidrs ?? []).flatMap((text) => parseBlock(text) ?? []);
