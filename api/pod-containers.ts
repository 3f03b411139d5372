/** The containers of a pod, whatever list they stand in. Pure. */
import type { Container, PodSpec } from './types/core-v1.generated.ts';

export interface PlacedContainer {
  readonly container: Container;
  readonly list: 'containers' | 'initContainers' | 'ephemeralContainers';
}

/** In upstream's order of visiting: init, main, ephemeral. */
export function containersOf(spec: PodSpec): PlacedContainer[] {
  const place = (list: PlacedContainer['list']) =>
    ((spec[list] ?? []) as Container[]).map((container) => ({ container, list }));
  return [...place('initContainers'), ...place('containers'), ...place('ephemeralContainers')];
}

/** Runs beside the main containers until they end. */
export const isSidecar = ({ container, list }: PlacedContainer): boolean =>
  list === 'initContainers' && container.restartPolicy === 'Always';
