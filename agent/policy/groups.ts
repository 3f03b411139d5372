/**
 * Sets of policies, one object for each: pods with the same policies share a chain. Which set comes
 * of adding or taking away a policy is remembered, so that a policy that selects hundreds of pods
 * is not sorted into a list of thousands for each of them.
 */
import type { Direction } from './layout.ts';

export interface Group {
  readonly name: string; // The chain's.
  readonly direction: Direction;
  readonly policies: readonly string[]; // Keys, in order.
}

interface Node extends Group {
  readonly after: Map<string, Node>; // `+policy` and `-policy`
}

export class Groups {
  readonly #known = new Map<string, Node>();
  readonly #empty: Node;
  #serial = 0;

  constructor(direction: Direction) {
    this.#empty = { name: '', direction, policies: [], after: new Map() };
  }

  /** The group with the policy; `group` undefined: with it alone. */
  with(group: Group | undefined, policy: string): Group {
    return this.#step(group, `+${policy}`, (policies) =>
      policies.includes(policy) ? policies : [...policies, policy].sort(),
    );
  }

  /** Undefined when nothing is left. */
  without(group: Group, policy: string): Group | undefined {
    const to = this.#step(group, `-${policy}`, (policies) =>
      policies.filter((each) => each !== policy),
    );
    return to === this.#empty ? undefined : to;
  }

  /** Forgets all others. */
  keep(used: ReadonlySet<Group>): void {
    for (const [key, node] of this.#known) {
      if (used.has(node)) node.after.clear();
      else this.#known.delete(key);
    }
    this.#empty.after.clear();
  }

  get size(): number {
    return this.#known.size;
  }

  /** `group` is one that we gave, and that was kept since. */
  #step(
    group: Group | undefined,
    step: string,
    change: (before: Group['policies']) => Group['policies'],
  ) {
    const from = (group as Node | undefined) ?? this.#empty;
    const known = from.after.get(step);
    if (known) return known;
    const to = this.#intern(change(from.policies));
    from.after.set(step, to);
    return to;
  }

  #intern(policies: readonly string[]): Node {
    if (policies.length === 0) return this.#empty;
    const key = keyOf(policies);
    const known = this.#known.get(key);
    if (known) return known;
    const { direction } = this.#empty;
    const name = `isolate-${direction}-${++this.#serial}`;
    const made = { name, direction, policies, after: new Map() };
    this.#known.set(key, made);
    return made;
  }
}

const keyOf = (policies: readonly string[]) => policies.join(' ');
