/** The gate before every write: plugins that may change it or refuse it, in upstream's order. */
import type { AdmissionPlugin, AdmissionRequest, ObjectReader, Reservation } from '../request.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { denyServiceExternalIps } from './deny-service-external-ips.ts';
import { createNamespaceLifecycle } from './namespace-lifecycle.ts';
import { createNodeRestriction } from './node-restriction.ts';
import { createServiceAllocator } from './service-allocator.ts';

export interface AdmissionOptions {
  readonly reader: ObjectReader;
  /** `10.43.0.0/16` */
  readonly serviceCidr: string;
  /** `30000-32767` */
  readonly nodePortRange: string;
}

export interface Admission {
  /**
   * `commit` is to be called once the reader shows the write, `rollback` when nothing was written.
   * @throws StatusError when a plugin refuses; nothing stays reserved then.
   */
  admit(request: AdmissionRequest): Reservation;
}

/** @throws Error for a CIDR or a port range that is none */
export function createAdmission(options: AdmissionOptions): Admission {
  return chainPlugins([
    createNamespaceLifecycle(options),
    createNodeRestriction(options),
    defaultTolerationSeconds,
    denyServiceExternalIps,
    createServiceAllocator(options),
  ]);
}

export function chainPlugins(plugins: readonly AdmissionPlugin[]): Admission {
  return {
    admit(request) {
      const reservations: Reservation[] = [];
      try {
        for (const plugin of plugins) {
          const reservation = plugin.admit(request);
          if (reservation) reservations.push(reservation);
        }
      } catch (error) {
        for (const each of reservations.reverse()) each.rollback();
        throw error;
      }
      return {
        commit: () => {
          for (const each of reservations) each.commit();
        },
        rollback: () => {
          for (const each of reservations.reverse()) each.rollback();
        },
      };
    },
  };
}
