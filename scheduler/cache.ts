/**
 * What is placed where, as the scheduler believes: what the API says, and beside it the pods it
 * has just placed itself ("assumed") whose binding the watch has not shown yet.
 */
import type { Node, Pod } from '../api/types/core-v1.generated.ts';
import { keyOf } from '../client/keys.ts';
import { type NodeInfo, type PodInfo, toPodInfo } from './framework.ts';
import { type Amounts, add, parseAmounts } from './resources.ts';

interface Entry {
  node: Node | undefined; // Undefined: pods are known to be there, the node not (yet).
  allocatable: Amounts;
  readonly requested: Amounts;
  readonly scoring: Amounts;
  readonly pods: Map<string, PodInfo>;
  hostPorts: Set<string>;
}

interface Placed {
  readonly nodeName: string;
  readonly uid: string | undefined;
  readonly isAssumed: boolean;
}

export class Cache {
  readonly #entries = new Map<string, Entry>();
  readonly #placed = new Map<string, Placed>();
  #nodes: NodeInfo[] | undefined;

  /** All nodes, as plugins see them. The list is reused until something changes. */
  nodes(): readonly NodeInfo[] {
    this.#nodes ??= [...this.#entries.values()].flatMap((entry) =>
      entry.node ? [toNodeInfo(entry, entry.node)] : [],
    );
    return this.#nodes;
  }

  setNode(node: Node): void {
    const entry = this.#entryOf(node.metadata?.name ?? '');
    entry.node = node;
    entry.allocatable = parseAmounts(node.status?.allocatable);
    this.#nodes = undefined;
  }

  removeNode(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.node = undefined;
    if (entry.pods.size === 0) this.#entries.delete(name);
    this.#nodes = undefined;
  }

  /** What the watch says about a pod: undefined when it is gone. */
  setPod(key: string, pod: Pod | undefined): void {
    const known = this.#placed.get(key);
    const isSame = known !== undefined && known.uid === pod?.metadata?.uid;
    const nodeName = pod && !isOver(pod) ? pod.spec?.nodeName : undefined;
    // The watch still shows it as it was before our binding: keep what we assumed.
    if (isSame && known.isAssumed && pod && !isOver(pod) && !nodeName) return;
    this.forget(key);
    if (pod && nodeName) this.#place(toPodInfo(pod), nodeName, false);
  }

  assume(pod: PodInfo, nodeName: string): void {
    this.#place(pod, nodeName, true);
  }

  isPlaced(key: string): boolean {
    return this.#placed.has(key);
  }

  /** Takes back an assumption, or what the watch said before. */
  forget(key: string): void {
    const placed = this.#placed.get(key);
    if (!placed) return;
    this.#placed.delete(key);
    const entry = this.#entries.get(placed.nodeName);
    const info = entry?.pods.get(key);
    if (!entry || !info) return;
    entry.pods.delete(key);
    add(entry.requested, info.requests, -1);
    add(entry.scoring, info.scoring, -1);
    if (info.hostPorts.length > 0) {
      entry.hostPorts = new Set([...entry.pods.values()].flatMap(({ hostPorts }) => hostPorts));
    }
    if (!entry.node && entry.pods.size === 0) this.#entries.delete(placed.nodeName);
    this.#refresh(placed.nodeName, entry);
  }

  #place(info: PodInfo, nodeName: string, isAssumed: boolean): void {
    const key = keyOf(info.pod);
    const entry = this.#entryOf(nodeName);
    entry.pods.set(key, info);
    add(entry.requested, info.requests);
    add(entry.scoring, info.scoring);
    for (const port of info.hostPorts) entry.hostPorts.add(port);
    this.#placed.set(key, { nodeName, uid: info.pod.metadata?.uid, isAssumed });
    this.#refresh(nodeName, entry);
  }

  /** Amounts are shared with the list and stay true by themselves; these two are copies. */
  #refresh(nodeName: string, entry: Entry): void {
    const i = this.#nodes?.findIndex(({ node }) => node.metadata?.name === nodeName) ?? -1;
    if (this.#nodes && i >= 0 && entry.node) this.#nodes[i] = toNodeInfo(entry, entry.node);
  }

  #entryOf(name: string): Entry {
    const known = this.#entries.get(name);
    if (known) return known;
    const empty = () => new Map<string, number>();
    const entry: Entry = {
      node: undefined,
      allocatable: empty(),
      requested: empty(),
      scoring: empty(),
      pods: new Map(),
      hostPorts: new Set(),
    };
    this.#entries.set(name, entry);
    return entry;
  }
}

function toNodeInfo(entry: Entry, node: Node): NodeInfo {
  const { allocatable, requested, scoring, hostPorts, pods } = entry;
  const taints = node.spec?.taints ?? [];
  return { node, allocatable, requested, scoring, podCount: pods.size, hostPorts, taints };
}

const isOver = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';
