/** ptp's configuration and the addresses given → a veth, addresses, routes. Pure. */
import { formatCidr, networkOf, parseCidr } from '../../../base/ip-address.ts';
import { CniError } from '../../error.ts';
import { aliasOf, hostNameOf, macFor, macOf } from '../../names.ts';
import {
  type MasqueradeBackend,
  parseMacRequest,
  parseMasquerade,
  parseMtu,
} from '../../options.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, type Dns, parseDns, type RouteConfig, withGateway } from '../../result.ts';

export interface PtpConf {
  readonly masquerade?: MasqueradeBackend;
  readonly mtu?: number;
  readonly mac?: string;
  readonly dns: Dns;
}

/** Of one address that was given. */
export interface PtpAddress {
  readonly address: string; // 10.0.0.5/24
  readonly gateway: string;
  /** The gateway's, and the pod's, as networks of one address. */
  readonly gatewayHost: string; // 10.0.0.1/32
  readonly podHost: string;
  readonly subnet: string; // 10.0.0.0/24
}

export interface PtpPlan {
  readonly hostName: string;
  readonly hostMac: string;
  readonly mac: string;
  readonly alias: string;
  readonly addresses: readonly PtpAddress[];
  /** In the pod, behind those to gateways and subnets. */
  readonly routes: readonly RouteConfig[];
  /** As in the result; `interface` points to the second link. */
  readonly ips: CniResult['ips'];
}

/** @throws CniError 7 */
export function parsePtpConf(request: PluginRequest): PtpConf {
  const { conf } = request;
  const masquerade = parseMasquerade(conf);
  const [mtu, mac] = [parseMtu(conf), parseMacRequest(request)];
  return {
    dns: parseDns(conf.dns),
    ...(masquerade && { masquerade }),
    ...(mtu !== undefined && { mtu }),
    ...(mac !== undefined && { mac }),
  };
}

/** @throws CniError 7 when IPAM gave what cannot be wired */
export function planPtp(
  { mac }: PtpConf,
  ipam: CniResult,
  { conf: { name: network }, containerId, ifName }: PluginRequest,
): PtpPlan {
  if (ipam.ips.length === 0) throw invalid('IPAM gave no address');
  const attachment = { containerId, ifName };
  return {
    hostName: hostNameOf(network, attachment),
    hostMac: macOf(`host ${network} ${containerId} ${ifName}`),
    mac: mac ?? macFor(ipam.ips[0]?.address, `pod ${network} ${containerId} ${ifName}`),
    alias: aliasOf(network, attachment),
    addresses: ipam.ips.map(({ address, gateway }) => planAddress(address, gateway)),
    routes: ipam.routes.map((route) => withGateway(route, ipam.ips)),
    ips: ipam.ips.map((ip) => ({ ...ip, interface: 1 })),
  };
}

function planAddress(address: string, gateway: string | undefined): PtpAddress {
  if (gateway === undefined) throw invalid(`IPAM gave ${address} without a gateway`);
  const whole = address.includes(':') ? 128 : 32;
  return {
    address,
    gateway,
    gatewayHost: `${gateway}/${whole}`,
    podHost: `${address.split('/')[0]}/${whole}`,
    subnet: formatCidr(networkOf(parseCidr(address))),
  };
}

const invalid = (message: string) => new CniError('invalidConfig', message);
