/** Which ReplicaSet belongs to which template. Pure. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.generated.ts';
import { canonical, hashText } from '../canonical.ts';

export const hashLabel = 'pod-template-hash';

/** Ten letters at most; another `collisionCount` gives another hash. */
export const hashTemplate = (template: PodTemplateSpec, collisionCount: number): string =>
  hashText(canonical(withoutHash(template)), collisionCount);

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
