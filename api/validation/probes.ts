/** Probes and lifecycle hooks: each has exactly one handler. */
import type { StatusCause } from '../../base/errors.ts';
import { isPortName, isPortNumber, portProblem } from '../names.ts';
import type { Container, Probe } from '../types/core-v1.generated.ts';
import type { IntOrString } from '../types/meta-v1.generated.ts';
import { forbiddenValue, invalidValue, problemsOf, requiredValue } from './cause.ts';

export function checkHandlers(container: Container, path: string): StatusCause[] {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  const causes: StatusCause[] = [];
  for (const [name, probe] of Object.entries({ livenessProbe, readinessProbe, startupProbe })) {
    if (!probe) continue;
    causes.push(...checkProbe(probe, `${path}.${name}`));
    const { successThreshold = 1 } = probe;
    if (name !== 'readinessProbe' && successThreshold !== 1) {
      causes.push(invalidValue(`${path}.${name}.successThreshold`, successThreshold, 'must be 1'));
    }
  }
  for (const name of ['postStart', 'preStop'] as const) {
    const handler = lifecycle?.[name];
    if (handler) causes.push(...checkHandler(handler, `${path}.lifecycle.${name}`));
  }
  return causes;
}

const times = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function checkProbe(probe: Probe, path: string): StatusCause[] {
  const causes = checkHandler(probe, path);
  for (const name of times) {
    const value = probe[name];
    if (value === undefined || value >= 0) continue;
    causes.push(invalidValue(`${path}.${name}`, value, 'must be greater than or equal to 0'));
  }
  return causes;
}

const kinds = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
type Handler = Partial<Record<(typeof kinds)[number], unknown>> &
  Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>;

function checkHandler(handler: Handler, path: string): StatusCause[] {
  const [first, ...others] = kinds.filter((kind) => handler[kind]);
  if (!first) return [requiredValue(path, 'must specify a handler type')];
  const causes = others.map((kind) =>
    forbiddenValue(`${path}.${kind}`, 'may not specify more than 1 handler type'),
  );
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (exec && !exec.command?.length) causes.push(requiredValue(`${path}.exec.command`));
  if (httpGet) causes.push(...checkPort(httpGet.port, `${path}.httpGet.port`));
  if (tcpSocket) causes.push(...checkPort(tcpSocket.port, `${path}.tcpSocket.port`));
  if (grpc) causes.push(...checkPort(grpc.port, `${path}.grpc.port`));
  return causes;
}

/** A number, or the name of one of the container's ports. */
function checkPort(port: IntOrString | undefined, field: string): StatusCause[] {
  if (port === undefined) return [];
  if (typeof port === 'string') return problemsOf(field, port, isPortName(port));
  return isPortNumber(port) ? [] : [invalidValue(field, port, portProblem)];
}
