/** bridge's configuration and the addresses given → links, addresses, routes. Pure. */
import { formatIp, networkOf, parseCidr } from '../../../base/ip-address.ts';
import { CniError } from '../../error.ts';
import { aliasOf, hostNameOf, macFor, macOf } from '../../names.ts';
import {
  flagOf,
  type MasqueradeBackend,
  parseMacRequest,
  parseMasquerade,
  parseMtu,
} from '../../options.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, type Dns, parseDns, type RouteConfig, withGateway } from '../../result.ts';
import { parseVlans, type VlanConf } from './plan-vlans.ts';

export interface BridgeConf {
  readonly bridge: string;
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  readonly forceAddress: boolean;
  readonly hairpinMode: boolean;
  readonly promiscMode: boolean;
  readonly portIsolation: boolean;
  readonly macSpoofCheck: boolean;
  /** Our own option: only the addresses that were given may be sent from. */
  readonly ipSpoofCheck: boolean;
  /** Leave the pod's end down: the pod's owner will bring it up. */
  readonly disableInterface: boolean;
  /** Look for duplicates of IPv6 addresses, as long as it takes. */
  readonly enableDad: boolean;
  readonly masquerade?: MasqueradeBackend;
  readonly vlans?: VlanConf;
  /** Absent: the bridge's, or for a new one that of the way out. */
  readonly mtu?: number;
  readonly mac?: string;
  readonly dns: Dns;
}

export interface BridgePlan {
  readonly hostName: string; // Of the veth's end on the bridge.
  readonly hostMac: string;
  readonly mac: string; // Of the pod's end.
  readonly alias: string;
  readonly addresses: readonly string[];
  readonly routes: readonly RouteConfig[];
  /** Of the bridge itself: 10.42.0.1/24. */
  readonly gateways: readonly string[];
  readonly bridgeMac: string;
  /** As in the result; `interface` points to the third link: bridge, host's end, pod's end. */
  readonly ips: CniResult['ips'];
  readonly resultRoutes: readonly RouteConfig[];
}

/** @throws CniError 2, 7 */
export function parseBridgeConf(request: PluginRequest): BridgeConf {
  const { conf } = request;
  const { bridge: name = '' } = conf;
  if (typeof name !== 'string' || !/^[^/:\s]{0,15}$/.test(name) || /^\.{1,2}$/.test(name)) {
    throw invalid(`${JSON.stringify(name)} is no name for a bridge`);
  }
  const flag = (field: string) => flagOf(conf, field);
  if (flag('hairpinMode') && flag('promiscMode')) {
    throw invalid('cannot set hairpin mode and promiscuous mode at the same time');
  }
  const isGateway = flag('isGateway') || flag('isDefaultGateway');
  if (flag('disableContainerInterface') && (isGateway || hasIpam(conf))) {
    throw invalid('disableContainerInterface goes with neither ipam nor isGateway');
  }
  const [masquerade, vlans, mtu, mac] = [
    parseMasquerade(conf),
    parseVlans(conf),
    parseMtu(conf),
    parseMacRequest(request),
  ];
  return {
    bridge: name === '' ? 'cni0' : name,
    isGateway,
    isDefaultGateway: flag('isDefaultGateway'),
    forceAddress: flag('forceAddress'),
    hairpinMode: flag('hairpinMode'),
    promiscMode: flag('promiscMode'),
    portIsolation: flag('portIsolation'),
    macSpoofCheck: flag('macspoofchk'),
    ipSpoofCheck: flag('ipspoofchk'),
    disableInterface: flag('disableContainerInterface'),
    enableDad: flag('enabledad'),
    dns: parseDns(conf.dns),
    ...(masquerade && { masquerade }),
    ...(vlans && { vlans }),
    ...(mtu !== undefined && { mtu }),
    ...(mac !== undefined && { mac }),
  };
}

const hasIpam = (conf: PluginRequest['conf']) => (Object(conf.ipam).type ?? '') !== '';

/** @throws CniError 7 when IPAM gave what cannot be wired */
export function planBridge(
  conf: BridgeConf,
  ipam: CniResult,
  { conf: { name: network }, containerId, ifName }: PluginRequest,
): BridgePlan {
  const ips = ipam.ips.map((ip) => {
    const gateway = ip.gateway ?? (conf.isGateway ? firstOf(ip.address) : undefined);
    return { ...ip, ...(gateway && { gateway }), interface: 2 };
  });
  const extra = conf.isDefaultGateway ? defaultRoutes(ips, ipam.routes) : [];
  const resultRoutes = [...ipam.routes, ...extra];
  const gateways = conf.isGateway
    ? ips.flatMap(({ address, gateway }) => onLink(address, gateway))
    : [];
  const attachment = { containerId, ifName };
  return {
    hostName: hostNameOf(network, attachment),
    hostMac: macOf(`host ${network} ${containerId} ${ifName}`),
    mac: conf.mac ?? macFor(ips[0]?.address, `pod ${network} ${containerId} ${ifName}`),
    alias: aliasOf(network, attachment),
    addresses: ips.map(({ address }) => address),
    routes: resultRoutes.map((route) => withGateway(route, ips)),
    gateways: [...new Set(gateways)],
    bridgeMac: macFor(gateways[0], `bridge ${conf.bridge}`),
    ips,
    resultRoutes,
  };
}

/** The first address of the subnet. */
function firstOf(cidr: string): string {
  const bytes = networkOf(parseCidr(cidr)).address;
  bytes[bytes.length - 1]! += 1;
  return formatIp(bytes);
}

const onLink = (address: string, gateway: string | undefined): string[] =>
  gateway ? [`${gateway}/${address.split('/')[1]}`] : [];

/** A default route for each family that has none. */
function defaultRoutes(ips: CniResult['ips'], routes: readonly RouteConfig[]): RouteConfig[] {
  return [false, true].flatMap((isV6) => {
    const dst = isV6 ? '::/0' : '0.0.0.0/0';
    const ip = ips.find(({ address }) => address.includes(':') === isV6);
    const isThere = routes.some((route) => route.dst === dst);
    return ip?.gateway && !isThere ? [{ dst, gw: ip.gateway }] : [];
  });
}

const invalid = (message: string) => new CniError('invalidConfig', message);
