/** Probes and lifecycle hooks: each has exactly one handler. */
import type { StatusCause } from '../../base/errors.ts';
import { isHttpHeaderName, isPortName, isPortNumber, portProblem } from '../names.ts';
import type { Container, HTTPGetAction, Lifecycle, Probe } from '../types/core-v1.generated.ts';
import type { IntOrString } from '../types/meta-v1.generated.ts';
import { forbiddenValue, invalidValue, problemsOf, requiredValue } from './cause.ts';
import { notNegative } from './numbers.ts';
import type { PodScope } from './pod-scope.ts';

const probeNames = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** Of containers that stay: an init container that ends has none of these. */
export function checkHandlers(container: Container, path: string, scope: PodScope): StatusCause[] {
  const { lifecycle } = container;
  return [
    ...(lifecycle ? checkLifecycle(lifecycle, `${path}.lifecycle`, scope) : []),
    ...probeNames.flatMap((name) => {
      const probe = container[name];
      return probe ? checkProbe(probe, name, `${path}.${name}`) : [];
    }),
  ];
}

export function forbidHandlers(container: Container, path: string): StatusCause[] {
  const detail = 'may not be set for init containers without restartPolicy=Always';
  return (['lifecycle', ...probeNames] as const)
    .filter((name) => container[name])
    .map((name) => forbiddenValue(`${path}.${name}`, detail));
}

const times = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function checkProbe(probe: Probe, name: string, path: string): StatusCause[] {
  const { successThreshold = 1, terminationGracePeriodSeconds: grace } = probe;
  const causes = [
    ...checkHandler(probe, path),
    ...times.flatMap((field) => notNegative(`${path}.${field}`, probe[field])),
  ];
  const field = `${path}.terminationGracePeriodSeconds`;
  if (grace !== undefined && grace <= 0) {
    causes.push(invalidValue(field, grace, 'must be greater than 0'));
  }
  if (name === 'readinessProbe') {
    // It ends nothing.
    const detail = 'must not be set for readinessProbes';
    return grace === undefined ? causes : [...causes, invalidValue(field, grace, detail)];
  }
  if (successThreshold === 1) return causes;
  return [...causes, invalidValue(`${path}.successThreshold`, successThreshold, 'must be 1')];
}

function checkLifecycle(lifecycle: Lifecycle, path: string, { graceSeconds }: PodScope) {
  const causes: StatusCause[] = [];
  for (const name of ['postStart', 'preStop'] as const) {
    const handler = lifecycle[name];
    if (!handler) continue;
    causes.push(...checkHandler(handler, `${path}.${name}`));
    const seconds = handler.sleep?.seconds;
    if (seconds === undefined || graceSeconds === undefined) continue;
    if (seconds >= 0 && seconds <= graceSeconds) continue;
    const what = `terminationGracePeriodSeconds (${graceSeconds})`;
    const detail = `must be non-negative and less than ${what}`;
    causes.push(invalidValue(`${path}.${name}.sleep`, seconds, detail));
  }
  return causes;
}

const kinds = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
type Handler = Partial<Record<(typeof kinds)[number], unknown>> &
  Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>;

function checkHandler(handler: Handler, path: string): StatusCause[] {
  const [first, ...others] = kinds.filter((kind) => handler[kind]);
  if (!first) return [requiredValue(path, 'must specify a handler type')];
  const { exec, httpGet, tcpSocket, grpc } = handler;
  const causes: StatusCause[] = [];
  if (first === 'exec' && !exec?.command?.length) {
    causes.push(requiredValue(`${path}.exec.command`));
  } else if (first === 'httpGet') causes.push(...checkHttp(httpGet!, `${path}.httpGet`));
  else if (first === 'tcpSocket')
    causes.push(...checkPort(tcpSocket?.port, `${path}.tcpSocket.port`));
  else if (first === 'grpc') causes.push(...checkPort(grpc?.port, `${path}.grpc.port`));
  const rest = others.map((kind) =>
    forbiddenValue(`${path}.${kind}`, 'may not specify more than 1 handler type'),
  );
  return [...causes, ...rest];
}

function checkHttp({ port, httpHeaders = [] }: HTTPGetAction, path: string): StatusCause[] {
  return [
    ...checkPort(port, `${path}.port`),
    ...httpHeaders.flatMap(({ name = '' }) =>
      problemsOf(`${path}.httpHeaders`, name, isHttpHeaderName(name)),
    ),
  ];
}

/** A number, or the name of one of the container's ports. */
function checkPort(port: IntOrString | undefined, field: string): StatusCause[] {
  if (port === undefined) return [];
  if (typeof port === 'string') return problemsOf(field, port, isPortName(port));
  return isPortNumber(port) ? [] : [invalidValue(field, port, portProblem)];
}
