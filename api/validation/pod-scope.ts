/** What the rules of a container need to know of the pod around it. */
import type { Container, EphemeralContainer, PodSpec, Volume } from '../types/core-v1.generated.ts';

export interface PodScope {
  /** Those without faults; undefined for the claims that a StatefulSet adds. */
  readonly volumes: ReadonlyMap<string, Volume | undefined>;
  /** Names in spec.resourceClaims. */
  readonly resourceClaims: ReadonlySet<string>;
  readonly graceSeconds: number | undefined;
  readonly restartPolicy: string;
  /** Whether the pod's users are the node's. */
  readonly hasHostUsers: boolean;
  /** A pod itself, not the template of one: some old faults are overlooked in templates. */
  readonly isPod: boolean;
}

export interface Placed<T = Container> {
  readonly container: T;
  readonly path: string;
}

/** Every container of a spec with its path, init containers first. */
export function allContainers(
  spec: PodSpec,
  path: string,
): Placed<Container | EphemeralContainer>[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec;
  const lists = Object.entries({ initContainers, containers, ephemeralContainers });
  return lists.flatMap(([list, members]) =>
    members.map((container, index) => ({ container, path: `${path}.${list}[${index}]` })),
  );
}
