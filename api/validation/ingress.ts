import type { StatusCause } from '../../base/errors.ts';
import { parseAddress } from '../addresses.ts';
import {
  isDns1035Label,
  isDns1123Subdomain,
  isPortName,
  isPortNumber,
  isWildcardSubdomain,
  portProblem,
} from '../names.ts';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from '../types/networking-v1.generated.ts';
import { checkAddress } from './addresses.ts';
import { invalidValue, problemsOf, requiredValue } from './cause.ts';
import { checkLocalReference } from './ingress-class.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';

export function validateIngress(object: Ingress, old: Ingress | undefined): StatusCause[] {
  const causes = validateMetadata(object, old, namespacedSubdomain);
  causes.push(...checkSpec(object.spec ?? {}, 'spec'));
  if (!old) causes.push(...checkClassAnnotation(object));
  const addresses = object.status?.loadBalancer?.ingress ?? [];
  return [...causes, ...checkBalancer(addresses, 'status.loadBalancer.ingress')];
}

function checkClassAnnotation({ metadata, spec }: Ingress): StatusCause[] {
  const annotation = metadata?.annotations?.['kubernetes.io/ingress.class'];
  const name = spec?.ingressClassName;
  if (annotation === undefined || name === undefined || annotation === name) return [];
  const detail = 'must match `ingressClassName` when both are specified';
  return [invalidValue('annotations.kubernetes.io/ingress.class', annotation, detail)];
}

function checkSpec(spec: IngressSpec, path: string): StatusCause[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName: name } = spec;
  const causes: StatusCause[] = [];
  if (rules.length === 0 && !defaultBackend) {
    const detail = 'either `defaultBackend` or `rules` must be specified';
    causes.push(invalidValue(path, rules, detail));
  }
  if (defaultBackend) causes.push(...checkBackend(defaultBackend, `${path}.defaultBackend`));
  causes.push(
    ...rules.flatMap((rule, index) => checkRule(rule, `${path}.rules[${index}]`)),
    ...tls.flatMap((each, index) => checkTls(each, `${path}.tls[${index}]`)),
  );
  if (name !== undefined) {
    causes.push(...problemsOf(`${path}.ingressClassName`, name, isDns1123Subdomain(name)));
  }
  return causes;
}

function checkTls({ hosts = [], secretName }: IngressTLS, path: string): StatusCause[] {
  const causes = hosts.flatMap((host, index) => checkHost(host, `${path}.hosts[${index}]`));
  if (!secretName) return causes;
  const problems = isDns1123Subdomain(secretName);
  return [...causes, ...problemsOf(`${path}.secretName`, secretName, problems)];
}

const checkHost = (host: string, path: string): StatusCause[] =>
  problemsOf(path, host, host.includes('*') ? isWildcardSubdomain(host) : isDns1123Subdomain(host));

function checkRule({ host, http }: IngressRule, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (host) {
    if (parseAddress(host)) {
      const detail = 'must be a DNS name, not an IP address';
      causes.push(invalidValue(`${path}.host`, host, detail));
    }
    causes.push(...checkHost(host, `${path}.host`));
  }
  if (!http) return causes;
  const { paths = [] } = http;
  if (paths.length === 0) causes.push(requiredValue(`${path}.http.paths`));
  for (const [index, each] of paths.entries()) {
    causes.push(...checkPath(each, `${path}.http.paths[${index}]`));
  }
  return causes;
}

/** What a proxy and the program behind it might read differently. */
const ambiguousParts = ['//', '/./', '/../', '%2f', '%2F'];
const ambiguousEnds = ['/..', '/.'];

function checkPath({ path: text = '', pathType, backend }: HTTPIngressPath, path: string) {
  // An unknown type is reported by the schema.
  if (pathType === undefined) {
    return [requiredValue(`${path}.pathType`, 'pathType must be specified')];
  }
  const causes: StatusCause[] = [];
  const refuse = (detail: string) => causes.push(invalidValue(`${path}.path`, text, detail));
  const isLiteral = pathType === 'Exact' || pathType === 'Prefix';
  if ((isLiteral || text !== '') && !text.startsWith('/')) refuse('must be an absolute path');
  if (isLiteral) {
    for (const part of ambiguousParts)
      if (text.includes(part)) refuse(`must not contain '${part}'`);
    for (const end of ambiguousEnds) if (text.endsWith(end)) refuse(`cannot end with '${end}'`);
  }
  return [...causes, ...checkBackend(backend ?? {}, `${path}.backend`)];
}

function checkBackend({ resource, service }: IngressBackend, path: string): StatusCause[] {
  if (resource && service) {
    return [invalidValue(path, '', 'cannot set both resource and service backends')];
  }
  if (resource) return checkLocalReference(resource, `${path}.resource`);
  if (service) return checkService(service, path);
  return [invalidValue(path, '', 'resource or service backend is required')];
}

function checkService(
  { name, port: { name: portName, number } = {} }: IngressServiceBackend,
  path: string,
) {
  const at = `${path}.service`;
  const causes = name
    ? problemsOf(`${at}.name`, name, isDns1035Label(name))
    : [requiredValue(`${at}.name`)];
  if (portName && number) {
    causes.push(invalidValue(path, '', 'cannot set both port name & port number'));
  } else if (portName) {
    causes.push(...problemsOf(`${at}.port.name`, portName, isPortName(portName)));
  } else if (!number) causes.push(requiredValue(path, 'port name or number is required'));
  else if (!isPortNumber(number)) {
    causes.push(invalidValue(`${at}.port.number`, number, portProblem));
  }
  return causes;
}

/** Addresses that a load balancer says it has. */
export function checkBalancer(list: readonly IngressLoadBalancerIngress[], path: string) {
  return list.flatMap(({ ip, hostname }, index) => {
    const at = `${path}[${index}]`;
    const causes = ip ? checkAddress(`${at}.ip`, ip) : [];
    if (!hostname) return causes;
    causes.push(...problemsOf(`${at}.hostname`, hostname, isDns1123Subdomain(hostname)));
    if (!parseAddress(hostname)) return causes;
    const detail = 'must be a DNS name, not an IP address';
    return [...causes, invalidValue(`${at}.hostname`, hostname, detail)];
  });
}
