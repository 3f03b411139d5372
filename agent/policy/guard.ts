/** The pod network with policies around it: no pod is given its network before its rules are. */
import type { PodNetwork } from '../context.ts';
import type { Policies } from './policies.ts';

export function guardNetwork(network: PodNetwork, policies: Policies): PodNetwork {
  return {
    async attach(record) {
      const addresses = await network.attach(record);
      await policies.admit(record, addresses);
      return addresses;
    },
    async detach(record, next) {
      await policies.endConnections(record); // Before the address is free.
      await network.detach(record, next);
      policies.forget(record);
    },
    async release(keep) {
      await network.release(keep);
      policies.adopt(keep);
    },
  };
}
