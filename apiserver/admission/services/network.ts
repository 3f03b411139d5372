/** Service addresses and node ports as a whole: who gives them out, and who looks after them. */
import type { Block } from '../../../api/addresses.ts';
import type { Resource } from '../../../api/resource.ts';
import { ipAddresses } from '../../../api/resources/ip-address.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import type { Store } from '../../../store/store.ts';
import { followIn } from '../../authorization/follow.ts';
import type { Registry } from '../../registry/registry.ts';
import type { AdmissionPlugin } from '../../request.ts';
import { createServiceAllocator } from './allocator.ts';
import { parsePortRange } from './bands.ts';
import { addressAt, readBlocks } from './blocks.ts';
import { ensureDefaultCidr, keepCidrs } from './cidrs.ts';
import { ServiceLedger } from './ledger.ts';
import { ServiceRepair } from './repair.ts';

const repairMs = 3 * 60_000;

export interface ServiceNetworkOptions {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** `10.43.0.0/16`, or with a block of the other family behind a comma. */
  readonly serviceCidr: string;
  /** `30000-32767` */
  readonly nodePortRange: string;
}

export interface ServiceNetwork {
  /** The last of the plugins that change objects. */
  readonly allocator: AdmissionPlugin;
  /** Before anybody is answered; goes on beside the requests until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
}

/** @throws Error for a block or a range that is none */
export function createServiceNetwork(options: ServiceNetworkOptions): ServiceNetwork {
  const { registry, store, clock, log } = options;
  const blocks = readBlocks(options.serviceCidr);
  const range = parsePortRange(options.nodePortRange);
  const ledger = new ServiceLedger(blocks, followIn(registry));
  const repair = new ServiceRepair({ registry, store, clock, ledger, range });
  return {
    allocator: createServiceAllocator({ ledger, ports: range, clock }),
    async start(signal) {
      const deps = { registry, clock, log, blocks, signal };
      await ensureDefaultCidr(deps);
      keepCidrs(deps);
      await repair.run();
      void repeat(repair, { clock, log, signal });
      // Who deletes the address of a Service by hand gets it back at once.
      registry.cacheOf(ipAddresses as unknown as Resource).listen(({ type, current }) => {
        if (type !== 'DELETED') return;
        setImmediate(() => {
          if (ledger.hasAddress(current.key)) void attempt(repair, { log, signal });
        });
      });
    },
  };
}

type Surroundings = Pick<ServiceNetworkOptions, 'log'> & { readonly signal: AbortSignal };

async function repeat(
  repair: ServiceRepair,
  { clock, log, signal }: Surroundings & { readonly clock: Clock },
): Promise<void> {
  for (;;) {
    await clock.sleep(repairMs, signal);
    if (signal.aborted) return;
    await attempt(repair, { log, signal });
  }
}

async function attempt(repair: ServiceRepair, { log, signal }: Surroundings): Promise<void> {
  try {
    if (!signal.aborted) await repair.run();
  } catch (error) {
    if (!signal.aborted) log.error('Could not repair addresses and ports of Services', error);
  }
}

/** Of the Service `kubernetes`. @throws Error */
export const firstAddress = (serviceCidr: string): string => {
  const [first] = readBlocks(serviceCidr) as readonly [Block];
  return addressAt(first, 1);
};
