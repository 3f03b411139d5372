/** The node's own name and its ports. */
import type { FilterPlugin } from '../framework.ts';

export const nodeNameFilter: FilterPlugin = {
  name: 'NodeName',
  filter: ({ pod }, { node }) =>
    !pod.spec?.nodeName || pod.spec.nodeName === node.metadata?.name
      ? []
      : ["node(s) didn't match the requested node name"],
};

export const nodePortsFilter: FilterPlugin = {
  name: 'NodePorts',
  filter: ({ hostPorts }, node) =>
    hostPorts.some((port) => [...node.hostPorts].some((used) => collides(port, used)))
      ? ["node(s) didn't have free ports for the requested pod ports"]
      : [],
};

/** Any address collides with every address of the same protocol and port. */
function collides(a: string, b: string): boolean {
  if (a === b) return true;
  const [protocolA, portA, addressA] = a.split('/');
  const [protocolB, portB, addressB] = b.split('/');
  if (protocolA !== protocolB || portA !== portB) return false;
  return addressA === '0.0.0.0' || addressB === '0.0.0.0';
}
