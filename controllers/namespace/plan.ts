/** What a namespace that is ending says about itself. Pure. */
import type { KubeObject } from '../../api/resource.ts';
import type { NamespaceCondition } from '../../api/types/core-v1.generated.ts';

export interface Remaining {
  readonly resource: string; // `deployments.apps`
  readonly objects: readonly KubeObject[];
}

export function planConditions(
  known: readonly NamespaceCondition[],
  remaining: readonly Remaining[],
  failure: string | undefined,
  now: string,
): NamespaceCondition[] {
  const left = remaining.filter(({ objects }) => objects.length > 0);
  const counts = left.map(({ resource, objects }) => `${resource} has ${countOf(objects.length)}`);
  const finalizers = countFinalizers(left);
  const said = [
    ...fine,
    failure
      ? say('NamespaceDeletionContentFailure', 'True', 'ContentDeletionFailed', failure)
      : say(
          'NamespaceDeletionContentFailure',
          'False',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ),
    counts.length > 0
      ? say(
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${counts.join(', ')}`,
        )
      : say(
          'NamespaceContentRemaining',
          'False',
          'ContentRemoved',
          'All content successfully removed',
        ),
    finalizers.length > 0
      ? say(
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
        )
      : say(
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ];
  const names = new Set(said.map(({ type }) => type));
  const timed = said.map((condition) => {
    const before = known.find(({ type }) => type === condition.type);
    const isSame = before?.status === condition.status && before.message === condition.message;
    return { ...condition, lastTransitionTime: (isSame && before.lastTransitionTime) || now };
  });
  return [...known.filter(({ type }) => !names.has(type)), ...timed];
}

type Said = Pick<NamespaceCondition, 'type' | 'status'> & { reason: string; message: string };

const say = (type: string, status: string, reason: string, message: string): Said => ({
  ...{ type, status, reason, message },
});

/** Our resources are known from the start; there is nothing to discover that could fail. */
const fine: readonly Said[] = [
  say(
    'NamespaceDeletionDiscoveryFailure',
    'False',
    'ResourcesDiscovered',
    'All resources successfully discovered',
  ),
  say(
    'NamespaceDeletionGroupVersionParsingFailure',
    'False',
    'ParsedGroupVersions',
    'All legacy kube types successfully parsed',
  ),
];

function countFinalizers(left: readonly Remaining[]): string[] {
  const counts = new Map<string, number>();
  for (const { metadata } of left.flatMap(({ objects }) => objects)) {
    for (const name of metadata?.finalizers ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort().map(([name, count]) => `${name} in ${countOf(count)}`);
}

const countOf = (count: number): string => `${count} resource instances`;

/** How long what remains may still take: its pods' grace, looked at half way. */
export function recheckMsOf(remaining: readonly Remaining[]): number {
  const graces = remaining.flatMap(({ objects }) =>
    objects.map(({ metadata }) => metadata?.deletionGracePeriodSeconds ?? 0),
  );
  return (Math.floor(Math.max(0, ...graces) / 2) + 1) * 1000;
}
