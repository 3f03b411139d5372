/** macvlan's configuration. Pure. */
import { CniError } from '../../error.ts';
import { flagOf, numberOf, parseMacRequest, parseMtu, textOf } from '../../options.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, type Dns, parseDns } from '../../result.ts';

export interface MacvlanConf {
  /** Absent: the device of the default route. */
  readonly master?: string;
  readonly mode: number;
  readonly isInPod: boolean; // The master is.
  readonly mtu?: number;
  readonly mac?: string;
  readonly broadcastQueueLength?: number;
  readonly dns: Dns;
}

/** linux/if_link.h */
const modes = new Map([
  ['private', 1],
  ['vepa', 2],
  ['bridge', 4],
  ['passthru', 8],
]);

/** @throws CniError 7 */
export function parseMacvlanConf(request: PluginRequest): MacvlanConf {
  const { conf } = request;
  const word = textOf(conf, 'mode') ?? 'bridge';
  const mode = modes.get(word);
  if (mode === undefined) {
    throw new CniError('invalidConfig', `macvlan: there is no mode ${JSON.stringify(word)}`);
  }
  const [master, mtu, mac] = [textOf(conf, 'master'), parseMtu(conf), parseMacRequest(request)];
  const broadcastQueueLength = numberOf(conf, 'bcqueuelen', 0xffff_ffff);
  return {
    mode,
    isInPod: flagOf(conf, 'linkInContainer'),
    dns: parseDns(conf.dns),
    ...(master !== undefined && { master }),
    ...(mtu !== undefined && { mtu }),
    ...(mac !== undefined && { mac }),
    ...(broadcastQueueLength && { broadcastQueueLength }),
  };
}

/** @throws CniError 7 where IPAM was asked and gave nothing */
export function planIps(ipam: CniResult, hasIpam: boolean): CniResult['ips'] {
  if (hasIpam && ipam.ips.length === 0) {
    throw new CniError('invalidConfig', 'macvlan: IPAM gave no address');
  }
  return ipam.ips.map((ip) => ({ ...ip, interface: 0 }));
}
