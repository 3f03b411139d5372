/** The vocabulary of scheduling: what plugins see, and what they may say. */
import type { Node, Pod, Taint } from '../api/types/core-v1.generated.ts';
import { type Amounts, podRequests, scoringRequests } from './resources.ts';

/** A pod, with what is worth computing once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly requests: Amounts;
  readonly scoring: Amounts;
  readonly hostPorts: readonly string[]; // `TCP/80/10.0.0.1`; no address is 0.0.0.0.
}

/** A node with what is placed on it, assumed pods included. */
export interface NodeInfo {
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly scoring: Amounts;
  readonly podCount: number;
  readonly hostPorts: ReadonlySet<string>;
  readonly taints: readonly Taint[];
}

export interface FilterPlugin {
  readonly name: string;
  /** Why the pod cannot go there; nothing when it can. */
  readonly filter: (pod: PodInfo, node: NodeInfo) => readonly string[];
}

export interface ScorePlugin {
  readonly name: string;
  readonly weight: number;
  /** The more the better, in any unit if `normalize` is given, else from 0 to 100. */
  readonly score: (pod: PodInfo, node: NodeInfo) => number;
  /** `direct`: the best gets 100. `reverse`: the best is the one with the least. */
  readonly normalize?: 'direct' | 'reverse';
}

export interface Profile {
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly ScorePlugin[];
}

export function toPodInfo(pod: Pod): PodInfo {
  return {
    pod,
    requests: podRequests(pod.spec),
    scoring: scoringRequests(pod.spec),
    hostPorts: hostPortsOf(pod),
  };
}

function hostPortsOf({ spec }: Pod): string[] {
  const containers = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ];
  return containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = 'TCP' }) =>
      hostPort ? [`${protocol}/${hostPort}/${hostIP || '0.0.0.0'}`] : [],
    ),
  );
}
