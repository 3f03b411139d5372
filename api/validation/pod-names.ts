/** What a pod is called on the network, and how it finds others. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain, isSearchPath } from '../names.ts';
import type { HostAlias, PodDNSConfig, PodSpec } from '../types/core-v1.generated.ts';
import { checkAddress } from './addresses.ts';
import { forbiddenValue, invalidValue, problemsOf, requiredValue } from './cause.ts';

const hostnameBytesMax = 64; // What Linux can keep.

export function checkPodNames(spec: PodSpec, path: string): StatusCause[] {
  const { dnsConfig, hostAliases = [], hostnameOverride } = spec;
  const causes: StatusCause[] = [];
  for (const field of ['hostname', 'subdomain'] as const) {
    const name = spec[field];
    if (name) causes.push(...problemsOf(`${path}.${field}`, name, isDns1123Label(name)));
  }
  if (hostnameOverride !== undefined) causes.push(...checkOverride(spec, hostnameOverride, path));
  if (spec.dnsPolicy === 'None' && !dnsConfig) {
    const detail = 'must provide `dnsConfig` when `dnsPolicy` is None';
    causes.push(requiredValue(`${path}.dnsConfig`, detail));
  } else if (spec.dnsPolicy === 'None' && !dnsConfig?.nameservers?.length) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    causes.push(requiredValue(`${path}.dnsConfig.nameservers`, detail));
  } else if (dnsConfig) causes.push(...checkDnsConfig(dnsConfig, `${path}.dnsConfig`));
  return [...causes, ...checkAliases(hostAliases, `${path}.hostAliases`)];
}

function checkOverride(spec: PodSpec, name: string, path: string): StatusCause[] {
  const field = `${path}.hostnameOverride`;
  const causes = problemsOf(field, name, isDns1123Subdomain(name));
  if (name.length > hostnameBytesMax) {
    causes.push(invalidValue(field, name, `must be no more than ${hostnameBytesMax} bytes`));
  }
  if (spec.hostNetwork) {
    causes.push(forbiddenValue(field, 'cannot be set when hostNetwork is true'));
  }
  if (spec.setHostnameAsFQDN) {
    causes.push(forbiddenValue(field, 'cannot be set when setHostnameAsFQDN is true'));
  }
  return causes;
}

const nameserversMax = 3;
const searchesMax = 32;
const searchCharactersMax = 2048;

function checkDnsConfig(config: PodDNSConfig, path: string): StatusCause[] {
  const { nameservers = [], searches = [], options = [] } = config;
  const causes: StatusCause[] = [];
  if (nameservers.length > nameserversMax) {
    const detail = `must not have more than ${nameserversMax} nameservers`;
    causes.push(invalidValue(`${path}.nameservers`, nameservers, detail));
  }
  for (const [index, ip] of nameservers.entries()) {
    causes.push(...checkAddress(`${path}.nameservers[${index}]`, ip));
  }
  if (searches.length > searchesMax) {
    const detail = `must not have more than ${searchesMax} search paths`;
    causes.push(invalidValue(`${path}.searches`, searches, detail));
  }
  if (searches.join(' ').length > searchCharactersMax) {
    const detail =
      `must not have more than ${searchCharactersMax} characters (including spaces) in the ` +
      'search list';
    causes.push(invalidValue(`${path}.searches`, searches, detail));
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue; // The root alone.
    const name = search.replace(/\.$/, '');
    causes.push(...problemsOf(`${path}.searches[${index}]`, name, isSearchPath(name)));
  }
  for (const [index, { name }] of options.entries()) {
    if (!name) causes.push(requiredValue(`${path}.options[${index}]`, 'must not be empty'));
  }
  return causes;
}

function checkAliases(aliases: readonly HostAlias[], path: string): StatusCause[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...(ip === undefined ? [] : checkAddress(`${path}[${index}].ip`, ip)),
    ...hostnames.flatMap((name, place) =>
      problemsOf(`${path}[${index}].hostnames[${place}]`, name, isDns1123Subdomain(name)),
    ),
  ]);
}
