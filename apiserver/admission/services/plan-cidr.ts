/** What a ServiceCIDR lacks: its finalizer, its condition, or nothing that still holds it. Pure. */
import { type Block, containsBlock, parseAddress } from '../../../api/addresses.ts';
import type { Condition } from '../../../api/types/meta-v1.generated.ts';
import type { IPAddress, ServiceCIDR } from '../../../api/types/networking-v1.generated.ts';
import { toTime } from '../../../base/clock.ts';
import { blocksIn } from './ledger.ts';

export const finalizer = 'networking.k8s.io/service-cidr-finalizer';
export const defaultName = 'kubernetes';

/** Other servers may not know of the deletion yet, and give out one more address. */
const graceMs = 10_000;

export interface CidrView {
  /** Of other ServiceCIDRs that are not going away, and of the flags. */
  readonly others: readonly Block[];
  readonly addresses: readonly IPAddress[];
  readonly now: number;
}

export interface CidrPlan {
  /** Undefined: it is as it should be. */
  readonly wanted?: ServiceCIDR;
  /** When to look again although nothing changed. */
  readonly againMs?: number;
}

export function planCidr(cidr: ServiceCIDR, view: CidrView): CidrPlan {
  const { metadata } = cidr;
  const finalizers = metadata?.finalizers ?? [];
  if (!metadata?.deletionTimestamp) {
    const isDefault = metadata?.name === defaultName;
    const message = `Kubernetes ${isDefault ? 'default ' : ''}Service CIDR is ready`;
    const ready = { type: 'Ready', status: 'True', reason: '', message };
    const isHeld = finalizers.includes(finalizer);
    return changed(cidr, {
      ready,
      finalizers: isHeld ? finalizers : [...finalizers, finalizer],
      now: view.now,
    });
  }
  if (!finalizers.includes(finalizer)) return {};
  if (isUsed(cidr, view)) {
    const message =
      'There are still IPAddresses referencing the ServiceCIDR, ' +
      'please remove them or create a new ServiceCIDR';
    const ready = { type: 'Ready', status: 'False', reason: 'Terminating', message };
    return changed(cidr, { ready, finalizers, now: view.now });
  }
  const againMs = Date.parse(metadata.deletionTimestamp) + graceMs - view.now;
  if (againMs > 0) return { againMs };
  const kept = finalizers.filter((name) => name !== finalizer);
  return { wanted: { ...cidr, metadata: { ...metadata, finalizers: kept } } };
}

/** Whether a Service would lose its block. */
function isUsed(cidr: ServiceCIDR, { others, addresses }: CidrView): boolean {
  const own = blocksIn(cidr).filter((block) => !others.some((each) => containsBlock(each, block)));
  const inside = (blocks: readonly Block[], text: string) => {
    const address = parseAddress(text);
    return blocks.some((block) => {
      return (
        address &&
        containsBlock(block, { ...address, prefix: address.bits, network: address.value })
      );
    });
  };
  return addresses.some(({ metadata }) => {
    const name = metadata?.name ?? '';
    return inside(own, name) && !inside(others, name);
  });
}

interface Wanted {
  readonly ready: Omit<Condition, 'lastTransitionTime'>;
  readonly finalizers: readonly string[];
  readonly now: number;
}

function changed(cidr: ServiceCIDR, { ready, finalizers, now }: Wanted): CidrPlan {
  const conditions = cidr.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'Ready');
  const isSame = before?.status === ready.status && before.reason === ready.reason;
  if (isSame && finalizers.length === (cidr.metadata?.finalizers?.length ?? 0)) return {};
  const isTurned = before?.status !== ready.status;
  const condition: Condition = {
    ...ready,
    lastTransitionTime: isTurned ? toTime(now) : before!.lastTransitionTime,
  };
  return {
    wanted: {
      ...cidr,
      metadata: { ...cidr.metadata, finalizers: [...finalizers] },
      status: {
        ...cidr.status,
        conditions: [...conditions.filter(({ type }) => type !== 'Ready'), condition],
      },
    },
  };
}
