/**
 * A plugin's result, in the shape of CNI 1.1.0, and its older spellings.
 *
 * - 0.1.0, 0.2.0: one IPv4 and one IPv6 address, routes beside them, no interfaces.
 * - 0.3.0 to 0.4.0: lists; each address says its family in `version`.
 * - 1.0.0: without it. 1.1.0: mtu and more at interfaces and routes.
 */
import { CniError } from './error.ts';
import { isAtLeast, type Version } from './version.ts';

export interface CniResult {
  readonly interfaces: readonly Interface[];
  readonly ips: readonly IpConfig[];
  readonly routes: readonly RouteConfig[];
  readonly dns: Dns;
}

export interface Interface {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Path of the network namespace; absent: the host's. */
  readonly sandbox?: string;
  readonly socketPath?: string;
  readonly pciID?: string;
}

export interface IpConfig {
  readonly address: string; // 10.42.0.5/24
  readonly gateway?: string;
  readonly interface?: number; // Index in `interfaces`.
}

export interface RouteConfig {
  readonly dst: string; // 0.0.0.0/0
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

export interface Dns {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

export const emptyResult: CniResult = { interfaces: [], ips: [], routes: [], dns: {} };

/** A route that names no gateway goes by that of its family. */
export function withGateway(route: RouteConfig, ips: CniResult['ips']): RouteConfig {
  if (route.gw) return route;
  const isV6 = route.dst.includes(':');
  const gw = ips.find(({ address }) => address.includes(':') === isV6)?.gateway;
  return gw ? { ...route, gw } : route;
}

type Json = Record<string, unknown>;

/** The JSON body that `version` knows. */
export function renderResult(result: CniResult, version: Version): Json {
  if (!isAtLeast(version, '0.3.0')) return renderOldest(result, version);
  const isNew = isAtLeast(version, '1.1.0');
  const hasFamily = !isAtLeast(version, '1.0.0');
  const interfaces = result.interfaces.map(({ name, mac, sandbox, ...newer }) => ({
    name,
    ...(mac && { mac }),
    ...(sandbox && { sandbox }),
    ...(isNew && newer),
  }));
  const ips = result.ips.map((ip) => ({ ...(hasFamily && { version: familyOf(ip) }), ...ip }));
  const routes = result.routes.map(({ dst, gw, ...newer }) => ({
    dst,
    ...(gw && { gw }),
    ...(isNew && newer),
  }));
  return {
    cniVersion: version,
    ...(interfaces.length > 0 && { interfaces }),
    ...(ips.length > 0 && { ips }),
    ...(routes.length > 0 && { routes }),
    dns: result.dns,
  };
}

function renderOldest({ ips, routes, dns }: CniResult, version: Version): Json {
  const part = (family: '4' | '6') => {
    const ip = ips.find((each) => familyOf(each) === family);
    if (!ip) return undefined;
    const own = routes.filter(({ dst }) => dst.includes(':') === (family === '6'));
    return {
      ip: ip.address,
      ...(ip.gateway && { gateway: ip.gateway }),
      ...(own.length > 0 && { routes: own.map(({ dst, gw }) => ({ dst, ...(gw && { gw }) })) }),
    };
  };
  const [ip4, ip6] = [part('4'), part('6')];
  return { cniVersion: version, ...(ip4 && { ip4 }), ...(ip6 && { ip6 }), dns };
}

/**
 * Reads what another plugin printed, or `prevResult`.
 * @throws CniError 6
 */
export function parseResult(raw: unknown, version: Version): CniResult {
  const body = asObject(raw, 'the result');
  if (!isAtLeast(version, '0.3.0')) return parseOldest(body);
  return {
    interfaces: asList(body.interfaces, 'interfaces').map(parseInterface),
    ips: asList(body.ips, 'ips').map(parseIp),
    routes: asList(body.routes, 'routes').map(parseRoute),
    dns: parseDns(body.dns),
  };
}

function parseOldest(body: Json): CniResult {
  const parts = [body.ip4, body.ip6].filter((part) => part !== undefined && part !== null);
  const objects = parts.map((part) => asObject(part, 'ip4 and ip6'));
  return {
    interfaces: [],
    ips: objects.map(({ ip, gateway }) => parseIp({ address: ip, gateway })),
    routes: objects.flatMap(({ routes }) => asList(routes, 'routes').map(parseRoute)),
    dns: parseDns(body.dns),
  };
}

function parseInterface(raw: unknown): Interface {
  const body = asObject(raw, 'interfaces[]');
  return {
    name: asText(body.name, 'interfaces[].name'),
    ...texts(body, ['mac', 'sandbox', 'socketPath', 'pciID']),
    ...numbers(body, ['mtu']),
  };
}

function parseIp(raw: unknown): IpConfig {
  const body = asObject(raw, 'ips[]');
  const address = asText(body.address, 'ips[].address');
  return { address, ...texts(body, ['gateway']), ...numbers(body, ['interface']) };
}

export function parseRoute(raw: unknown): RouteConfig {
  const body = asObject(raw, 'routes[]');
  return {
    dst: asText(body.dst, 'routes[].dst'),
    ...texts(body, ['gw']),
    ...numbers(body, ['mtu', 'advmss', 'priority', 'table', 'scope']),
  };
}

export function parseDns(raw: unknown): Dns {
  if (raw === undefined || raw === null) return {};
  const body = asObject(raw, 'dns');
  const lists = ['nameservers', 'search', 'options'] as const;
  const entries = lists
    .filter((key) => asList(body[key], `dns.${key}`).length > 0)
    .map((key) => [key, asList(body[key], key).map((item) => asText(item, `dns.${key}[]`))]);
  return { ...Object.fromEntries(entries), ...texts(body, ['domain']) };
}

const familyOf = ({ address }: IpConfig) => (address.includes(':') ? '6' : '4');

function asObject(raw: unknown, what: string): Json {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new CniError('decodeFailure', `${what} must be an object`);
  }
  return raw as Json;
}

function asList(raw: unknown, what: string): readonly unknown[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw new CniError('decodeFailure', `${what} must be a list`);
  return raw;
}

function asText(raw: unknown, what: string): string {
  if (typeof raw !== 'string') throw new CniError('decodeFailure', `${what} must be a string`);
  return raw;
}

/** Empty means absent, as Go writes it. */
function texts<K extends string>(body: Json, keys: readonly K[]): { [P in K]?: string } {
  const present = keys.filter((key) => (body[key] ?? '') !== '');
  return Object.fromEntries(present.map((key) => [key, asText(body[key], key)])) as {
    [P in K]?: string;
  };
}

function numbers<K extends string>(body: Json, keys: readonly K[]): { [P in K]?: number } {
  const present = keys.filter((key) => (body[key] ?? undefined) !== undefined);
  for (const key of present) {
    if (!Number.isSafeInteger(body[key])) {
      throw new CniError('decodeFailure', `${key} must be a whole number`);
    }
  }
  return Object.fromEntries(present.map((key) => [key, body[key]])) as { [P in K]?: number };
}
