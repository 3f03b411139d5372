/** When a bootstrap token goes. Pure. */

import type { Secret } from '../../api/types/core-v1.generated.ts';
import { decodeText } from '../../api/validation/pem.ts';

/**
 * Milliseconds from now, 0: it has ended, or nobody can tell when it ends; undefined: it is none,
 * or stays for good.
 */
export function tokenEndsInMs({ metadata, type, data }: Secret, nowMs: number): number | undefined {
  if (metadata?.namespace !== 'kube-system' || type !== 'bootstrap.kubernetes.io/token') {
    return undefined;
  }
  const expiration = data?.expiration;
  if (metadata.deletionTimestamp || expiration === undefined) return undefined;
  const endMs = Date.parse(decodeText(expiration));
  return Number.isNaN(endMs) ? 0 : Math.max(0, endMs - nowMs);
}
