/** Fields that somebody else owns with other values: what an apply without force is refused for. */
import { StatusError } from '../../base/errors.ts';
import { type FieldSet, intersectionOf, pathsOf } from './field-set.ts';
import type { Owner, Owners } from './owners.ts';
import { showPath } from './path-element.ts';
import type { Comparisons } from './track.ts';

export interface Conflict {
  readonly owner: Owner;
  readonly path: readonly string[];
}

/** What others than `self` own of what was written, sorted by their names. */
export function conflictsOf(owners: Owners, comparisonOf: Comparisons, self: string): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const [id, owner] of [...owners].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const written: FieldSet | undefined = comparisonOf(owner.apiVersion)?.written;
    if (id === self || !written) continue;
    const taken = intersectionOf(owner.set, written);
    conflicts.push(...pathsOf(taken).map((path) => ({ owner, path })));
  }
  return conflicts;
}

/** The answer 409, in upstream's words: kubectl reads the causes. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${showOwner(owner)}`,
    field: showPath(path),
  }));
  return new StatusError('Conflict', messageOf(conflicts), { details: { causes } });
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1) {
    const where = showPath(first!.path);
    return `Apply failed with 1 conflict: conflict with ${showOwner(first!.owner)}: ${where}`;
  }
  const byOwner = new Map<Owner, string[]>();
  for (const { owner, path } of conflicts) {
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), `- ${showPath(path)}`]);
  }
  const parts = [...byOwner].map(([owner, lines]) =>
    [`conflicts with ${showOwner(owner)}:`, ...lines].join('\n'),
  );
  return `Apply failed with ${conflicts.length} conflicts: ${parts.join('\n')}`;
}

function showOwner({ manager, subresource, operation, apiVersion }: Owner): string {
  const through = subresource && ` with subresource ${JSON.stringify(subresource)}`;
  const name = `${JSON.stringify(manager)}${through}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
