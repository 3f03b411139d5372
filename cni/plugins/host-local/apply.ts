/** The IPAM plugin that keeps its addresses in files of this host. */
import { readFile } from 'node:fs/promises';
import { CniError } from '../../error.ts';
import { type Candidate, candidateFor, candidates, type RangeSet } from '../../ipam/plan.ts';
import { type AddressStore, openAddressStore } from '../../ipam/store.ts';
import type { Plugin } from '../../plugin.ts';
import type { Attachment, PluginRequest } from '../../request.ts';
import type { CniResult } from '../../result.ts';
import { dataDirOf, type HostLocalPlan, planHostLocal } from './plan.ts';
import { parseResolvConf } from './resolv-conf.ts';

export const hostLocal: Plugin = {
  async add(request): Promise<CniResult> {
    const plan = planHostLocal(request);
    const store = openAddressStore(plan.dataDir);
    const held = store.find(request, false);
    if (held.length > 0) {
      throw new CniError('addressTaken', `${show(request)} already has ${held.join(', ')}`);
    }
    const dns = plan.resolvConf ? parseResolvConf(await readFile(plan.resolvConf, 'utf8')) : {};
    const given = reserveAll(plan, store, request);
    return {
      interfaces: [],
      ips: given.map(({ address, prefixLength, gateway }) => ({
        address: `${address}/${prefixLength}`,
        gateway,
      })),
      routes: plan.routes,
      dns,
    };
  },

  async del({ conf, containerId, ifName }) {
    openAddressStore(dataDirOf(conf)).release({ containerId, ifName });
  },

  async check(request) {
    const held = openAddressStore(dataDirOf(request.conf)).find(request, true);
    if (held.length === 0) {
      throw new CniError('checkFailed', `${show(request)} has no address of ${request.conf.name}`);
    }
  },

  async gc({ conf, validAttachments }) {
    openAddressStore(dataDirOf(conf)).keepOnly(validAttachments);
  },

  async status(request) {
    planHostLocal(request);
    openAddressStore(dataDirOf(request.conf));
  },
};

/** All sets or none. */
function reserveAll(plan: HostLocalPlan, store: AddressStore, request: PluginRequest): Candidate[] {
  const { containerId, ifName } = request;
  const owner = { containerId, ifName };
  const wanted = new Set(plan.requestedIps);
  try {
    const given = plan.sets.map((set, index) => {
      const requested = [...wanted].find((address) => candidateFor(set, address) !== undefined);
      if (requested === undefined) return reserveNext(set, { store, owner, index });
      wanted.delete(requested);
      return reserveExact(set, requested, { store, owner, index });
    });
    if (wanted.size > 0) {
      throw new CniError(
        'invalidConfig',
        `requested IPs ${[...wanted].join(', ')} are in no range`,
      );
    }
    return given;
  } catch (error) {
    store.release(owner);
    throw error;
  }
}

interface Slot {
  readonly store: AddressStore;
  readonly owner: Attachment;
  readonly index: number; // Of the range set.
}

function reserveExact(set: RangeSet, address: string, { store, owner, index }: Slot): Candidate {
  const candidate = candidateFor(set, address);
  if (candidate && store.reserve(address, owner, index)) return candidate;
  throw new CniError('addressTaken', `requested IP ${address} is taken`);
}

function reserveNext(set: RangeSet, { store, owner, index }: Slot): Candidate {
  for (const candidate of candidates(set, store.lastReserved(index))) {
    if (!store.isTaken(candidate.address) && store.reserve(candidate.address, owner, index)) {
      return candidate;
    }
  }
  throw new CniError('tryAgainLater', `range set ${index} has no free address`);
}

const show = ({ containerId, ifName }: Attachment) => `${containerId} ${ifName}`;
