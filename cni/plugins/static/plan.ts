/** static's configuration → its result: the addresses are written down, or asked for. Pure. */
import { formatCidr, formatIp, parseCidr, parseIp } from '../../../base/ip-address.ts';
import { CniError } from '../../error.ts';
import { objectsOf } from '../../options.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, type IpConfig, parseDns, parseRoute } from '../../result.ts';
import { isAtLeast } from '../../version.ts';

/** Of the three places the later one counts: CNI_ARGS, args.cni.ips, runtimeConfig.ips. */
export function planStatic({ conf, args }: PluginRequest): CniResult {
  const ipam = Object(conf.ipam) as Record<string, unknown>;
  const requested =
    ipsOf(Object(conf.runtimeConfig).ips, 'runtimeConfig.ips') ??
    ipsOf(Object(Object(conf.args).cni).ips, 'args.cni.ips') ??
    fromArgs(args);
  const written = objectsOf(ipam.addresses, 'ipam.addresses').map(toIp);
  const ips = requested ?? written;
  if (ips.length === 0) throw invalid('ipam has no addresses');
  const v4 = ips.filter(({ address }) => !address.includes(':')).length;
  if (!isAtLeast(conf.cniVersion, '0.3.0') && (v4 > 1 || ips.length - v4 > 1)) {
    throw invalid(`CNI version ${conf.cniVersion} has room for one address of each family`);
  }
  return {
    interfaces: [],
    ips,
    routes: objectsOf(ipam.routes, 'ipam.routes').map(parseRoute),
    dns: parseDns(ipam.dns),
  };
}

function toIp({ address, gateway }: Record<string, unknown>): IpConfig {
  const isSet = gateway !== undefined && gateway !== null && gateway !== '';
  return {
    address: cidrOf(address),
    ...(isSet && { gateway: valid(() => formatIp(parseIp(String(gateway)))) }),
  };
}

/** `IP=10.0.0.5/24,fd00::5/64;GATEWAY=10.0.0.1,fd00::1`: a gateway for the family's addresses. */
function fromArgs(args: PluginRequest['args']): IpConfig[] | undefined {
  const list = (key: string) => (args.get(key) ?? '').split(',').filter((each) => each !== '');
  const addresses = list('IP').map(cidrOf);
  const gateways = list('GATEWAY').map((each) => valid(() => formatIp(parseIp(each))));
  if (addresses.length === 0) return undefined;
  return addresses.map((address) => {
    const gateway = gateways.find((each) => each.includes(':') === address.includes(':'));
    return { address, ...(gateway !== undefined && { gateway }) };
  });
}

function ipsOf(raw: unknown, what: string): IpConfig[] | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (!Array.isArray(raw)) throw invalid(`${what} must be a list`);
  return raw.length === 0 ? undefined : raw.map((each) => ({ address: cidrOf(each) }));
}

const cidrOf = (raw: unknown): string => valid(() => formatCidr(parseCidr(String(raw))));

function valid<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new CniError('invalidConfig', (cause as Error).message, { cause });
  }
}

const invalid = (message: string) => new CniError('invalidConfig', message);
