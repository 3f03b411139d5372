/** portmap's configuration and the pod's addresses → ports of the host that lead there. Pure. */
import { formatIp, parseCidr, parseIp } from '../../../base/ip-address.ts';
import { CniError } from '../../error.ts';
import { flagOf, numberOf, objectsOf, textOf } from '../../options.ts';
import type { PluginRequest } from '../../request.ts';
import type { IpConfig } from '../../result.ts';
import { type Condition, parseConditions } from './plan-conditions.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';
export type Family = 'ipv4' | 'ipv6';

export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
  /** Absent: every address of the host. */
  readonly hostIp?: string;
}

/** One family of a pod. */
export interface Target {
  readonly family: Family;
  readonly address: string; // 10.0.0.5
  readonly subnet: string; // 10.0.0.5/24, host bits kept.
  readonly mappings: readonly PortMapping[];
  readonly conditions: readonly Condition[];
}

export interface PortmapPlan {
  /** Answers of pods that share a link with the asker, and to localhost, must pass the host. */
  readonly snat: boolean;
  readonly masqueradesAll: boolean;
  readonly markBit: number;
  readonly targets: readonly Target[];
}

const defaultMarkBit = 13;

/** @throws CniError 2, 6, 7 */
export function planPortmap(request: PluginRequest): PortmapPlan {
  const { conf, prevResult } = request;
  const backend = textOf(conf, 'backend') ?? 'nftables';
  if (backend === 'iptables') {
    throw unsupported('backend iptables is not supported: nftables is');
  }
  if (backend !== 'nftables') throw invalid(`${JSON.stringify(backend)} is no backend`);
  const [chain, bit] = [textOf(conf, 'externalSetMarkChain'), numberOf(conf, 'markMasqBit', 31)];
  if (chain !== undefined && bit !== undefined) {
    throw invalid('cannot specify externalSetMarkChain and markMasqBit');
  }
  if (chain !== undefined) {
    throw unsupported('externalSetMarkChain is not supported: the mark is in rules of ours');
  }
  const snat = conf.snat === undefined || conf.snat === null || flagOf(conf, 'snat');
  const mappings = parseMappings(Object(conf.runtimeConfig).portMappings);
  const conditions = {
    ipv4: parseConditions(conf.conditionsV4, 'conditionsV4'),
    ipv6: parseConditions(conf.conditionsV6, 'conditionsV6'),
  };
  const families: readonly Family[] = ['ipv4', 'ipv6'];
  return {
    snat,
    masqueradesAll: flagOf(conf, 'masqAll'),
    markBit: bit ?? defaultMarkBit,
    targets: families.flatMap((family) => {
      const ip = prevResult?.ips.find((each) => familyOf(each.address) === family);
      const own = mappings.filter(({ hostIp }) => !hostIp || familyOf(hostIp) === family);
      return ip && own.length > 0 ? [targetOf(family, ip, own, conditions[family])] : [];
    }),
  };
}

function targetOf(
  family: Family,
  { address }: IpConfig,
  mappings: readonly PortMapping[],
  conditions: readonly Condition[],
): Target {
  const plain = formatIp(parseCidr(address).address);
  return { family, address: plain, subnet: address, conditions, mappings };
}

/** @throws CniError 6, 7 */
export function parseMappings(raw: unknown): PortMapping[] {
  return objectsOf(raw, 'portMappings')
    .filter(({ hostPort }) => hostPort !== 0 && hostPort !== undefined)
    .map((each) => {
      const protocol = String(each.protocol || 'tcp').toLowerCase();
      if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') {
        throw invalid(`there is no protocol ${JSON.stringify(each.protocol)}`);
      }
      const hostIp = hostIpOf(each.hostIP);
      return {
        hostPort: portOf(each.hostPort, 'hostPort'),
        containerPort: portOf(each.containerPort, 'containerPort'),
        protocol,
        ...(hostIp !== undefined && { hostIp }),
      };
    });
}

function portOf(value: unknown, what: string): number {
  const port = Number(value);
  if (typeof value === 'number' && Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw invalid(`${what} ${JSON.stringify(value)} is no port`);
}

/** The address that stands for all of a family means that all of both are meant, as upstream. */
function hostIpOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  try {
    const address = formatIp(parseIp(String(value)));
    return address === '0.0.0.0' || address === '::' ? undefined : address;
  } catch (cause) {
    throw new CniError('invalidConfig', `hostIP: ${(cause as Error).message}`, { cause });
  }
}

export const familyOf = (address: string): Family => (address.includes(':') ? 'ipv6' : 'ipv4');

const unsupported = (message: string) => new CniError('unsupportedField', `portmap: ${message}`);

const invalid = (message: string) => new CniError('invalidConfig', `portmap: ${message}`);
