/** host-local's configuration and request → what is to be reserved. Pure. */
import { formatIp, parseIp } from '../../../base/ip-address.ts';
import { CniError } from '../../error.ts';
import { planRanges, type RangeSet } from '../../ipam/plan.ts';
import type { PluginRequest } from '../../request.ts';
import { parseRoute, type RouteConfig } from '../../result.ts';
import { isAtLeast } from '../../version.ts';

export interface HostLocalPlan {
  readonly dataDir: string; // The network's own.
  readonly sets: readonly RangeSet[];
  /** Addresses that must be given, each out of one set. */
  readonly requestedIps: readonly string[];
  readonly routes: readonly RouteConfig[];
  readonly resolvConf?: string;
}

const defaultDataDir = '/var/lib/cni/networks';
export const setsMax = 8;

/** @throws CniError 7 */
export function planHostLocal({ conf, args }: PluginRequest): HostLocalPlan {
  const ipam = ipamOf(conf);
  const runtime = objectOf(conf.runtimeConfig, 'runtimeConfig');
  const sets = planRanges(ipam, runtime.ipRanges);
  if (sets.length > setsMax) throw invalid(`more than ${setsMax} range sets`);
  if (!isAtLeast(conf.cniVersion, '0.3.0')) checkOldest(sets, conf.cniVersion);
  const cniArgs = objectOf(objectOf(conf.args, 'args').cni, 'args.cni');
  const requested = [
    ...(args.has('IP') ? (args.get('IP') ?? '').split(',') : []),
    ...textsOf(cniArgs.ips, 'args.cni.ips'),
    ...textsOf(runtime.ips, 'runtimeConfig.ips'),
  ].filter((ip) => ip !== '');
  const { resolvConf } = ipam;
  return {
    dataDir: dataDirOf(conf),
    sets,
    requestedIps: [...new Set(requested.map(toAddress))],
    routes: listOf(ipam.routes, 'ipam.routes').map(parseRoute),
    ...(typeof resolvConf === 'string' && resolvConf !== '' && { resolvConf }),
  };
}

/** What DEL and GC need; it must not depend on ranges that may have been changed since. */
export function dataDirOf(conf: PluginRequest['conf']): string {
  const { dataDir = '' } = ipamOf(conf);
  if (typeof dataDir !== 'string') throw invalid('ipam.dataDir must be a string');
  return `${dataDir === '' ? defaultDataDir : dataDir}/${conf.name}`;
}

function ipamOf(conf: PluginRequest['conf']): Record<string, unknown> {
  if (conf.ipam === undefined || conf.ipam === null) throw invalid('ipam is missing');
  return objectOf(conf.ipam, 'ipam');
}

/** The oldest results have room for one address of each family. */
function checkOldest(sets: readonly RangeSet[], version: string): void {
  const v4 = sets.filter((set) => set[0]?.isV4).length;
  if (v4 > 1 || sets.length - v4 > 1) {
    throw invalid(`CNI version ${version} does not support more than 1 address per family`);
  }
}

/** With or without a prefix length. */
function toAddress(text: string): string {
  try {
    return formatIp(parseIp(text.split('/')[0] ?? ''));
  } catch (cause) {
    throw new CniError('invalidConfig', `requested IP: ${(cause as Error).message}`, { cause });
  }
}

function objectOf(raw: unknown, what: string): Record<string, unknown> {
  if (raw === undefined || raw === null) return {};
  if (typeof raw !== 'object' || Array.isArray(raw)) throw invalid(`${what} must be an object`);
  return raw as Record<string, unknown>;
}

function listOf(raw: unknown, what: string): readonly unknown[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw invalid(`${what} must be a list`);
  return raw;
}

function textsOf(raw: unknown, what: string): string[] {
  return listOf(raw, what).map((item) => {
    if (typeof item !== 'string') throw invalid(`${what}[] must be strings`);
    return item;
  });
}

const invalid = (message: string) => new CniError('invalidConfig', message);
