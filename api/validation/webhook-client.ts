/** How webhooks are reached: a URL, or a Service of the cluster. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1035Label, isDns1123Subdomain, isPortNumber, portProblem } from '../names.ts';
import type { WebhookClientConfig } from '../types/admissionregistration-v1.generated.ts';
import { invalidValue, requiredValue } from './cause.ts';

export function checkClientConfig(config: WebhookClientConfig, path: string): StatusCause[] {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined)) {
    return [requiredValue(path, 'exactly one of url or service is required')];
  }
  if (url !== undefined) return checkUrl(url, `${path}.url`);
  return service ? checkService(service, `${path}.service`) : [];
}

/** Scheme, user, host, query, fragment, as RFC 3986 (appendix B) takes them apart. */
const urlPattern =
  /^(?:([^:/?#]+):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s;
const urlForm = '; desired format: https://host[/path]';

function checkUrl(url: string, path: string): StatusCause[] {
  const [, scheme = '', user, host = '', query, fragment] = urlPattern.exec(url) ?? [];
  const causes: StatusCause[] = [];
  const refuse = (value: string, detail: string) => causes.push(invalidValue(path, value, detail));
  if (scheme !== 'https') refuse(scheme, `'https' is the only allowed URL scheme${urlForm}`);
  if (host === '') refuse(host, `host must be specified${urlForm}`);
  if (user !== undefined) refuse(user, 'user information is not permitted in the URL');
  if (fragment) refuse(fragment, 'fragments are not permitted in the URL');
  if (query) refuse(query, 'query parameters are not permitted in the URL');
  return causes;
}

interface ServiceTarget {
  readonly name?: string;
  readonly namespace?: string;
  readonly path?: string;
  readonly port?: number;
}

export function checkService(service: ServiceTarget, path: string): StatusCause[] {
  const { name, namespace, port = 443 } = service;
  const causes: StatusCause[] = [];
  if (!name) causes.push(requiredValue(`${path}.name`, 'service name is required'));
  if (!namespace) causes.push(requiredValue(`${path}.namespace`, 'service namespace is required'));
  if (!isPortNumber(port)) {
    causes.push(invalidValue(`${path}.port`, port, `port is not valid: ${portProblem}`));
  }
  return [...causes, ...checkPath(service.path ?? '', `${path}.path`)];
}

function checkPath(text: string, path: string): StatusCause[] {
  if (text === '' || text === '/') return [];
  if (text === '//') return [invalidValue(path, text, 'segment[0] may not be empty')];
  const causes = text.startsWith('/') ? [] : [invalidValue(path, text, "must start with a '/'")];
  for (const [index, step] of text.slice(1).replace(/\/$/, '').split('/').entries()) {
    const problems = step === '' ? [' may not be empty'] : isDns1123Subdomain(step).map(prefixed);
    causes.push(...problems.map((each) => invalidValue(path, text, `segment[${index}]${each}`)));
  }
  return causes;
}

const prefixed = (problem: string) => `: ${problem}`;

const reviewVersions = ['v1', 'v1beta1'];

/** Versions of the review that a webhook understands, in its order of preference. */
export function checkReviewVersions(versions: readonly string[], path: string): StatusCause[] {
  const known = reviewVersions.join(', ');
  if (versions.length === 0) return [requiredValue(path, `must specify one of ${known}`)];
  const causes: StatusCause[] = [];
  for (const [index, version] of versions.entries()) {
    const problems =
      versions.indexOf(version) < index ? ['duplicate version'] : isDns1035Label(version);
    causes.push(...problems.map((each) => invalidValue(`${path}[${index}]`, version, each)));
  }
  if (versions.some((version) => reviewVersions.includes(version))) return causes;
  return [...causes, invalidValue(path, versions, `must include at least one of ${known}`)];
}
