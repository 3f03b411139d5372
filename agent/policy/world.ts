/**
 * What is known of policies, pods and namespaces, kept so that a change costs what it touches:
 * each selector's members are found once, and so are the policies of each pod of this node.
 * Touches nothing but itself.
 */
import { type Labels, matchesRequirements } from '../../api/labels.ts';
import { type Group, Groups } from './groups.ts';
import { type Direction, directions } from './layout.ts';
import { isSameView, membersOf, type PodView } from './plan-pod.ts';
import type { PolicyPlan, Source } from './plan-policy.ts';

/** What a pod of this node is isolated by; undefined: not in that direction. */
export interface LocalPod {
  readonly view: PodView;
  readonly ingress?: Group | undefined;
  readonly egress?: Group | undefined;
}

/** A set in the table. Its members never change: another state has another object. */
export interface SourceSet {
  readonly name: string;
  readonly source: Source;
  readonly members: ReadonlySet<string>;
}

interface Gathering {
  readonly name: string;
  readonly source: Source;
  readonly byPod: Map<string, readonly string[]>;
  set?: SourceSet | undefined;
}

const noLabels: Labels = {};

export class PolicyWorld {
  readonly #namespaces = new Map<string, Labels>();
  readonly #pods = new Map<string, PodView>();
  readonly #podsOf = new Map<string, Set<string>>(); // Namespace → pods.
  readonly #local = new Map<string, LocalPod>();
  readonly #policies = new Map<string, PolicyPlan>();
  readonly #policiesOf = new Map<string, Set<string>>(); // Namespace → policies.
  readonly #gatherings = new Map<string, Gathering>();
  readonly #groups = { ingress: new Groups('ingress'), egress: new Groups('egress') };
  #serial = 0;

  /** Undefined: there is no such namespace. */
  setNamespace(name: string, labels: Labels | undefined): void {
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
    for (const key of this.#podsOf.get(name) ?? []) {
      this.#place(key, this.#pods.get(key), ({ source }) => {
        return source.kind === 'pods' && source.namespaces !== undefined;
      });
    }
  }

  /** A pod by whatever names it; undefined: it is gone. `isLocal`: policies are kept for it here. */
  setPod(key: string, view: PodView | undefined, isLocal: boolean): void {
    const old = this.#pods.get(key);
    if (old && view && isSameView(old, view)) return;
    if (old && old.namespace !== view?.namespace) remove(this.#podsOf, old.namespace, key);
    if (view) {
      this.#pods.set(key, view);
      add(this.#podsOf, view.namespace, key);
    } else this.#pods.delete(key);
    this.#place(key, view, () => true);
    if (!isLocal) return;
    if (view) this.#local.set(key, this.#isolate(view));
    else this.#local.delete(key);
  }

  setPolicy(key: string, plan: PolicyPlan | undefined): void {
    const old = this.#policies.get(key);
    const { namespace } = plan ?? old ?? { namespace: '' };
    if (plan) {
      this.#policies.set(key, plan);
      add(this.#policiesOf, namespace, key);
    } else {
      this.#policies.delete(key);
      remove(this.#policiesOf, namespace, key);
    }
    for (const [podKey, pod] of this.#local) {
      if (pod.view.namespace !== namespace) continue;
      const after = { view: pod.view, ingress: pod.ingress, egress: pod.egress };
      for (const direction of directions) after[direction] = this.#regroup(pod, key, direction);
      this.#local.set(podKey, after);
    }
  }

  localPods(): Iterable<LocalPod> {
    return this.#local.values();
  }

  localPod(key: string): LocalPod | undefined {
    return this.#local.get(key);
  }

  policy(key: string): PolicyPlan | undefined {
    return this.#policies.get(key);
  }

  /** The set of a source; it keeps its name as long as it is used. */
  setOf(source: Source): SourceSet {
    let found = this.#gatherings.get(source.key);
    if (!found) {
      const name = `${source.kind}-${++this.#serial}`;
      found = { name, source, byPod: new Map() };
      this.#gatherings.set(source.key, found);
      for (const [key, view] of this.#pods) this.#gather(found, key, view);
    }
    found.set ??= {
      name: found.name,
      source,
      members: new Set([...found.byPod.values()].flat()),
    };
    return found.set;
  }

  /** Forgets the sets that no table uses, by name, and the groups that no pod is in. */
  keep(used: ReadonlySet<string>): void {
    for (const [key, { name }] of this.#gatherings)
      if (!used.has(name)) this.#gatherings.delete(key);
    for (const direction of directions) {
      const groups = new Set<Group>();
      for (const { [direction]: group } of this.#local.values()) if (group) groups.add(group);
      this.#groups[direction].keep(groups);
    }
  }

  #isolate(view: PodView): LocalPod {
    const groups: { ingress?: Group; egress?: Group } = {};
    for (const key of this.#policiesOf.get(view.namespace) ?? []) {
      const plan = this.#policies.get(key);
      if (!plan || !matchesRequirements(plan.selector, view.labels)) continue;
      for (const direction of directions) {
        if (!plan[direction]) continue;
        groups[direction] = this.#groups[direction].with(groups[direction], key);
      }
    }
    return { view, ...groups };
  }

  #regroup(pod: LocalPod, policy: string, direction: Direction): Group | undefined {
    const group = pod[direction];
    const plan = this.#policies.get(policy);
    const isIn = plan?.[direction] && matchesRequirements(plan.selector, pod.view.labels);
    if (isIn) return this.#groups[direction].with(group, policy);
    return group && this.#groups[direction].without(group, policy);
  }

  /** Puts the pod into the sets that it belongs to, out of those that it does not. */
  #place(key: string, view: PodView | undefined, isAsked: (each: Gathering) => boolean): void {
    for (const gathering of this.#gatherings.values()) {
      if (isAsked(gathering)) this.#gather(gathering, key, view);
    }
  }

  #gather(gathering: Gathering, key: string, view: PodView | undefined): void {
    const { source, byPod } = gathering;
    const labels = this.#namespaces.get(view?.namespace ?? '') ?? noLabels;
    const members = view ? membersOf(source, view, labels) : [];
    const before = byPod.get(key) ?? [];
    if (before.length === members.length && before.every((each, at) => each === members[at]))
      return;
    if (members.length > 0) byPod.set(key, members);
    else byPod.delete(key);
    gathering.set = undefined;
  }
}

function add(lists: Map<string, Set<string>>, name: string, key: string): void {
  const list = lists.get(name);
  if (list) list.add(key);
  else lists.set(name, new Set([key]));
}

function remove(lists: Map<string, Set<string>>, name: string, key: string): void {
  const list = lists.get(name);
  list?.delete(key);
  if (list?.size === 0) lists.delete(name);
}
