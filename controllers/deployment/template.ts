/** Which ReplicaSet belongs to which template. Pure. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.generated.ts';

export const hashLabel = 'pod-template-hash';

// No vowels, no digits that look like letters: a name must not spell a word.
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Ten letters at most; another `collisionCount` gives another hash. */
export function hashTemplate(template: PodTemplateSpec, collisionCount: number): string {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${canonical(withoutHash(template))}#${collisionCount || ''}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}

/** The ReplicaSet of the deployment's present template: the oldest, should there be several. */
export function findNew(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const template = deployment.spec?.template;
  if (!template) return undefined;
  const wanted = canonical(withoutHash(template));
  return [...replicaSets]
    .sort(byAge)
    .find(({ spec }) => canonical(withoutHash(spec?.template ?? {})) === wanted);
}

/** Oldest first. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a, b].map(
    ({ metadata }) => `${metadata?.creationTimestamp ?? ''}/${metadata?.name ?? ''}`,
  );
  return left! < right! ? -1 : 1;
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  const { annotations = {}, ...rest } = template.metadata ?? {};
  const { labels: __, creationTimestamp: ___, ...others } = rest;
  return { ...template, metadata: { ...others, labels, annotations } };
}

/** JSON with sorted keys; an empty list counts as absent, as it does on the wire. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined && inner !== null && !isEmptyList(inner))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${entries.join(',')}}`;
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
