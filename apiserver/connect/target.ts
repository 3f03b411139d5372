/** Where a stream goes: the node, the container and the agent's path. Pure. */

import { nodes } from '../../api/resources/node.ts';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import {
  forbiddenValue,
  invalidObject,
  invalidValue,
  unsupportedValue,
} from '../../api/validation/cause.ts';
import { type StatusCause, StatusError } from '../../base/errors.ts';
import type { ObjectReader, RequestInfo } from '../request.ts';

/** An agent's server. */
export interface AgentAddress {
  readonly nodeName: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Undefined while the pod has no node.
 * @param mayReach Whether an address is one that this server connects to at all.
 * @throws StatusError when the node cannot be reached
 */
export function agentOf(
  pod: Pod,
  reader: ObjectReader,
  mayReach: (address: string) => boolean,
): AgentAddress | undefined {
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) return undefined;
  const node = reader.get(nodes, nodeName);
  if (!node) throw new StatusError('NotFound', `nodes ${JSON.stringify(nodeName)} not found`);
  const host = addressOf(node);
  if (!mayReach(host)) throw badRequest('address not allowed');
  return { nodeName, host, port: portOf(node) };
}

/** @throws StatusError when it has none */
export function addressOf({ metadata, status }: Node): string {
  const found = status?.addresses?.find(({ type }) => type === 'InternalIP');
  if (found) return found.address;
  const message = `node ${JSON.stringify(metadata?.name)} has no InternalIP`;
  throw new StatusError('InternalError', message);
}

export const portOf = ({ status }: Node): number =>
  status?.daemonEndpoints?.kubeletEndpoint?.Port || 10_250;

/** The container that the query names, or the only one. @throws StatusError BadRequest */
export function containerOf({ metadata, spec }: Pod, query: URLSearchParams): string {
  const name = metadata?.name ?? '';
  const wanted = query.get('container');
  const [own, init, ephemeral] = [
    namesOf(spec?.containers),
    namesOf(spec?.initContainers),
    namesOf(spec?.ephemeralContainers),
  ];
  if (wanted) {
    if ([...own, ...init, ...ephemeral].includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  if (own.length === 1) return own[0]!;
  const choices = own.length > 0 ? `, choose one of: [${own.join(' ')}]` : '';
  const more = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${name}${choices}${more}`);
}

const namesOf = (containers: readonly { readonly name: string }[] = []) =>
  containers.map(({ name }) => name);

/** `/exec/default/web/nginx`, each part escaped. */
export const agentPath = (...parts: readonly string[]): string =>
  parts.map((part) => `/${encodeURIComponent(part)}`).join('');

/** From the API's words to the kubelet's own, which ours and upstream's agents read. */
const kubeletWords = [
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['stderr', 'error'],
  ['tty', 'tty'],
] as const;

/** PodExecOptions and the like, as the agent reads them. */
export function streamQuery({ subresource, query }: RequestInfo): URLSearchParams {
  const sent = new URLSearchParams();
  if (subresource === 'portforward') {
    for (const port of query.getAll('ports')) sent.append('port', port);
    return sent;
  }
  for (const word of query.getAll('command')) sent.append('command', word);
  for (const [name, word] of kubeletWords) if (isTrue(query, name)) sent.set(word, '1');
  return sent;
}

/** Of the numbers in PodLogOptions, with the least that each may be. */
const logNumbers = { tailLines: 0, sinceSeconds: 1, limitBytes: 1 } as const;

/** PodLogOptions, checked. @throws StatusError Invalid, BadRequest */
export function logQuery({ name, query }: RequestInfo): URLSearchParams {
  const sent = new URLSearchParams();
  const causes: StatusCause[] = [];
  for (const option of ['follow', 'previous', 'timestamps']) {
    if (isTrue(query, option)) sent.set(option, 'true');
  }
  for (const [option, min] of Object.entries(logNumbers)) {
    const text = query.get(option);
    if (text === null || text === '') continue;
    if (!/^[+-]?\d{1,15}$/.test(text)) {
      throw badRequest(`${option}: ${JSON.stringify(text)} is no whole number`);
    }
    if (Number(text) < min) causes.push(invalidValue(option, Number(text), atLeast(min)));
    else sent.set(option, String(Number(text)));
  }
  causes.push(...streamProblems(query));
  const stream = query.get('stream');
  if (stream && stream !== 'All') sent.set('stream', stream);
  const since = query.get('sinceTime');
  if (since) {
    if (Number.isNaN(Date.parse(since))) {
      throw badRequest(`sinceTime: ${JSON.stringify(since)} is no RFC 3339 time`);
    }
    sent.set('sinceTime', since);
    if (sent.has('sinceSeconds')) {
      const detail = 'at most one of `sinceTime` or `sinceSeconds` may be specified';
      causes.push(forbiddenValue('', detail));
    }
  }
  if (causes.length > 0) throw invalidObject({ group: '', kind: 'PodLogOptions' }, name, causes);
  return sent;
}

const logStreams = ['All', 'Stderr', 'Stdout'];

/** Counting lines back would count those of both streams. */
function streamProblems(query: URLSearchParams): StatusCause[] {
  const stream = query.get('stream');
  if (!stream || stream === 'All') return [];
  if (!logStreams.includes(stream)) return [unsupportedValue('stream', stream, logStreams)];
  if (!query.get('tailLines')) return [];
  const detail = '`tailLines` and specific `stream` are mutually exclusive for now';
  return [forbiddenValue('', detail)];
}

const atLeast = (min: number) =>
  min === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';

/** As upstream decodes a switch in a query: anything but these turns it on. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)?.toLowerCase();
  return value !== undefined && value !== 'false' && value !== '0';
}

export const badRequest = (message: string): StatusError => new StatusError('BadRequest', message);
