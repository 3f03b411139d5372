/**
 * States of a pod template, kept as ControllerRevisions: what `kubectl rollout history` shows and
 * `undo` goes back to. Each holds the patch that brings its template back. Pure.
 */
import type { KubeObject } from '../../api/resource.ts';
import type { ControllerRevision } from '../../api/types/apps-v1.generated.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.generated.ts';
import { canonical, hashText } from '../canonical.ts';

/** On a pod: of which state it is. */
export const revisionLabel = 'controller-revision-hash';

export interface Wanted {
  readonly owner: KubeObject;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number;
  /** Under which label a revision carries its hash. */
  readonly hashLabel: string;
}

export type RevisionPlan =
  | { readonly kind: 'keep'; readonly revision: ControllerRevision }
  /** An old state is wanted again: it becomes the newest. */
  | { readonly kind: 'raise'; readonly revision: ControllerRevision; readonly to: number }
  | { readonly kind: 'create'; readonly revision: ControllerRevision };

export function planRevision(wanted: Wanted, known: readonly ControllerRevision[]): RevisionPlan {
  const history = byNumber(known);
  const newest = history.at(-1);
  const next = (newest?.revision ?? 0) + 1;
  const text = canonical(dataOf(wanted.template));
  const same = history.findLast(({ data }) => canonical(data) === text);
  if (!same) return { kind: 'create', revision: makeRevision(wanted, next) };
  if (same === newest) return { kind: 'keep', revision: same };
  return { kind: 'raise', revision: same, to: next };
}

/** The oldest beyond `limit` that nobody uses; `live` are names. A negative limit keeps all. */
export function planTruncation(
  known: readonly ControllerRevision[],
  live: ReadonlySet<string>,
  limit: number,
): ControllerRevision[] {
  const idle = byNumber(known).filter(({ metadata }) => !live.has(metadata?.name ?? ''));
  return limit < 0 ? [] : idle.slice(0, Math.max(0, idle.length - limit));
}

/** Whether it holds this template. */
export const isOfTemplate = ({ data }: ControllerRevision, template: PodTemplateSpec): boolean =>
  canonical(data) === canonical(dataOf(template));

/** The template that a revision holds. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = (data ?? {}) as { spec?: { template?: PodTemplateSpec & Directive } };
  const { $patch: _, ...template } = spec?.template ?? {};
  return template;
}

type Directive = { readonly $patch?: string };

/** A strategic merge patch: kubectl sends it as it is to go back. */
const dataOf = (template: PodTemplateSpec) => ({
  spec: { template: { ...template, $patch: 'replace' } },
});

function makeRevision(
  { owner, template, collisionCount, hashLabel }: Wanted,
  revision: number,
): ControllerRevision {
  const { name = '', namespace = '', annotations } = owner.metadata ?? {};
  const data = dataOf(template);
  const hash = hashText(canonical(data), collisionCount);
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [hashLabel]: hash },
      ...(annotations && { annotations }),
    },
    data,
    revision,
  };
}

const byNumber = (known: readonly ControllerRevision[]): ControllerRevision[] =>
  [...known].sort((a, b) => a.revision - b.revision || (nameOf(a) < nameOf(b) ? -1 : 1));

const nameOf = ({ metadata }: ControllerRevision) => metadata?.name ?? '';
