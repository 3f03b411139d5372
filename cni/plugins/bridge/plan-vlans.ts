/** The VLANs of a port: `vlan`, `vlanTrunk`, `preserveDefaultVlan`. Pure. */
import type { NetworkConf } from '../../config.ts';
import { CniError } from '../../error.ts';
import { flagOf, numberOf, objectsOf } from '../../options.ts';

export interface VlanConf {
  /** Frames without a tag belong to it. */
  readonly native?: number;
  /** Taken with their tags; sorted, each once. */
  readonly trunk: readonly number[];
  /** Stay in VLAN 1 too, as a new port is. */
  readonly keepsDefault: boolean;
}

const idMax = 4094;

/** Undefined for a port without VLANs. @throws CniError 7 */
export function parseVlans(conf: NetworkConf): VlanConf | undefined {
  const native = numberOf(conf, 'vlan', idMax) ?? 0;
  const ids = objectsOf(conf.vlanTrunk, 'vlanTrunk').flatMap(trunkIds);
  const trunk = [...new Set(ids)].sort((a, b) => a - b);
  if (native === 0 && trunk.length === 0) return undefined;
  const keepsDefault =
    conf.preserveDefaultVlan === undefined || flagOf(conf, 'preserveDefaultVlan');
  return { trunk, keepsDefault, ...(native > 0 && { native }) };
}

/** `{ id }`, `{ minID, maxID }`, or both. */
function trunkIds({ id, minID, maxID }: Record<string, unknown>): number[] {
  const single = id === undefined ? [] : [checkId(id, 'id')];
  if (minID === undefined && maxID === undefined) {
    if (single.length === 0) throw invalid('vlanTrunk[] needs id, or minID and maxID');
    return single;
  }
  if (minID === undefined || maxID === undefined) {
    throw invalid('minID and maxID of vlanTrunk[] go together');
  }
  const [min, max] = [checkId(minID, 'minID'), checkId(maxID, 'maxID')];
  if (min > max) throw invalid(`minID ${min} of vlanTrunk[] is above maxID ${max}`);
  return [...single, ...Array.from({ length: max - min + 1 }, (_, index) => min + index)];
}

function checkId(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= idMax) {
    return Number(value);
  }
  throw invalid(`${what} of vlanTrunk[] must be 1 to ${idMax}`);
}

const invalid = (message: string) => new CniError('invalidConfig', message);
