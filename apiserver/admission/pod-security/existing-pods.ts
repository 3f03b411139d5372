/** What a namespace's new level would not have let in. Pure. */
import type { Pod } from '../../../api/types/core-v1.generated.ts';
import { describeInShort, evaluate } from './evaluate.ts';
import { describe, type LevelVersion } from './policy.ts';
import { subjectOf } from './subject.ts';

const checkedMax = 3000;

/** One line for each set of reasons, named after the first pod that has it. */
export function warnOfPods(
  all: readonly Pod[],
  namespace: string,
  enforce: LevelVersion,
): string[] {
  const first = inTurn(all).slice(0, checkedMax);
  const byReasons = new Map<string, string[]>();
  for (const { metadata, spec } of first) {
    if (!spec) continue;
    const reasons = describeInShort(evaluate(enforce, subjectOf(metadata, spec)));
    if (!reasons) continue;
    const names = byReasons.get(reasons) ?? [];
    names.push(metadata?.name ?? '');
    byReasons.set(reasons, names);
  }
  const [inside, level] = [namespace, describe(enforce)].map((each) => JSON.stringify(each));
  const start = `existing pods in namespace ${inside} violate the new PodSecurity enforce level`;
  return [
    ...(first.length < all.length
      ? [
          'new PodSecurity enforce level only checked against the first ' +
            `${first.length} of ${all.length} existing pods`,
        ]
      : []),
    ...(byReasons.size > 0 ? [`${start} ${level}`] : []),
    ...[...byReasons].map(([reasons, names]) => `${firstOf(names)}: ${reasons}`).sort(),
  ];
}

function firstOf(names: readonly string[]): string {
  const first = [...names].sort()[0];
  const others = names.length - 1;
  if (others === 0) return `${first}`;
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
}

/** One pod of each controller comes first: its brothers are as it is. */
function inTurn(all: readonly Pod[]): Pod[] {
  const seen = new Set<string>();
  const later: Pod[] = [];
  const first = all.filter((pod) => {
    const uid = pod.metadata?.ownerReferences?.find(({ controller }) => controller)?.uid;
    if (uid === undefined) return true;
    if (seen.has(uid)) {
      later.push(pod);
      return false;
    }
    seen.add(uid);
    return true;
  });
  return [...first, ...later];
}
