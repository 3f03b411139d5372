/**
 * What belongs to which node: a node may read what its own pods name, and what the volumes of
 * those need, and nothing else. Kept from the pods and the volumes as they change.
 */
import type { Resource } from '../../api/resource.ts';
import { pods } from '../../api/resources.ts';
import type { PersistentVolume, Pod } from '../../api/types/core-v1.generated.ts';
import { type Follow, findResource } from './follow.ts';
import { podReferences, volumeLinks } from './pod-references.ts';

/** Something, and in how many ways each of the others leads to it. */
type Links = Map<string, Map<string, number>>;

interface PodLinks {
  readonly node: string;
  readonly keys: ReadonlySet<string>;
}

export class NodeGraph {
  readonly #nodes: Links = new Map(); // What pods name → the nodes of those pods.
  readonly #claims: Links = new Map(); // Secrets → the claims of the volumes that need them.
  readonly #pods = new Map<string, PodLinks>();
  readonly #volumes = new Map<string, NonNullable<ReturnType<typeof volumeLinks>>>();

  constructor(follow: Follow) {
    follow(pods, (key, pod) => this.#setPod(key, pod));
    const volumes = findResource('persistentvolumes') as Resource<PersistentVolume> | undefined;
    if (volumes) follow(volumes, (key, volume) => this.#setVolume(key, volume));
  }

  /** `key` is one of `referenceKey`. */
  isNeeded(nodeName: string, key: string): boolean {
    if (this.#nodes.get(key)?.has(nodeName)) return true;
    for (const claim of this.#claims.get(key)?.keys() ?? []) {
      if (this.#nodes.get(claim)?.has(nodeName)) return true;
    }
    return false;
  }

  /** Whether a pod of the node uses the claim that the volume is bound to. */
  isMounted(nodeName: string, volumeName: string): boolean {
    const links = this.#volumes.get(volumeName);
    return links !== undefined && (this.#nodes.get(links.claim)?.has(nodeName) ?? false);
  }

  #setPod(key: string, pod: Pod | undefined): void {
    const before = this.#pods.get(key);
    const node = pod?.spec?.nodeName;
    const now = pod && node ? { node, keys: podReferences(pod) } : undefined;
    if (now) this.#pods.set(key, now);
    else this.#pods.delete(key);
    // Added before taken away, so that nothing is lost meanwhile that both name.
    for (const name of now?.keys ?? []) link(this.#nodes, name, now!.node);
    for (const name of before?.keys ?? []) unlink(this.#nodes, name, before!.node);
  }

  #setVolume(key: string, volume: PersistentVolume | undefined): void {
    const before = this.#volumes.get(key);
    const now = volume && volumeLinks(volume);
    if (now) this.#volumes.set(key, now);
    else this.#volumes.delete(key);
    for (const secret of now?.secrets ?? []) link(this.#claims, secret, now!.claim);
    for (const secret of before?.secrets ?? []) unlink(this.#claims, secret, before!.claim);
  }
}

function link(links: Links, from: string, to: string): void {
  let targets = links.get(from);
  if (!targets) {
    targets = new Map();
    links.set(from, targets);
  }
  targets.set(to, (targets.get(to) ?? 0) + 1);
}

function unlink(links: Links, from: string, to: string): void {
  const targets = links.get(from);
  const count = targets?.get(to);
  if (!targets || count === undefined) return;
  if (count > 1) targets.set(to, count - 1);
  else targets.delete(to);
  if (targets.size === 0) links.delete(from);
}
