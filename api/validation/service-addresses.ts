/** A Service's own addresses: at most one of each family, once given never another. */
import type { StatusCause } from '../../base/errors.ts';
import { parseAddress } from '../addresses.ts';
import type { ServiceSpec } from '../types/core-v1.generated.ts';
import { checkAddress, checkOrdinary } from './addresses.ts';
import { duplicateValue, invalidValue, unsupportedValue } from './cause.ts';

export function checkServiceAddresses(spec: ServiceSpec, path: string): StatusCause[] {
  const { type, externalIPs = [] } = spec;
  const external = externalIPs.flatMap((ip, index) =>
    checkOrdinary(`${path}.externalIPs[${index}]`, ip),
  );
  if (type === 'ExternalName') return external;
  return [...checkClusterIps(spec, path), ...checkFamilies(spec, path), ...external];
}

const addressesOf = ({ clusterIP, clusterIPs }: ServiceSpec): readonly string[] =>
  clusterIPs?.length ? clusterIPs : clusterIP ? [clusterIP] : [];

function checkClusterIps(spec: ServiceSpec, path: string): StatusCause[] {
  const { type, clusterIP = '', clusterIPs = [] } = spec;
  const at = `${path}.clusterIPs`;
  if (clusterIPs.length > 0 && clusterIP === '') {
    return [invalidValue(at, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    return [invalidValue(at, clusterIPs, 'first value must match `clusterIP`')];
  }
  const list = addressesOf(spec);
  if (list[0] === 'None' && type !== 'ClusterIP') {
    const detail = `may not be set to 'None' for ${type} services`;
    return [invalidValue(`${at}[0]`, 'None', detail)];
  }
  if (list.length > 1 && list.includes('None')) {
    return [invalidValue(at, list, "'None' must be the first and only value")];
  }
  if (list.length > 2) return [invalidValue(at, list, 'may only hold up to 2 values')];
  const causes = list.flatMap((ip, index) =>
    ip === 'None' ? [] : checkAddress(`${at}[${index}]`, ip),
  );
  const families = new Set(list.map((ip) => parseAddress(ip)?.bits));
  if (causes.length === 0 && families.size < list.length) {
    return [invalidValue(at, list, 'may specify no more than one IP for each IP family')];
  }
  return causes;
}

const families = ['IPv4', 'IPv6'];

function checkFamilies(spec: ServiceSpec, path: string): StatusCause[] {
  const { ipFamilies: wanted = [] } = spec;
  const causes: StatusCause[] = [];
  for (const [index, family] of wanted.entries()) {
    const at = `${path}.ipFamilies[${index}]`;
    if (!families.includes(family)) causes.push(unsupportedValue(at, family, families));
    if (wanted.indexOf(family) < index) causes.push(duplicateValue(at, family));
  }
  if (wanted.length > 2) {
    causes.push(invalidValue(`${path}.ipFamilies`, wanted, 'may only hold up to 2 values'));
  }
  for (const [index, ip] of addressesOf(spec).entries()) {
    const bits = parseAddress(ip)?.bits;
    const family = wanted[index];
    if (!bits || !family || (bits === 128) === (family === 'IPv6')) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    causes.push(invalidValue(`${path}.clusterIPs[${index}]`, ip, detail));
  }
  return causes;
}

/** An address once given stays; a second one, of the other family, may come and go. */
export function checkServiceAddressUpdate(spec: ServiceSpec, old: ServiceSpec): StatusCause[] {
  if (old.type === 'ExternalName' || spec.type === 'ExternalName') return [];
  const [before, after] = [addressesOf(old), addressesOf(spec)];
  const path = 'spec.clusterIPs';
  if (before.length === 0) return [];
  if (after.length === 0) {
    return [invalidValue(`${path}[0]`, after, 'primary clusterIP can not be unset')];
  }
  const changed = 'may not change once set';
  if (before[0] !== after[0]) return [invalidValue(`${path}[0]`, after, changed)];
  if (before[1] && after[1] && before[1] !== after[1]) {
    return [invalidValue(`${path}[1]`, after, changed)];
  }
  const [family, now] = [old.ipFamilies?.[0], spec.ipFamilies?.[0]];
  if (family === undefined || now === undefined || family === now) return [];
  return [invalidValue('spec.ipFamilies[0]', spec.ipFamilies, changed)];
}
