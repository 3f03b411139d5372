import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1123Label,
  isPortName,
  isPortNumber,
  isQualifiedName,
  portProblem,
} from '../names.ts';
import type { ServicePort, ServiceSpec } from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
} from './cause.ts';

const agentPort = 10_250;

export function checkServicePorts(spec: ServiceSpec, path: string): StatusCause[] {
  const { ports = [], type, clusterIP } = spec;
  const causes = ports.flatMap((port, index) => {
    const at = `${path}.ports[${index}]`;
    return [
      ...checkPort(port, at, ports.length > 1),
      ...checkAgainst(ports.slice(0, index), port, at),
      ...checkUse(port, type, at),
    ];
  });
  if (ports.length > 0 || type === 'ExternalName' || clusterIP === 'None') return causes;
  return [requiredValue(`${path}.ports`), ...causes];
}

function checkPort(port: ServicePort, path: string, isOneOfMany: boolean): StatusCause[] {
  const { name, port: number, targetPort: target, nodePort, appProtocol } = port;
  const causes: StatusCause[] = [];
  if (isOneOfMany && !name) causes.push(requiredValue(`${path}.name`));
  if (name) causes.push(...problemsOf(`${path}.name`, name, isDns1123Label(name)));
  if (!isPortNumber(number)) causes.push(invalidValue(`${path}.port`, number, portProblem));
  if (typeof target === 'string') {
    causes.push(...problemsOf(`${path}.targetPort`, target, isPortName(target)));
  } else if (target !== undefined && !isPortNumber(target)) {
    causes.push(invalidValue(`${path}.targetPort`, target, portProblem));
  }
  if (nodePort && !isPortNumber(nodePort)) {
    causes.push(invalidValue(`${path}.nodePort`, nodePort, portProblem));
  }
  if (appProtocol === undefined) return causes;
  const problems = isQualifiedName(appProtocol);
  return [...causes, ...problemsOf(`${path}.appProtocol`, appProtocol, problems)];
}

/** Name, number and node port are each one port's only; TCP and UDP may share a number. */
function checkAgainst(before: readonly ServicePort[], port: ServicePort, path: string) {
  const { name, protocol, port: number, nodePort } = port;
  const causes: StatusCause[] = [];
  if (name && before.some((each) => each.name === name)) {
    causes.push(duplicateValue(`${path}.name`, name));
  }
  const same = before.filter((each) => each.protocol === protocol);
  if (same.some((each) => each.port === number)) {
    causes.push(duplicateValue(path, { port: number, protocol }));
  }
  if (nodePort && same.some((each) => each.nodePort === nodePort)) {
    causes.push(duplicateValue(`${path}.nodePort`, nodePort));
  }
  return causes;
}

function checkUse({ port, nodePort }: ServicePort, type: string | undefined, path: string) {
  if (type === 'LoadBalancer' && port === agentPort) {
    const detail = `may not expose port ${agentPort} externally since it is used by kubelet`;
    return [invalidValue(path, port, detail)];
  }
  if (!nodePort || type === 'NodePort' || type === 'LoadBalancer') return [];
  return [forbiddenValue(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'")];
}
