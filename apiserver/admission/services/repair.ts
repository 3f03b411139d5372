/** Mends what differs between Services and what stands beside them, at start and now and then. */
import {
  apiVersionOf,
  groupResourceOf,
  type KubeObject,
  type Resource,
} from '../../../api/resource.ts';
import { events } from '../../../api/resources/event.ts';
import { ipAddresses } from '../../../api/resources/ip-address.ts';
import { services } from '../../../api/resources/service.ts';
import type { Service } from '../../../api/types/core-v1.generated.ts';
import type { Clock } from '../../../base/clock.ts';
import { toTime } from '../../../base/clock.ts';
import type { Store } from '../../../store/store.ts';
import { keyOf, type Registry } from '../../registry/registry.ts';
import { toStore } from '../../registry/stored.ts';
import { createMakeObject } from '../make-object.ts';
import type { Range } from './bands.ts';
import type { ServiceLedger } from './ledger.ts';
import { type PortKey, planRepair, type Step, type Told } from './plan-repair.ts';
import { newIpAddress, placeOf, portKey, portsPrefix } from './reservations.ts';

const root = '/registry/';
const pageSize = 1000;

export interface RepairDeps {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: Clock;
  readonly ledger: ServiceLedger;
  readonly range: Range;
}

export class ServiceRepair {
  readonly #deps: RepairDeps;
  /** What was told already: nobody needs to read it every three minutes. */
  readonly #told = new Set<string>();
  #running: Promise<void> = Promise.resolve();

  constructor(deps: RepairDeps) {
    this.#deps = deps;
  }

  /** May be repeated. Each step is one transaction; what changed meanwhile is for next time. */
  run(): Promise<void> {
    const turn = this.#running.then(() => this.#runOnce());
    this.#running = turn.catch(() => {});
    return turn;
  }

  async #runOnce(): Promise<void> {
    const { registry, store, ledger, range } = this.#deps;
    const ports = await readPorts(store);
    // A port whose Service is not known by then belongs to none.
    await registry.fresh();
    const steps = planRepair({
      services: registry.list(services),
      addresses: registry.list(ipAddresses),
      ports,
      blocks: ledger.families.flatMap((family) => ledger.blocksOf(family)),
      range,
    });
    for (const step of steps) await this.#do(step);
  }

  async #do(step: Step): Promise<void> {
    if (step.do === 'giveAddress') {
      const { service, address } = step;
      const value = toStore(generic(ipAddresses), newIpAddress(service, address, this.#deps.clock));
      await this.#write(service, `${groupResourceOf(ipAddresses)}/${address}`, value);
    } else if (step.do === 'givePort') {
      const value = Buffer.from(JSON.stringify({ service: placeOf(step.service) }));
      await this.#write(step.service, portKey(step.port), value);
    } else if (step.do === 'dropPort') {
      await this.#drop(portKey(step.port), step.revision);
    } else if (step.do === 'dropAddress') {
      const { name, resourceVersion } = step.address.metadata!;
      await this.#drop(`${groupResourceOf(ipAddresses)}/${name}`, Number(resourceVersion));
    } else {
      await this.#tell(step.about, step.event);
    }
  }

  /** For a Service that is still as it was seen. */
  async #write(service: Service, key: string, value: Uint8Array): Promise<void> {
    const { store, registry } = this.#deps;
    const { name = '', namespace = '' } = service.metadata!;
    const place = keyOf(generic(services), name, namespace);
    const stored = registry.cacheOf(generic(services)).get(place);
    if (!stored || stored.object.metadata?.uid !== service.metadata?.uid) return;
    const owner = `${root}${groupResourceOf(services)}/${place}`;
    const { entry } = await store.get(root + key);
    await store.transact({
      conditions: [
        { key: owner, revision: stored.revision },
        { key: root + key, revision: entry?.revision ?? 0 },
      ],
      changes: [{ key: root + key, value }],
    });
  }

  /** A key that belonged to no Service when it had this revision. */
  async #drop(key: string, revision: number): Promise<void> {
    await this.#deps.store.transact({
      conditions: [{ key: root + key, revision }],
      changes: [{ key: root + key, value: undefined }],
    });
  }

  async #tell(about: KubeObject, { reason, message }: Told): Promise<void> {
    const { clock, registry } = this.#deps;
    const { name = '', namespace, uid } = about.metadata!;
    const id = `${uid} ${message}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    const now = toTime(clock.now());
    const of = namespace === undefined ? ipAddresses : services;
    const component = 'ipallocator-repair-controller';
    await createMakeObject(registry, clock)(events, {
      metadata: {
        name: `${name}.${clock.now().toString(16)}${this.#told.size.toString(16)}`,
        namespace: namespace ?? 'default',
      },
      involvedObject: {
        kind: of.kind,
        apiVersion: apiVersionOf(of),
        name,
        ...(namespace !== undefined && { namespace }),
        ...(uid !== undefined && { uid }),
      },
      reason,
      message,
      type: 'Warning',
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
    });
  }
}

const generic = (resource: unknown) => resource as Resource;

async function readPorts(store: Store): Promise<Map<number, PortKey>> {
  const ports = new Map<number, PortKey>();
  const prefix = root + portsPrefix;
  for (let after: string | undefined; ; ) {
    const page = await store.list({ prefix, limit: pageSize, ...(after && { after }) });
    for (const { key, value, revision } of page.entries) {
      ports.set(Number(key.slice(prefix.length)), { owner: ownerIn(value), revision });
    }
    after = page.entries.at(-1)?.key;
    if (!page.more) return ports;
  }
}

/** Nobody's, when it cannot be read. */
function ownerIn(value: Uint8Array): string {
  try {
    const { service } = JSON.parse(Buffer.from(value).toString()) as { service?: unknown };
    return String(service);
  } catch {
    return '';
  }
}
