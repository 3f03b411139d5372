/** Options that several plugins have in common. Pure. */
import type { NetworkConf } from './config.ts';
import { CniError } from './error.ts';
import type { PluginRequest } from './request.ts';

export type MasqueradeBackend = 'nftables';

/** @throws CniError 7 */
export function flagOf(conf: NetworkConf, field: string): boolean {
  const value = conf[field];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw invalid(`${field} must be true or false`);
  return value;
}

/** Absent and 0 leave it to the plugin. @throws CniError 7 */
export function parseMtu(conf: NetworkConf): number | undefined {
  const mtu = numberOf(conf, 'mtu', 65_535);
  return mtu === undefined || mtu === 0 ? undefined : mtu;
}

/** A whole number from 0 on. @throws CniError 7 */
export function numberOf(conf: NetworkConf, field: string, max: number): number | undefined {
  const value = conf[field];
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value) || Number(value) < 0 || Number(value) > max) {
    throw invalid(`${field} must be a whole number up to ${max}`);
  }
  return Number(value);
}

/** Empty means absent. @throws CniError 7 */
export function textOf(conf: NetworkConf, field: string): string | undefined {
  const value = conf[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(`${field} must be a string`);
  return value;
}

/** Of the three places the later one counts: CNI_ARGS, args.cni, runtimeConfig. @throws CniError 7 */
export function parseMacRequest({ conf, args }: PluginRequest): string | undefined {
  const cniArgs = Object(Object(conf.args).cni);
  const mac = Object(conf.runtimeConfig).mac || cniArgs.mac || args.get('MAC') || '';
  return mac === '' ? undefined : checkMac(mac);
}

/** In lower case. @throws CniError 7 */
export function checkMac(mac: unknown): string {
  if (typeof mac === 'string' && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) {
    return mac.toLowerCase();
  }
  throw invalid(`${JSON.stringify(mac)} is no MAC address`);
}

/** Undefined without `ipMasq`. @throws CniError 2, 7 */
export function parseMasquerade(conf: NetworkConf): MasqueradeBackend | undefined {
  const backend = textOf(conf, 'ipMasqBackend') ?? 'nftables';
  if (!flagOf(conf, 'ipMasq')) return undefined;
  if (backend === 'nftables') return backend;
  if (backend === 'iptables') {
    throw new CniError('unsupportedField', 'ipMasqBackend iptables is not supported: nftables is');
  }
  throw invalid(`${JSON.stringify(backend)} is no ipMasqBackend`);
}

/** A list of objects; absent is empty. @throws CniError 6 */
export function objectsOf(raw: unknown, what: string): Record<string, unknown>[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw) || raw.some((each) => typeof each !== 'object' || each === null)) {
    throw new CniError('decodeFailure', `${what} must be a list of objects`);
  }
  return raw;
}

const invalid = (message: string) => new CniError('invalidConfig', message);
